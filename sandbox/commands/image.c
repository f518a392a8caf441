// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch image: what root file systems were unpacked, by hand and by `--root`. */
#include "commands/action.h"
#include "commands/commands.h"
#include "commands/session.h"

#include "base/log.h"
#include "base/vector.h"
#include "plan/image.h"
#include "plan/image_store.h"

#include <errno.h>
#include <stdio.h>

/* What the actions work on. */
struct images {
	const struct host *host;
	const struct command_line *line;
	const struct request *request;
};

static int print_json(const char *store, const struct strv *ids, struct error *e)
{
	struct json_object *list = json_object_new_array();
	int r = 0;

	for (size_t i = 0; r == 0 && i < ids->count; i++) {
		struct json_object *object = json_object_new_object();
		struct image image = {0};

		r = image_read(store, ids->items[i], &image, NULL, e);
		if (r == 0) {
			json_object_object_add(object, "id", json_object_new_string(image.id));
			json_object_object_add(object, "root", json_object_new_string(image.root));
			json_object_object_add(object, "bytes",
					       json_object_new_uint64(image.bytes));
			json_object_object_add(object, "layers",
					       json_object_new_uint64(image.layers.count));
		}
		json_object_array_add(list, object);
		image_free(&image);
	}
	if (r == 0)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
	return r;
}

static int print_table(const char *store, const struct strv *ids, struct error *e)
{
	int r = 0;

	printf("%-12s %8s %7s  %s\n", "IMAGE", "SIZE", "LAYERS", "RUNS");
	for (size_t i = 0; r == 0 && i < ids->count; i++) {
		struct image image = {0};

		r = image_read(store, ids->items[i], &image, NULL, e);
		if (r == 0) {
			_cleanup_free_ char *size = size_text(image.bytes);
			_cleanup_strbuf_ struct strbuf runs = {0};
			_cleanup_free_ char *shown = NULL;

			strbuf_append(&runs, "", 0);
			for (size_t k = 0; k < image.entrypoint.count; k++)
				strbuf_printf(&runs, "%s ", image.entrypoint.items[k]);
			for (size_t k = 0; k < image.command.count; k++)
				strbuf_printf(&runs, "%s ", image.command.items[k]);
			shown = string_escape(runs.text);
			printf("%.12s %8s %7zu  %s\n", image.id + strlen("sha256:"), size,
			       image.layers.count, shown);
		}
		image_free(&image);
	}
	return r;
}

static int list(const void *data, struct error *e)
{
	const struct images *run = data;
	_cleanup_free_ char *store = images_path(run->host->home);
	_cleanup_strv_ struct strv ids = {0};
	int r = images_list(store, &ids, e);

	if (r < 0)
		return r;
	return run->line->json ? print_json(store, &ids, e) : print_table(store, &ids, e);
}

static int import(const void *data, struct error *e)
{
	const struct images *run = data;
	const struct setting *limit = request_last(run->request, SETTING_IMAGE_LIMIT);
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->request->arguments.count; i++) {
		const char *what = run->request->arguments.items[i];
		_cleanup_free_ char *id = NULL;

		r = image_unpack(what, run->host, limit ? limit->number : IMAGE_LIMIT, &id, e);
		if (r == -EISDIR) {
			error_errno(e, EISDIR, "%s", what);
			error_remedy(e, "a directory is taken as it is: hutch run --root %s", what);
		}
		if (r == 0)
			puts(id);
	}
	return r;
}

static int remove_images(const void *data, struct error *e)
{
	const struct images *run = data;
	_cleanup_free_ char *store = images_path(run->host->home);
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->request->arguments.count; i++) {
		_cleanup_free_ char *what = xasprintf("image:%s", run->request->arguments.items[i]);
		_cleanup_free_ char *id = NULL;
		_cleanup_strv_ struct strv arguments = {0};

		r = image_unpack(what, run->host, 0, &id, e);
		if (r < 0)
			break;
		strv_add(&arguments, "remove");
		strv_add(&arguments, store);
		strv_add(&arguments, id);
		r = image_helper(&arguments, NULL, e);
	}
	return r;
}

static int prune(const void *data, struct error *e)
{
	const struct images *run = data;
	_cleanup_free_ char *store = images_path(run->host->home), *size = NULL;
	_cleanup_strv_ struct strv arguments = {0};
	struct json_object *answer = NULL, *bytes;
	int r;

	strv_add(&arguments, "prune");
	strv_add(&arguments, store);
	r = image_helper(&arguments, &answer, e);
	if (r < 0)
		return r;
	if (json_object_object_get_ex(answer, "bytes", &bytes)) {
		size = size_text(json_object_get_uint64(bytes));
		printf("%s freed\n", size);
	}
	json_object_put(answer);
	return 0;
}

static const struct action actions[] = {
	{"list", 0, 0, list},
	{"import", 1, SIZE_MAX, import},
	{"remove", 1, SIZE_MAX, remove_images},
	{"prune", 0, 0, prune},
};

static int act(const char *name, const struct command_line *line, const struct request *request,
	       struct error *e)
{
	struct host host = {0};
	int r = host_look(&host, e);

	if (r == 0)
		r = action_run("image", actions, sizeof(actions) / sizeof(actions[0]), name,
			       request->arguments.count, &(struct images){&host, line, request}, e);
	host_free(&host);
	return r;
}

int command_image(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	bool named = argc > 1 && argv[1][0] != '-';
	int r, status = 0;

	/* The action stands where the name of a command does. */
	r = options_parse(VERB_IMAGE, named ? argc - 1 : argc, named ? argv + 1 : argv, &request,
			  &line, &e);
	if (r == 0 && command_answered(VERB_IMAGE, &line, &status)) {
		request_free(&request);
		return status;
	}
	if (r == 0 && !named) {
		error_set(&e, EINVAL, "image: no action given");
		r = error_remedy(&e, "hutch image --help");
	}
	if (r == 0)
		r = act(argv[1], &line, &request, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
