// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running sandboxes as the verbs see them.
 *
 * What a sandbox uses is taken from one look at /proc: all processes two steps or more below a
 * launcher are the program's; the launcher's own children are hutch's (pid 1, guardians, who stands
 * by what `exec` started).
 */
#include "commands/instance.h"

#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <time.h>

const char *const instance_state_names[] = {
	[INSTANCE_RUNNING] = "running",
	[INSTANCE_PAUSED] = "paused",
	[INSTANCE_STOPPED] = "stopped",
};

static bool is_stopped(const struct process_table *table, pid_t pid)
{
	const struct process_entry *entry = process_table_find(table, pid);

	return entry && (entry->state == 'T' || entry->state == 't');
}

static int look(int registry, const char *name, const struct process_table *table,
		struct instance *ret, struct error *e)
{
	struct control_request request = {.kind = CONTROL_STATUS};
	struct registry_peer peer = REGISTRY_PEER_NONE;
	struct instance instance = {0};
	struct control_answer answer;
	int r = registry_connect(registry, name, &peer, e);

	if (r < 0)
		return r;
	instance.launcher = peer.launcher;
	if (is_stopped(table, peer.launcher)) {
		instance.state = INSTANCE_STOPPED;
	} else {
		r = control_ask(&peer, name, &request, INSTANCE_PATIENCE, &answer, NULL, e);
		if (r == 0)
			instance.status = answer.status;
		if (r == 0 && is_stopped(table, answer.status.init))
			instance.state = INSTANCE_PAUSED;
	}
	registry_peer_close(&peer);
	if (r < 0)
		return r;
	instance.name = xstrdup(name);
	*ret = instance;
	return 0;
}

/* Add up what all processes use, each for the sandbox that it is of. */
static void add_usage(struct instances *instances, const struct process_table *table)
{
	vector_each (process, &table->list) {
		pid_t below = process->pid, before = 0;
		struct instance *found = NULL;
		int depth = 0;

		for (; depth < 4096 && below > 0; depth++) {
			const struct process_entry *entry = process_table_find(table, below);

			vector_each (instance, &instances->list)
				if (instance->launcher == below)
					found = instance;
			if (found || !entry)
				break;
			before = below;
			below = entry->parent;
		}
		if (!found || depth == 0)
			continue;
		/* The children that pid 1 has reaped were the program's. */
		if (depth > 1 || before == found->status.init)
			found->cpu += process->children_cpu;
		if (depth > 1) {
			found->cpu += process->cpu;
			found->memory += process->memory;
			found->processes++;
		}
	}
}

static int open_registry(struct error *e)
{
	return registry_open(false, e);
}

int instances_collect(struct instances *ret, struct error *e)
{
	struct process_table table = {0};
	_cleanup_strv_ struct strv names = {0};
	_cleanup_fd_ int registry = open_registry(e);
	int r;

	if (registry == -ENOENT)
		return 0;
	if (registry < 0)
		return registry;
	registry_list(registry, &names);
	r = names.count ? process_table_read(&table) : 0;
	if (r < 0)
		return error_errno(e, -r, "/proc");
	for (size_t i = 0; i < names.count; i++) {
		struct instance instance;
		struct error ignored = {0};

		r = look(registry, names.items[i], &table, &instance, &ignored);
		if (r == 0)
			*vector_add(&ret->list) = instance;
		else if (r != -ENOENT)
			log_error(&ignored);
	}
	add_usage(ret, &table);
	process_table_free(&table);
	return 0;
}

void instances_free(struct instances *instances)
{
	vector_each (instance, &instances->list)
		free(instance->name);
	vector_free(&instances->list);
}

int instance_arguments(int argc, char **argv, enum verb verb, size_t least, struct request *request,
		       struct command_line *line, int *ret_status, struct error *e)
{
	int r = options_parse(verb, argc, argv, request, line, e);

	if (command_answered(verb, line, ret_status))
		return 1;
	if (r < 0)
		return r;
	log_verbose = line->verbose;
	log_json = line->log_json;
	if (request->arguments.count < least) {
		error_set(e, EINVAL, "%s: which sandbox?", argv[0]);
		return error_remedy(e, "hutch %s NAME; `hutch ps` lists those that run", argv[0]);
	}
	return 0;
}

int instance_connect(const char *name, struct registry_peer *ret, struct error *e)
{
	_cleanup_fd_ int registry = open_registry(e);

	if (registry == -ENOENT) {
		error_set(e, ENOENT, "%.100s: no sandbox of that name is running", name);
		return error_remedy(e, "hutch ps lists those that are");
	}
	return registry < 0 ? registry : registry_connect(registry, name, ret, e);
}

int instance_ask(const char *name, enum control_kind kind, struct control_request request,
		 int patience, struct control_answer *ret, int *ret_fd, struct error *e)
{
	struct registry_peer peer = REGISTRY_PEER_NONE;
	int r = instance_connect(name, &peer, e);

	request.kind = kind;
	if (r == 0)
		r = control_ask(&peer, name, &request, patience, ret, ret_fd, e);
	registry_peer_close(&peer);
	return r;
}

int instance_look(const char *name, struct instance *ret, struct error *e)
{
	struct process_table table = {0};
	_cleanup_fd_ int registry = open_registry(e);
	int r;

	if (registry == -ENOENT)
		return instance_connect(name, NULL, e);
	if (registry < 0)
		return registry;
	r = process_table_read(&table);
	if (r < 0)
		return error_errno(e, -r, "/proc");
	r = look(registry, name, &table, ret, e);
	process_table_free(&table);
	return r;
}

char *instance_age(int64_t started)
{
	struct timespec now;
	int64_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = now.tv_sec - started / 1000000;
	if (!started || seconds < 0)
		return xstrdup("-");
	if (seconds < 60)
		return xasprintf("%ds", (int)seconds);
	if (seconds < 3600)
		return xasprintf("%dm %ds", (int)seconds / 60, (int)seconds % 60);
	if (seconds < 86400)
		return xasprintf("%dh %dm", (int)seconds / 3600, (int)seconds / 60 % 60);
	return xasprintf("%dd %dh", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
}

char *instance_size(uint64_t bytes)
{
	static const char units[] = "BKMGT";
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	return xasprintf(unit && value < 100 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}
