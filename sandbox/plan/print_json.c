// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/print.h"

#include "kernel/landlock.h"
#include "kernel/sys.h"
#include "plan/bus_risk.h"
#include "plan/dbus.h"

#include "base/json.h"

#include <sys/resource.h>

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

/* JSON is UTF-8. What is none (a file's name may be anything) is escaped as in text. */
static struct json_object *text(const char *value)
{
	size_t length = value ? strlen(value) : 0;
	_cleanup_free_ char *escaped = NULL;

	if (!value)
		return NULL;
	if (string_utf8_length(value, length) == length)
		return json_object_new_string(value);
	escaped = string_escape(value);
	return json_object_new_string(escaped);
}

/* The same for a string that may go. */
static struct json_object *text_taken(char *value)
{
	struct json_object *object = text(value);

	free(value);
	return object;
}

static struct json_object *number(uint64_t value)
{
	return json_object_new_uint64(value);
}

/* What has one value, and where it came from. */
static void add_valued(struct json_object *object, const char *key, struct json_object *value,
		       const struct request *request, enum setting_id id)
{
	struct json_object *pair = json_object_new_object();

	add(pair, "value", value);
	add(pair, "origin", text_taken(plan_origin(request, id)));
	add(object, key, pair);
}

static struct json_object *strings(const struct strv *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(array, text(list->items[i]));
	return array;
}

static struct json_object *namespace_list(const struct plan *plan)
{
	_cleanup_free_ char *names = plan_namespaces(plan);
	struct json_object *array = json_object_new_array();
	char *rest = plan->namespaces ? names : NULL, *name;

	while ((name = strsep(&rest, " ")))
		json_object_array_add(array, text(name));
	return array;
}

/* What narrows the network, or leads into and out of it: beside "network", with their origins. */
static void add_network(struct json_object *object, const struct plan *plan,
			const struct request *request)
{
	static const struct {
		enum setting_id id;
		const char *key;
	} lists[] = {
		{SETTING_NET_ALLOW, "allow"},
		{SETTING_NET_DENY, "deny"},
		{SETTING_PUBLISH, "publish"},
		{SETTING_HOST_PORT, "host_port"},
		{SETTING_DNS, "dns"},
		{SETTING_LIMIT_UP, "limit_up"},
		{SETTING_LIMIT_DOWN, "limit_down"},
	};
	struct json_object *details = json_object_new_object();

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *array = json_object_new_array();

		request_each(setting, request, lists[i].id)
		{
			if (setting->id >= SETTING_LIMIT_UP &&
			    setting != request_last(request, setting->id))
				continue; /* the last one holds */
			struct json_object *pair = json_object_new_object();

			add(pair, "value", text(setting->text));
			add(pair, "origin", text_taken(setting_origin(setting)));
			json_object_array_add(array, pair);
		}
		add(details, lists[i].key, array);
	}
	add(details, "pcap", text(plan->network.pcap));
	add(details, "helper", text(plan->network.helper));
	add(details, "notes", strings(&plan->network.notes));
	add(object, "network_details", details);
}

/* The message buses that are there inside, and what is known against the rules. */
/* What words say of themselves. */
static struct json_object *texts(const struct request *request, enum setting_id id)
{
	struct json_object *array = json_object_new_array();

	request_each(setting, request, id)
		json_object_array_add(array, json_object_new_string(setting->text));
	return array;
}

static void add_buses(struct json_object *object, const struct plan *plan,
		      const struct request *request)
{
	struct json_object *buses = json_object_new_object();
	_cleanup_strv_ struct strv risks = {0};

	for (size_t i = 0; i < BUS_COUNT; i++) {
		struct json_object *bus = json_object_new_object(), *rules;

		if (!plan->dbus.buses[i].address) {
			json_object_put(bus);
			continue;
		}
		rules = json_object_new_array();
		bus_rules_each(setting, request, (enum plan_bus_which)i)
		{
			struct json_object *rule = json_object_new_object();

			add(rule, "rule",
			    text_taken(xasprintf("%s %s", setting->name, setting->text)));
			add(rule, "origin", text_taken(setting_origin(setting)));
			json_object_array_add(rules, rule);
		}
		add(bus, "socket", text(plan->dbus.buses[i].inside));
		add(bus, "rules", rules);
		add(buses, plan_bus_names[i], bus);
	}
	add(object, "buses", buses);
	add(object, "bus_identity", text(plan->dbus.app));
	add(object, "bus_notes", strings(&plan->dbus.notes));
	bus_risks(request, &risks);
	add(object, "bus_warnings", strings(&risks));
}

static void add_wayland(struct json_object *object, const struct plan *plan)
{
	const struct plan_wayland *wayland = &plan->wayland;
	struct json_object *inner = json_object_new_object();

	add(object, "wayland", inner);
	add(inner, "access", text(!wayland->host ? "none" : wayland->own ? "isolated" : "plain"));
	if (!wayland->host)
		return;
	add(inner, "socket", text(wayland->inside));
	add(inner, "app", text(wayland->app));
	add(inner, "origin", text(wayland->origin));
}

static void add_sound(struct json_object *object, const struct plan *plan)
{
	const struct plan_sound *sound = &plan->sound;
	struct json_object *inner = json_object_new_object();

	add(object, "sound", inner);
	add(inner, "access", text(!sound->server ? "none" : sound->record ? "record" : "play"));
	if (!sound->server)
		return;
	add(inner, "socket", text(sound->server));
	add(inner, "origin", text(sound->origin));
}

static void add_identity(struct json_object *object, const struct plan *plan,
			 const struct request *request)
{
	struct json_object *ids = json_object_new_object();

	add(ids, "uid", number(plan->uid));
	add(ids, "gid", number(plan->gid));
	add(ids, "outer_uid", number(plan->outer_uid));
	add(ids, "outer_gid", number(plan->outer_gid));
	if (plan->id_map == ID_RANGE) {
		add(ids, "sub_uid", number(plan->sub_uid));
		add(ids, "sub_uid_count", number(plan->sub_uid_count));
		add(ids, "sub_gid", number(plan->sub_gid));
		add(ids, "sub_gid_count", number(plan->sub_gid_count));
	}
	add(ids, "origin", text_taken(plan_origin(request, SETTING_UID)));
	add(object, "ids", ids);
	add_valued(object, "hostname", text(plan->hostname), request, SETTING_HOSTNAME);
	add(object, "namespaces", namespace_list(plan));
	add_valued(object, "network",
		   text(plan->network.mode                ? plan->network.mode
			: plan->namespaces & CLONE_NEWNET ? "none"
							  : "host"),
		   request, SETTING_NET);
	if (plan->network.mode)
		add_network(object, plan, request);
	add_buses(object, plan, request);
	add_wayland(object, plan);
	add_sound(object, plan);
	add(object, "exposes", texts(request, SETTING_EXPOSES));
	add(object, "escapes", texts(request, SETTING_ESCAPE));
	add_valued(object, "nested", json_object_new_boolean(plan->nested), request,
		   SETTING_NESTED);
}

static struct json_object *mounts(const struct plan *plan)
{
	struct json_object *array = json_object_new_array();

	vector_each (mount, &plan->mounts) {
		struct json_object *object = json_object_new_object();

		add(object, "kind", text(plan_mount_kind(mount)));
		add(object, "flags", text_taken(plan_mount_flags(mount)));
		if (mount->source)
			add(object, mount->kind == MOUNT_SYMLINK ? "target" : "source",
			    text(mount->source));
		add(object, "destination", text(mount->destination));
		if (mount->size)
			add(object, "size", number(mount->size));
		if (mount->fallback)
			add(object, "fallback", json_object_new_boolean(true));
		add(object, "origin", text(mount->origin));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *guards(const struct plan *plan)
{
	struct json_object *array = json_object_new_array();

	vector_each (guard, &plan->guards) {
		struct json_object *object = json_object_new_object();

		add(object, "path", text(guard->path));
		add(object, "origin", text(guard->origin));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *environment(const struct plan *plan)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < plan->environment.count; i++) {
		struct json_object *object = json_object_new_object();
		const char *item = plan->environment.items[i], *equals = strchr(item, '=');

		add(object, "name", text_taken(xstrndup(item, (size_t)(equals - item))));
		add(object, "value", text(equals + 1));
		add(object, "origin", text(plan->environment_origins.items[i]));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *limit_value(uint64_t value)
{
	return value == RLIM_INFINITY ? text("unlimited") : number(value);
}

static struct json_object *resources(const struct plan *plan)
{
	static const char *const boxes[] = {
		[BOX_NONE] = "none", [BOX_OWN] = "own", [BOX_SCOPE] = "scope"};
	struct json_object *object = json_object_new_object();
	struct json_object *controls = json_object_new_array();

	add(object, "cgroup", text(boxes[plan->box]));
	if (plan->box_parent)
		add(object, "cgroup_parent", text(plan->box_parent));
	vector_each (control, &plan->controls) {
		struct json_object *item = json_object_new_object();

		add(item, "file", text(control->file));
		add(item, "value", text(control->value));
		add(item, "origin", text(control->origin));
		json_object_array_add(controls, item);
	}
	add(object, "controls", controls);
	if (plan->time)
		add(object, "time_ms", number(plan->time));
	if (plan->memory_watch)
		add(object, "memory_watched", number(plan->memory_watch));
	if (plan->output_limited)
		add(object, "output", number(plan->output));
	return object;
}

static void add_confinement(struct json_object *object, const struct plan *plan,
			    const struct request *request)
{
	struct json_object *landlock = json_object_new_object();
	struct json_object *write = json_object_new_array(), *limits = json_object_new_object();
	struct json_object *policy = json_object_new_object();

	add(policy, "name", text(plan->filter.count ? plan->filter.name : "none"));
	if (plan->filter.count) {
		add(policy, "file", text(plan->filter.origin_path));
		add(policy, "instructions", number(plan->filter.count));
	}
	add(policy, "origin", text_taken(plan_origin(request, SETTING_SECCOMP)));
	add(object, "seccomp", policy);
	add(landlock, "abi", json_object_new_int(landlock_abi()));
	add(landlock, "files", json_object_new_boolean(plan->landlock_files));
	vector_each (rule, &plan->landlock)
		if (rule->access == LANDLOCK_WRITE)
			json_object_array_add(write, text(rule->path));
	add(landlock, "write", write);
	add(object, "landlock", landlock);
	vector_each (limit, &plan->rlimits) {
		struct json_object *pair = json_object_new_object();

		add(pair, "soft", limit_value(limit->soft));
		add(pair, "hard", limit_value(limit->hard));
		add(limits, limit->name, pair);
	}
	add(object, "limits", limits);
	add(object, "resources", resources(plan));
}

struct json_object *plan_json(const struct plan *plan, const struct request *request)
{
	struct json_object *object = json_object_new_object();
	struct json_object *descriptors = json_object_new_array();
	struct json_object *weaker = json_object_new_array(), *missing = json_object_new_array();
	struct json_object *root = json_object_new_object();

	add(object, "version", json_object_new_int(1));
	add(object, "profile", text(plan->profile));
	add(object, "program", text(plan->program));
	add(object, "arguments", strings(&plan->arguments));
	add_valued(object, "directory", text(plan->directory), request, SETTING_CHDIR);
	add_identity(object, plan, request);
	add(root, "source", text(plan->root));
	add(root, "writable", json_object_new_boolean(plan->root_writable));
	add(root, "origin", text(plan->root_origin ? plan->root_origin : "built in"));
	add(object, "root", root);
	add(object, "mounts", mounts(plan));
	add(object, "guards", guards(plan));
	add(object, "environment", environment(plan));
	add_confinement(object, plan, request);
	vector_each (fd, &plan->descriptors)
		json_object_array_add(descriptors, json_object_new_int(*fd));
	add(object, "descriptors", descriptors);
	add_valued(object, "terminal", text(plan_terminal_word(plan)), request, SETTING_TTY);
	add_valued(object, "wall_ms", plan->wall ? number(plan->wall) : NULL, request,
		   SETTING_WALL);
	add(object, "report", text(plan->report));
	request_each(setting, request, SETTING_ALLOW_WEAKER)
		json_object_array_add(weaker, text(setting->text));
	add(object, "allow_weaker", weaker);
	for (size_t i = 0; i < plan->unlimited.count; i++)
		json_object_array_add(missing, text(plan->unlimited.items[i]));
	for (size_t i = 0; i < plan->missing.count; i++)
		json_object_array_add(missing, text(plan->missing.items[i]));
	add(object, "missing", missing);
	return object;
}

struct json_object *answer_json(const struct answer *answer)
{
	struct json_object *object = json_object_new_object();

	add(object, "subject", text(answer->subject));
	add(object, "state", text(answer->state));
	add(object, "inside", text(answer->inside));
	add(object, "host", text(answer->host));
	add(object, "value", text(answer->value));
	add(object, "reason", text(answer->reason));
	add(object, "origin", text(answer->origin));
	add(object, "remedy", text(answer->remedy));
	return object;
}
