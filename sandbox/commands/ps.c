// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch ps: the running sandboxes of this user. */
#include "commands/instance.h"

#include "base/log.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <unistd.h>

static void add_text(struct json_object *to, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = NULL;

	if (string_utf8_length(text, strlen(text)) != strlen(text))
		text = escaped = string_escape(text);
	json_object_object_add(to, key, json_object_new_string(text));
}

static void print_json(const struct instances *instances)
{
	struct json_object *array = json_object_new_array();

	vector_each (instance, &instances->list) {
		struct json_object *object = json_object_new_object();
		const struct control_status *status = &instance->status;

		add_text(object, "name", instance->name);
		add_text(object, "state", instance_state_names[instance->state]);
		json_object_object_add(object, "launcher", json_object_new_int(instance->launcher));
		if (status->started) {
			json_object_object_add(object, "init", json_object_new_int(status->init));
			json_object_object_add(
				object, "started",
				json_object_new_double((double)status->started / 1e6));
			add_text(object, "profile", status->profile);
			add_text(object, "command", status->command);
		}
		json_object_object_add(object, "cpu_seconds",
				       json_object_new_double((double)instance->cpu / 1e6));
		json_object_object_add(object, "memory_bytes",
				       json_object_new_uint64(instance->memory));
		json_object_object_add(object, "processes",
				       json_object_new_int((int)instance->processes));
		json_object_array_add(array, object);
	}
	puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
}

static void print_table(const struct instances *instances)
{
	int width = 4;

	vector_each (instance, &instances->list)
		if ((int)strlen(instance->name) > width)
			width = (int)strlen(instance->name);
	printf("%-*s %8s %-8s %8s %8s %7s %5s %-12s %s\n", width, "NAME", "PID", "STATE", "UP",
	       "CPU", "MEMORY", "PROCS", "PROFILE", "COMMAND");
	vector_each (instance, &instances->list) {
		const struct control_status *status = &instance->status;
		_cleanup_free_ char *age = instance_age(status->started);
		_cleanup_free_ char *memory = instance_size(instance->memory);
		_cleanup_free_ char *command = string_escape(status->command);

		printf("%-*s %8d %-8s %8s %7.1fs %7s %5u %-12s %s\n", width, instance->name,
		       instance->launcher, instance_state_names[instance->state], age,
		       (double)instance->cpu / 1e6, memory, instance->processes,
		       status->started ? status->profile : "-", command);
	}
}

static int print(const struct command_line *line, struct error *e)
{
	struct instances instances = {0};
	int r = instances_collect(&instances, e);

	if (r == 0 && line->names)
		vector_each (instance, &instances.list)
			puts(instance->name);
	else if (r == 0 && line->json)
		print_json(&instances);
	else if (r == 0)
		print_table(&instances);
	instances_free(&instances);
	if (r == 0 && fflush(stdout) != 0)
		return error_errno(e, errno, "standard output");
	return r;
}

int command_ps(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_PS, 0, &request, &line, &status, &e);
	if (r == 0 && request.arguments.count)
		r = error_set(&e, EINVAL, "ps: %.100s: takes no arguments",
			      request.arguments.items[0]);
	request_free(&request);
	if (r > 0)
		return status;
	for (;;) {
		if (r == 0 && line.watch && !line.json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		if (r == 0)
			r = print(&line, &e);
		if (r < 0)
			return log_error(&e);
		if (!line.watch)
			return 0;
		sleep(1);
	}
}
