// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch info NAME: what is enforced on a running sandbox, as the kernel says it now; what it sees,
 * from the plan that its launcher has in memory; and what it uses.
 */
#include "commands/instance.h"
#include "commands/session.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PLAN_MAX = 64 << 20 };

static int read_plan(const char *name, struct json_object **ret, struct error *e)
{
	_cleanup_fd_ int file = -1;
	_cleanup_free_ char *text = NULL;
	struct control_answer answer;
	size_t length;
	int r = instance_ask(name, CONTROL_PLAN, (struct control_request){0}, INSTANCE_PATIENCE,
			     &answer, &file, e);

	if (r < 0)
		return r;
	if (file < 0 || lseek(file, 0, SEEK_SET) < 0)
		return error_set(e, EPROTO, "%s: its launcher sent no plan", name);
	r = fd_read_all(file, "the plan", PLAN_MAX, &text, &length, e);
	if (r < 0)
		return r;
	*ret = json_tokener_parse(text);
	return *ret ? 0 : error_set(e, EPROTO, "%s: its launcher sent no plan", name);
}

/* The program: the first child of pid 1. */
static pid_t find_program(const struct instance *instance)
{
	struct process_table table = {0};
	pid_t program = 0;

	process_table_read(&table);
	vector_each (entry, &table.list)
		if (entry->parent == instance->status.init && !program)
			program = entry->pid;
	process_table_free(&table);
	return program;
}

/* The lines about credentials of its /proc/PID/status. */
static struct json_object *enforced(const struct instance *instance)
{
	static const char *const keys[] = {"Uid",        "Gid",     "CapPrm",         "CapBnd",
					   "NoNewPrivs", "Seccomp", "Seccomp_filters"};
	struct json_object *object = json_object_new_object();
	char path[48], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", find_program(instance));
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		value[strcspn(value, "\n")] = '\0';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (streq(line, keys[i]))
				json_object_object_add(object, line, json_object_new_string(value));
	}
	if (file)
		fclose(file);
	return object;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		return "-";
	if (json_object_is_type(value, json_type_object))
		return text_of(value, "value");
	return json_object_get_string(value);
}

static void print_value(const char *title, const char *value)
{
	_cleanup_free_ char *escaped = string_escape(value);

	printf("%-12s %s\n", title, escaped);
}

static void print_mounts(struct json_object *plan)
{
	struct json_object *mounts = NULL;

	if (!json_object_object_get_ex(plan, "mounts", &mounts))
		return;
	for (size_t i = 0; i < json_object_array_length(mounts); i++) {
		struct json_object *mount = json_object_array_get_idx(mounts, i);
		struct json_object *source = NULL;
		_cleanup_free_ char *line = NULL, *escaped = NULL;

		json_object_object_get_ex(mount, "source", &source);
		line = xasprintf("%-9s %-24s %s%s%s%s", text_of(mount, "kind"),
				 text_of(mount, "flags"), text_of(mount, "destination"),
				 source ? " (" : "", source ? json_object_get_string(source) : "",
				 source ? ")" : "");
		escaped = string_escape(line);
		printf("%-12s %s\n", i ? "" : "mounts", escaped);
	}
}

static void print_text(const struct instance *instance, struct json_object *kernel,
		       struct json_object *plan)
{
	_cleanup_free_ char *age = instance_age(instance);
	_cleanup_free_ char *memory = size_text(instance->memory);

	print_value("name", instance->name);
	print_value("state", instance_state_names[instance->state]);
	print_value("command", instance->status.command);
	print_value("profile", instance->status.profile);
	printf("%-12s %d, pid 1 of the sandbox is process %d\n", "launcher", instance->launcher,
	       instance->status.init);
	print_value("up", age);
	printf("%-12s %.1fs of processor time, %s of memory, %llu processes\n", "uses",
	       (double)instance->cpu / 1e6, memory, (unsigned long long)instance->processes);
	if (instance->has_network)
		printf("%-12s %llu bytes received, %llu sent\n", "network",
		       (unsigned long long)instance->received, (unsigned long long)instance->sent);
	if (instance->status.box[0])
		print_value("cgroup", instance->status.box);
	json_object_object_foreach(kernel, key, value)
		print_value(key, json_object_get_string(value));
	json_object_object_foreach(plan, name,
				   part) if (streq(name, "namespaces") || streq(name, "seccomp") ||
					     streq(name, "landlock") || streq(name, "limits") ||
					     streq(name, "rlimits") || streq(name, "hostname"))
		print_value(name, json_object_is_type(part, json_type_object) ||
						  json_object_is_type(part, json_type_array)
					  ? json_object_to_json_string_ext(
						    part, JSON_C_TO_STRING_NOSLASHESCAPE)
					  : json_object_get_string(part));
	print_mounts(plan);
}

static int show(const char *name, bool json, struct error *e)
{
	struct json_object *plan = NULL, *kernel, *object;
	struct instance instance;
	int r = instance_look(name, &instance, e);

	if (r < 0)
		return r;
	if (instance.state == INSTANCE_STOPPED) {
		error_set(e, EAGAIN, "%s: its launcher is stopped", name);
		r = error_remedy(e, "continue it: kill -CONT %d", instance.launcher);
	}
	if (r == 0)
		r = read_plan(name, &plan, e);
	if (r == 0) {
		kernel = enforced(&instance);
		if (json) {
			object = instance_json(&instance);
			json_object_object_add(object, "enforced", kernel);
			json_object_object_add(object, "plan", plan);
			puts(json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
			json_object_put(object);
		} else {
			print_text(&instance, kernel, plan);
			json_object_put(kernel);
			json_object_put(plan);
		}
	}
	free(instance.name);
	if (r == 0 && fflush(stdout) != 0)
		return error_errno(e, errno, "standard output");
	return r;
}

int command_info(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_INFO, 1, &request, &line, &status, &e);
	for (size_t i = 0; r == 0 && i < request.arguments.count; i++)
		r = show(request.arguments.items[i], line.json, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
