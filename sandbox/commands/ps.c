// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch ps: the running sandboxes of this user. */
#include "commands/instance.h"

#include "base/json.h"
#include "base/log.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void print_json(const struct instances *instances)
{
	struct json_object *array = json_object_new_array();

	vector_each (instance, &instances->list)
		json_object_array_add(array, instance_json(instance));
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
		_cleanup_free_ char *age = instance_age(instance);
		_cleanup_free_ char *memory = size_text(instance->memory);
		_cleanup_free_ char *command = string_escape(status->command);

		printf("%-*s %8d %-8s %8s %7.1fs %7s %5llu %-12s %s\n", width, instance->name,
		       instance->launcher, instance_state_names[instance->state], age,
		       (double)instance->cpu / 1e6, memory, (unsigned long long)instance->processes,
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
