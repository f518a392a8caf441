// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch home list | path | create | remove: the homes that last. */
#include "commands/action.h"
#include "commands/instance.h"

#include "base/fd.h"
#include "base/log.h"
#include "commands/prompt.h"
#include "commands/session.h"
#include "kernel/tree.h"
#include "plan/home_store.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What the actions work on. */
struct homes {
	int fd; /* -1: there are none yet */
	char *path;
	const struct command_line *line;
	const struct strv *names; /* on the command line, behind the action */
};

struct listed {
	const char *name;
	time_t used;
	uint64_t files, bytes;
	struct strv sandboxes; /* that run in it */
};

static void print_text(const struct listed *home)
{
	_cleanup_free_ char *age =
		home->used ? age_text(time(NULL) - home->used) : xstrdup("never");
	_cleanup_free_ char *size = size_text(home->bytes);

	printf("%-20s %-11s %8s  ", home->name, home->sandboxes.count ? "in use" : age, size);
	for (size_t i = 0; i < home->sandboxes.count; i++)
		printf("%s%s", i ? ", " : "", home->sandboxes.items[i]);
	puts("");
}

static struct json_object *json_of(const struct homes *homes, const struct listed *home)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();
	_cleanup_free_ char *path = xasprintf("%s/%s", homes->path, home->name);
	_cleanup_free_ char *shown = string_escape(path);

	for (size_t i = 0; i < home->sandboxes.count; i++)
		json_object_array_add(list, json_object_new_string(home->sandboxes.items[i]));
	json_object_object_add(object, "name", json_object_new_string(home->name));
	json_object_object_add(object, "path", json_object_new_string(shown));
	json_object_object_add(object, "used", json_object_new_int64(home->used));
	json_object_object_add(object, "files", json_object_new_uint64(home->files));
	json_object_object_add(object, "bytes", json_object_new_uint64(home->bytes));
	json_object_object_add(object, "sandboxes", list);
	return object;
}

static void look(const struct homes *homes, const char *name, const struct instances *instances,
		 struct listed *ret)
{
	ret->name = name;
	ret->used = home_used(homes->fd, name);
	tree_measure(homes->fd, name, &ret->files, &ret->bytes);
	vector_each (instance, &instances->list)
		if (streq(instance->status.home, name))
			strv_add(&ret->sandboxes, instance->name);
}

static int list(const void *data, struct error *e)
{
	const struct homes *homes = data;
	const struct command_line *line = homes->line;
	_cleanup_strv_ struct strv names = {0};
	struct json_object *array = json_object_new_array();
	struct instances instances = {0};
	int r = 0;

	if (homes->fd >= 0)
		homes_names(homes->fd, &names);
	if (!line->names && names.count)
		r = instances_collect(&instances, e);
	if (r == 0 && !line->names && !line->json)
		printf("%-20s %-11s %8s  %s\n", "NAME", "USED", "SIZE", "SANDBOXES");
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		struct listed home = {0};

		if (line->names) {
			puts(names.items[i]);
			continue;
		}
		look(homes, names.items[i], &instances, &home);
		if (line->json)
			json_object_array_add(array, json_of(homes, &home));
		else
			print_text(&home);
		strv_free(&home.sandboxes);
	}
	if (r == 0 && line->json)
		puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
	instances_free(&instances);
	return r;
}

static int path(const void *data, struct error *e)
{
	const struct homes *homes = data;
	for (size_t i = 0; i < homes->names->count; i++) {
		_cleanup_fd_ int fd = home_open(homes->fd, homes->names->items[i], e);

		if (fd < 0)
			return fd;
		printf("%s/%s\n", homes->path, homes->names->items[i]);
	}
	return 0;
}

static int create(const void *data, struct error *e)
{
	const struct homes *homes = data;
	_cleanup_fd_ int fd = homes_open(true, e);
	int r = fd < 0 ? fd : 0;

	for (size_t i = 0; r == 0 && i < homes->names->count; i++)
		r = home_create(fd, homes->names->items[i], e);
	return r;
}

/* 0 where the user wants it, or -errno. */
static int confirm(const struct homes *homes, const char *name, struct error *e)
{
	uint64_t files = 0, bytes = 0;
	_cleanup_free_ char *size = NULL, *question = NULL;

	if (homes->line->force)
		return 0;
	if (!prompt_possible()) {
		error_set(e, EINVAL, "home remove %s: it would be gone for good", name);
		return error_remedy(e, "--force says that you mean it");
	}
	tree_measure(homes->fd, name, &files, &bytes);
	size = size_text(bytes);
	question = xasprintf("remove the home %s, %llu files, %s, for good? [y/N] ", name,
			     (unsigned long long)files, size);
	if (prompt_letter(question) == 'y')
		return 0;
	return error_set(e, ECANCELED, "%s: kept", name);
}

static int remove_homes(const void *data, struct error *e)
{
	const struct homes *homes = data;
	int r = 0;

	for (size_t i = 0; r == 0 && i < homes->names->count; i++) {
		const char *name = homes->names->items[i];
		_cleanup_fd_ int home = home_open(homes->fd, name, e);

		r = home < 0 ? home : confirm(homes, name, e);
		if (r == 0)
			r = home_remove(homes->fd, name, e);
	}
	return r;
}

static const struct action actions[] = {
	{"list", 0, 0, list},
	{"path", 1, 1, path},
	{"create", 1, SIZE_MAX, create},
	{"remove", 1, SIZE_MAX, remove_homes},
};

static int act(const char *name, const struct command_line *line, const struct strv *names,
	       struct error *e)
{
	struct homes homes = {
		.fd = homes_open(false, e), .path = homes_path(), .line = line, .names = names};
	int r = homes.fd < 0 && homes.fd != -ENOENT
			? homes.fd
			: action_run("home", actions, sizeof(actions) / sizeof(actions[0]), name,
				     names->count, &homes, e);

	fd_close(homes.fd);
	free(homes.path);
	return r;
}

int command_home(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_strv_ struct strv names = {0};
	struct request request = {0};
	struct error e = {0};
	int r, status = 0;

	r = session_line(argc, argv, VERB_HOME, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0 && !request.arguments.count) {
		error_set(&e, EINVAL, "home: no action given");
		r = error_remedy(&e, "hutch home list | path | create | remove");
	}
	for (size_t i = 1; r == 0 && i < request.arguments.count; i++)
		strv_add(&names, request.arguments.items[i]);
	if (r == 0)
		r = act(request.arguments.items[0], &line, &names, &e);
	request_free(&request);
	return r < 0 ? log_error(&e) : 0;
}
