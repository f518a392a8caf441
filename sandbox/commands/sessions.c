// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch sessions [--json] [--names]
 * hutch discard NAME…
 */
#include "base/json.h"
#include "base/log.h"
#include "commands/commands.h"
#include "commands/session.h"
#include "kernel/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct listed {
	struct session session;
	bool busy;
	uint64_t files, bytes;
	struct error error; /* code 0: it can be read */
};

static const char *state_of(const struct listed *listed)
{
	if (listed->error.code)
		return "broken";
	if (listed->busy)
		return "in use";
	if (faccessat(listed->session.fd, "apply/plan", F_OK, 0) == 0)
		return "half applied";
	return listed->session.applied ? "applied" : "kept";
}

static void look(const char *root, const char *name, struct listed *ret)
{
	ret->session.fd = -1;
	if (session_look(root, name, &ret->session, &ret->busy, &ret->error) == 0)
		tree_measure(ret->session.fd, "layers", &ret->files, &ret->bytes);
}

static void print_text(const struct listed *listed)
{
	_cleanup_free_ char *age = age_text(time(NULL) - listed->session.used);
	_cleanup_free_ char *size = size_text(listed->bytes);
	_cleanup_free_ char *command =
		string_escape(listed->session.command ? listed->session.command : "");

	printf("%-20s %-12s %-11s %8s  %s\n", listed->session.name, state_of(listed), age, size,
	       command);
}

static struct json_object *json_of(const struct listed *listed)
{
	struct json_object *object = json_object_new_object();
	struct json_object *trees = json_object_new_array();

	json_object_object_add(object, "name", json_object_new_string(listed->session.name));
	json_object_object_add(object, "state", json_object_new_string(state_of(listed)));
	json_object_object_add(object, "created", json_object_new_int64(listed->session.created));
	json_object_object_add(object, "used", json_object_new_int64(listed->session.used));
	json_object_object_add(object, "bytes", json_object_new_int64((int64_t)listed->bytes));
	vector_each (layer, &listed->session.layers) {
		_cleanup_free_ char *path = string_escape(layer->path);

		json_object_array_add(trees, json_object_new_string(path));
	}
	json_object_object_add(object, "trees", trees);
	return object;
}

static void print_all(const char *root, const struct command_line *line)
{
	_cleanup_strv_ struct strv names = {0};
	struct json_object *array = json_object_new_array();

	session_names(root, &names);
	if (!line->json && !line->names && names.count)
		printf("%-20s %-12s %-11s %8s  %s\n", "NAME", "STATE", "USED", "SIZE", "COMMAND");
	for (size_t i = 0; i < names.count; i++) {
		struct listed listed = {0};

		if (line->names) {
			puts(names.items[i]);
			continue;
		}
		look(root, names.items[i], &listed);
		if (line->json)
			json_object_array_add(array, json_of(&listed));
		else
			print_text(&listed);
		session_close(&listed.session);
	}
	if (line->json)
		puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY));
	json_object_put(array);
}

int command_sessions(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_free_ char *root = NULL;
	struct error e = {0};
	int status = 0, r;

	r = session_line(argc, argv, VERB_SESSIONS, &request, &line, &status, &e);
	if (r == 0 && request.arguments.count) {
		error_set(&e, EINVAL, "sessions: takes no name");
		r = error_remedy(&e, "hutch diff %.100s", request.arguments.items[0]);
	}
	if (r == 0) {
		root = sessions_root(&e);
		r = root ? 0 : -e.code;
	}
	if (r == 0)
		print_all(root, &line);
	request_free(&request);
	if (r < 0)
		return log_error(&e);
	return r > 0 ? status : fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
}

static int discard(const char *root, const char *name, struct error *e)
{
	_cleanup_session_ struct session session = SESSION_NONE;
	int r = session_open(root, name, &session, e);

	/* One that cannot be read can be removed all the same; not one that is in use. */
	if (r < 0 && (session.fd < 0 || r == -EBUSY))
		return r;
	return session_discard(&session, e);
}

int command_discard(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_free_ char *root = NULL;
	struct error e = {0};
	int status = 0, r;

	r = session_line(argc, argv, VERB_DISCARD, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0) {
		root = sessions_root(&e);
		r = root ? 0 : -e.code;
	}
	if (r == 0 && !request.arguments.count) {
		error_set(&e, EINVAL, "discard: no session named");
		r = error_remedy(&e, "`hutch sessions` lists them");
	}
	if (r < 0)
		status = log_error(&e);
	for (size_t i = 0; r == 0 && i < request.arguments.count; i++) {
		e = (struct error){0};
		if (discard(root, request.arguments.items[i], &e) < 0)
			status = log_error(&e);
	}
	request_free(&request);
	return status;
}
