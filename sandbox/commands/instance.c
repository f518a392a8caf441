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
#include "base/json.h"
#include "base/log.h"
#include "commands/session.h"
#include "kernel/cgroup.h"

#include <errno.h>
#include <stdio.h>
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

static bool is_frozen(const struct control_status *status)
{
	_cleanup_fd_ int box = status->box[0] ? cgroup_open(status->box) : -1;
	uint64_t frozen = 0;

	return box >= 0 && cgroup_read_key(box, "cgroup.events", "frozen", &frozen) == 0 && frozen;
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
		if (r == 0 && (is_stopped(table, answer.status.init) || is_frozen(&answer.status)))
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

/* What the kernel counts for the group as a whole, where it does. */
static void use_box(struct instance *instance)
{
	_cleanup_fd_ int box = instance->status.box[0] ? cgroup_open(instance->status.box) : -1;
	struct cgroup_usage usage;

	if (box < 0)
		return;
	cgroup_usage(box, &usage);
	if (usage.cpu != CGROUP_MAX)
		instance->cpu = usage.cpu;
	if (usage.memory != CGROUP_MAX)
		instance->memory = usage.memory;
}

/* "NAME: received … sent …", proc_pid_net(5). */
static void count_network(struct instance *instance)
{
	char path[48], line[512], name[32];
	unsigned long long received, sent;
	FILE *file;

	if (!instance->status.network)
		return;
	snprintf(path, sizeof(path), "/proc/%d/net/dev", instance->status.init);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %31[^:]: %llu %*u %*u %*u %*u %*u %*u %*u %llu", name, &received,
			   &sent) == 3 &&
		    !streq(name, "lo")) {
			instance->received += received;
			instance->sent += sent;
		}
	instance->has_network = file != NULL;
	if (file)
		fclose(file);
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
			/* Of another user namespace, perhaps, which shares the directory. */
			log_step("%s", ignored.text);
	}
	add_usage(ret, &table);
	vector_each (instance, &ret->list) {
		use_box(instance);
		count_network(instance);
	}
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
	struct instance one;
	_cleanup_fd_ int registry = open_registry(e);
	int r;

	if (registry == -ENOENT)
		return instance_connect(name, NULL, e);
	if (registry < 0)
		return registry;
	r = process_table_read(&table);
	if (r < 0)
		return error_errno(e, -r, "/proc");
	r = look(registry, name, &table, &one, e);
	if (r == 0) {
		struct instances instances = {0};

		*vector_add(&instances.list) = one;
		add_usage(&instances, &table);
		use_box(&instances.list.items[0]);
		count_network(&instances.list.items[0]);
		*ret = instances.list.items[0];
		vector_free(&instances.list);
	}
	process_table_free(&table);
	return r;
}

char *instance_age(const struct instance *instance)
{
	struct timespec now;

	if (!instance->status.started)
		return xstrdup("-");
	clock_gettime(CLOCK_REALTIME, &now);
	return age_text(now.tv_sec - instance->status.started / 1000000);
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = NULL;

	if (string_utf8_length(text, strlen(text)) != strlen(text))
		text = escaped = string_escape(text);
	json_object_object_add(to, key, json_object_new_string(text));
}

struct json_object *instance_json(const struct instance *instance)
{
	struct json_object *object = json_object_new_object();
	const struct control_status *status = &instance->status;

	add_text(object, "name", instance->name);
	add_text(object, "state", instance_state_names[instance->state]);
	json_object_object_add(object, "launcher", json_object_new_int(instance->launcher));
	if (status->started) {
		json_object_object_add(object, "init", json_object_new_int(status->init));
		json_object_object_add(object, "started",
				       json_object_new_double((double)status->started / 1e6));
		add_text(object, "profile", status->profile);
		add_text(object, "command", status->command);
		if (status->home[0])
			add_text(object, "home", status->home);
		if (status->box[0])
			add_text(object, "cgroup", status->box);
	}
	json_object_object_add(object, "cpu_seconds",
			       json_object_new_double((double)instance->cpu / 1e6));
	json_object_object_add(object, "memory_bytes", json_object_new_uint64(instance->memory));
	json_object_object_add(object, "processes", json_object_new_uint64(instance->processes));
	if (instance->has_network) {
		json_object_object_add(object, "network_received_bytes",
				       json_object_new_uint64(instance->received));
		json_object_object_add(object, "network_sent_bytes",
				       json_object_new_uint64(instance->sent));
	}
	return object;
}
