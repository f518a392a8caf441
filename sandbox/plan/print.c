// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/print.h"

#include "kernel/landlock.h"
#include "kernel/mount.h"
#include "plan/bus_risk.h"
#include "plan/dbus.h"

#include <sys/resource.h>

char *plan_namespaces(const struct plan *plan)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{CLONE_NEWUSER, "user"}, {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
		{CLONE_NEWIPC, "ipc"},   {CLONE_NEWUTS, "uts"},  {CLONE_NEWCGROUP, "cgroup"},
		{CLONE_NEWNET, "net"},
	};
	struct strbuf out = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (plan->namespaces & names[i].flag)
			strbuf_printf(&out, "%s%s", out.length ? " " : "", names[i].name);
	return out.text ? out.text : xstrdup("none");
}

/* Whether the kind is a mount that can be written to or not. */
static bool has_access(const struct plan_mount *mount)
{
	return mount->kind == MOUNT_BIND || mount->kind == MOUNT_OVERLAY ||
	       mount->kind == MOUNT_SCRATCH || mount->kind == MOUNT_TMPFS;
}

char *plan_mount_flags(const struct plan_mount *mount)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{MOUNT_ATTR_NOSUID, "nosuid"},
		{MOUNT_ATTR_NODEV, "nodev"},
		{MOUNT_ATTR_NOEXEC, "noexec"},
	};
	bool read_only = (mount->set & MOUNT_ATTR_RDONLY) || mount->seal;
	struct strbuf out = {0};

	if (mount->kind == MOUNT_SYMLINK || mount->kind == MOUNT_DIRECTORY ||
	    mount->kind == MOUNT_FILE)
		return xstrdup("-");
	if (read_only || has_access(mount))
		strbuf_printf(&out, "%s", read_only ? "ro" : "rw");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mount->set & names[i].flag)
			strbuf_printf(&out, "%s%s", out.length ? "," : "", names[i].name);
	if (mount->clear & MOUNT_ATTR_NODEV)
		strbuf_printf(&out, "%sdev", out.length ? "," : "");
	return out.text ? out.text : xstrdup("-");
}

const char *plan_mount_kind(const struct plan_mount *mount)
{
	return mount->kind == MOUNT_AGAIN && !mount->set ? "pin"
	       : mount->copy                             ? "copy"
							 : mount_kind_names[mount->kind];
}

const char *plan_terminal_word(const struct plan *plan)
{
	return plan->own_terminal ? "own" : plan->share_terminal ? "share" : "none";
}

char *plan_origin(const struct request *request, enum setting_id id)
{
	const struct setting *setting = request_last(request, id);

	return setting ? setting_origin(setting) : xstrdup("built in");
}

/* Append a name that others chose. */
static void add_name(struct strbuf *out, const char *name)
{
	_cleanup_free_ char *shown = string_escape(name);

	strbuf_append(out, shown, strlen(shown));
}

static void add_origin(struct strbuf *out, const char *origin)
{
	strbuf_printf(out, "  [");
	add_name(out, origin);
	strbuf_printf(out, "]\n");
}

enum { LABEL_COLUMN = 13 };

static void add_label(struct strbuf *out, const char *label)
{
	strbuf_printf(out, "%-*s", LABEL_COLUMN, label);
}

static void add_line(struct strbuf *out, const char *label, const char *value)
{
	add_label(out, label);
	add_name(out, value);
	strbuf_printf(out, "\n");
}

/* The end of a line about what has one value. */
static void add_setting(struct strbuf *out, const struct request *request, enum setting_id id)
{
	_cleanup_free_ char *origin = plan_origin(request, id);

	add_origin(out, origin);
}

/* So that it can be pasted into a shell, where it has no control bytes. */
static void add_word(struct strbuf *out, const char *word)
{
	static const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_@%+=:,./-";

	if (*word && word[strspn(word, plain)] == '\0') {
		strbuf_printf(out, "%s", word);
		return;
	}
	strbuf_printf(out, "'");
	for (; *word; word++) {
		size_t length = strcspn(word, "'");
		_cleanup_free_ char *part = xstrndup(word, length);

		add_name(out, part);
		word += length;
		if (!*word)
			break;
		strbuf_printf(out, "'\\''");
	}
	strbuf_printf(out, "'");
}

static void add_program(struct strbuf *out, const struct plan *plan, const struct request *request)
{
	add_line(out, "profile", plan->profile);
	if (!plan->program)
		return;
	add_line(out, "program", plan->program);
	add_label(out, "arguments");
	for (size_t i = 0; i < plan->arguments.count; i++) {
		strbuf_printf(out, "%s", i ? " " : "");
		add_word(out, plan->arguments.items[i]);
	}
	strbuf_printf(out, "\n");
	add_label(out, "directory");
	add_name(out, plan->directory);
	add_setting(out, request, SETTING_CHDIR);
}

/* What narrows the network, or leads into and out of it. */
static void add_network(struct strbuf *out, const struct plan *plan, const struct request *request)
{
	static const struct {
		enum setting_id id;
		const char *label;
	} lines[] = {
		{SETTING_NET_ALLOW, "  allow"},       {SETTING_NET_DENY, "  deny"},
		{SETTING_PUBLISH, "  publish"},       {SETTING_HOST_PORT, "  host port"},
		{SETTING_DNS, "  name server"},       {SETTING_LIMIT_UP, "  limit up"},
		{SETTING_LIMIT_DOWN, "  limit down"},
	};

	if (!request_last(request, SETTING_NET_ALLOW))
		add_line(out, "  allow",
			 streq(plan->network.mode, "lan") ? "public and private addresses"
							  : "public addresses");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		request_each(setting, request, lines[i].id)
		{
			if (setting->id >= SETTING_LIMIT_UP &&
			    setting != request_last(request, setting->id))
				continue; /* the last one holds */

			_cleanup_free_ char *origin = setting_origin(setting);

			add_label(out, lines[i].label);
			add_name(out, setting->text);
			add_origin(out, origin);
		}
	if (plan->network.pcap)
		add_line(out, "  packets", plan->network.pcap);
	add_line(out, "  helper", plan->network.helper);
	for (size_t i = 0; i < plan->network.notes.count; i++)
		add_line(out, "  note", plan->network.notes.items[i]);
}

static void add_wayland(struct strbuf *out, const struct plan *plan)
{
	const struct plan_wayland *wayland = &plan->wayland;

	if (!wayland->host)
		return;
	add_label(out, "Wayland");
	if (wayland->own) {
		strbuf_printf(out, "in a security context, as ");
		add_name(out, wayland->app);
	} else {
		strbuf_printf(out, "the compositor's own socket, as any other client");
	}
	strbuf_printf(out, ", at ");
	add_name(out, wayland->inside);
	add_origin(out, wayland->origin);
}

static void add_sound(struct strbuf *out, const struct plan *plan)
{
	if (!plan->sound.server)
		return;
	add_label(out, "sound");
	strbuf_printf(out, "%s, through a filter, at ",
		      plan->sound.record ? "plays and records" : "plays");
	add_name(out, plan->sound.server);
	add_origin(out, plan->sound.origin);
}

static void add_buses(struct strbuf *out, const struct plan *plan, const struct request *request)
{
	_cleanup_strv_ struct strv risks = {0};

	if (!plan->dbus.proxy)
		add_line(out, "message bus", "none");
	for (size_t i = 0; i < BUS_COUNT; i++) {
		if (!plan->dbus.buses[i].address)
			continue;
		add_label(out, "message bus");
		strbuf_printf(out, "%s, filtered, at ", plan_bus_names[i]);
		add_name(out, plan->dbus.buses[i].inside);
		strbuf_printf(out, "\n");
		bus_rules_each(setting, request, (enum plan_bus_which)i)
		{
			_cleanup_free_ char *origin = setting_origin(setting);

			add_label(out, "");
			strbuf_printf(out, "%s ", setting->name);
			add_name(out, setting->text);
			add_origin(out, origin);
		}
	}
	if (plan->dbus.app)
		add_line(out, "  portals", plan->dbus.portals ? plan->dbus.app : "none");
	for (size_t i = 0; i < plan->dbus.notes.count; i++)
		add_line(out, "  note", plan->dbus.notes.items[i]);
	bus_risks(request, &risks);
	for (size_t i = 0; i < risks.count; i++)
		add_line(out, "warning", risks.items[i]);
}

/* What words say of themselves. */
static void add_words(struct strbuf *out, const struct request *request)
{
	request_each(setting, request, SETTING_EXPOSES)
	{
		add_label(out, "exposes");
		add_name(out, setting->text);
		strbuf_printf(out, "  [%s]\n", setting->origin.file ? setting->origin.file : "-");
	}
	request_each(setting, request, SETTING_ESCAPE) add_line(out, "warning", setting->text);
}

static void add_identity(struct strbuf *out, const struct plan *plan, const struct request *request)
{
	_cleanup_free_ char *namespaces = plan_namespaces(plan);

	add_label(out, "ids");
	strbuf_printf(out, "uid %u, gid %u inside; uid %u, gid %u outside", plan->uid, plan->gid,
		      plan->outer_uid, plan->outer_gid);
	if (plan->id_map == ID_RANGE)
		strbuf_printf(out, "; 1 to %llu are %llu and up (gids %llu and up)",
			      (unsigned long long)plan->sub_uid_count,
			      (unsigned long long)plan->sub_uid, (unsigned long long)plan->sub_gid);
	add_setting(out, request, SETTING_UID);
	add_label(out, "host name");
	add_name(out, plan->hostname);
	add_setting(out, request, SETTING_HOSTNAME);
	add_line(out, "namespaces", namespaces);
	add_label(out, "network");
	strbuf_printf(out, "%s",
		      plan->network.mode                ? plan->network.mode
		      : plan->namespaces & CLONE_NEWNET ? "none"
							: "the host's");
	add_setting(out, request, SETTING_NET);
	if (plan->network.mode)
		add_network(out, plan, request);
	add_buses(out, plan, request);
	add_wayland(out, plan);
	add_sound(out, plan);
	add_words(out, request);
	add_label(out, "nesting");
	strbuf_printf(out, "%s", plan->nested ? "user namespaces inside" : "no user namespaces");
	add_setting(out, request, SETTING_NESTED);
}

static void add_mount(struct strbuf *out, const struct plan_mount *mount)
{
	_cleanup_free_ char *flags = plan_mount_flags(mount);

	strbuf_printf(out, "  %-9s %-22s ", plan_mount_kind(mount), flags);
	if (mount->kind == MOUNT_SYMLINK) {
		add_name(out, mount->destination);
		strbuf_printf(out, " says ");
		add_name(out, mount->source);
	} else {
		if (mount->source && !streq(mount->source, mount->destination)) {
			add_name(out, mount->source);
			strbuf_printf(out, " → ");
		}
		add_name(out, mount->destination);
	}
	if (mount->size)
		strbuf_printf(out, " (%llu bytes)", (unsigned long long)mount->size);
	if (mount->fallback)
		strbuf_printf(out, " (only where no new /proc can be had)");
	add_origin(out, mount->origin);
}

static void add_files(struct strbuf *out, const struct plan *plan)
{
	add_label(out, "root");
	strbuf_printf(out, "%s ", plan->root_writable ? "rw" : "ro");
	add_name(out, plan->root ? plan->root : "an empty directory in memory");
	add_origin(out, plan->root_origin ? plan->root_origin : "built in");
	strbuf_printf(out, "mounts, in this order:\n");
	vector_each (mount, &plan->mounts)
		add_mount(out, mount);
	if (plan->guards.count)
		strbuf_printf(out, "kept from being created, as long as it runs:\n");
	vector_each (guard, &plan->guards) {
		strbuf_printf(out, "  ");
		add_name(out, guard->path);
		add_origin(out, guard->origin);
	}
}

static void add_environment(struct strbuf *out, const struct plan *plan)
{
	strbuf_printf(out, "environment:\n");
	for (size_t i = 0; i < plan->environment.count; i++) {
		strbuf_printf(out, "  ");
		add_name(out, plan->environment.items[i]);
		add_origin(out, plan->environment_origins.items[i]);
	}
}

static void add_limit_value(struct strbuf *out, uint64_t value)
{
	if (value == RLIM_INFINITY)
		strbuf_printf(out, "unlimited");
	else
		strbuf_printf(out, "%llu", (unsigned long long)value);
}

static void add_landlock(struct strbuf *out, const struct plan *plan)
{
	int abi = landlock_abi();

	add_label(out, "Landlock");
	if (abi <= 0)
		strbuf_printf(out, "not in this kernel");
	else if (abi >= LANDLOCK_ABI_SCOPES)
		strbuf_printf(out, "abstract sockets and signals stay inside");
	else
		strbuf_printf(out, "(this kernel has no scopes for sockets and signals)");
	strbuf_printf(out, "%s\n",
		      plan->landlock_files ? "; files are written only below:"
					   : "; no file rules, since nesting is allowed");
	if (!plan->landlock_files)
		return;
	vector_each (rule, &plan->landlock) {
		if (rule->access != LANDLOCK_WRITE)
			continue;
		strbuf_printf(out, "  ");
		add_name(out, rule->path);
		strbuf_printf(out, "\n");
	}
}

static void add_confinement(struct strbuf *out, const struct plan *plan,
			    const struct request *request)
{
	add_label(out, "seccomp");
	if (plan->filter.count) {
		add_name(out, plan->filter.name);
		strbuf_printf(out, " (");
		add_name(out, plan->filter.origin_path ? plan->filter.origin_path : "built in");
		strbuf_printf(out, ", %zu instructions)%s", plan->filter.count,
			      plan->fake_root ? ", with fake-root" : "");
	} else {
		strbuf_printf(out, "none");
	}
	add_setting(out, request, SETTING_SECCOMP);
	add_line(out, "capabilities",
		 plan->capabilities
			 ? "those over the files and users of the range, and no_new_privs"
			 : "none, and no_new_privs");
	add_landlock(out, plan);
	strbuf_printf(out, "limits:\n");
	vector_each (control, &plan->controls) {
		strbuf_printf(out, "  %-10s %s", control->file, control->value);
		add_origin(out, control->origin);
	}
	if (plan->box == BOX_OWN) {
		strbuf_printf(out, "  held by a cgroup in ");
		add_name(out, plan->box_parent);
		strbuf_printf(out, "\n");
	} else if (plan->box == BOX_SCOPE) {
		strbuf_printf(out, "  held by a cgroup in a scope of systemd's user manager\n");
	}
	if (plan->time)
		strbuf_printf(out, "  %-10s %llu ms on processors, all processes together\n",
			      "time", (unsigned long long)plan->time);
	if (plan->memory_watch)
		strbuf_printf(out, "  %-10s %llu, looked at now and then\n", "memory",
			      (unsigned long long)plan->memory_watch);
	if (plan->output_limited)
		strbuf_printf(out, "  %-10s %llu bytes\n", "output",
			      (unsigned long long)plan->output);
	vector_each (limit, &plan->rlimits) {
		strbuf_printf(out, "  %-10s ", limit->name);
		add_limit_value(out, limit->soft);
		strbuf_printf(out, ":");
		add_limit_value(out, limit->hard);
		strbuf_printf(out, "\n");
	}
}

static void add_session(struct strbuf *out, const struct plan *plan, const struct request *request)
{
	add_label(out, "descriptors");
	strbuf_printf(out, "0 1 2");
	vector_each (fd, &plan->descriptors)
		strbuf_printf(out, " %d", *fd);
	strbuf_printf(out, "\n");
	add_label(out, "terminal");
	strbuf_printf(out, "%s",
		      plan->own_terminal     ? "one of its own"
		      : plan->share_terminal ? "the caller's"
					     : "none of its own (input or output is no terminal)");
	add_setting(out, request, SETTING_TTY);
	add_label(out, "wall limit");
	if (plan->wall)
		strbuf_printf(out, "%llu ms", (unsigned long long)plan->wall);
	else
		strbuf_printf(out, "none");
	add_setting(out, request, SETTING_WALL);
	if (plan->report)
		add_line(out, "report", plan->report);
	request_each(setting, request, SETTING_ALLOW_WEAKER)
		add_line(out, "may be weaker", setting->text);
}

char *plan_text(const struct plan *plan, const struct request *request)
{
	struct strbuf out = {0};

	add_program(&out, plan, request);
	add_identity(&out, plan, request);
	add_files(&out, plan);
	add_environment(&out, plan);
	add_confinement(&out, plan, request);
	add_session(&out, plan, request);
	for (size_t i = 0; i < plan->unlimited.count; i++)
		add_line(&out, "missing", plan->unlimited.items[i]);
	for (size_t i = 0; i < plan->missing.count; i++)
		add_line(&out, "missing", plan->missing.items[i]);
	return out.text;
}

char *answer_text(const struct answer *answer)
{
	const struct {
		const char *label, *value;
	} lines[] = {
		{"  inside", answer->inside}, {"  on the host", answer->host},
		{"  value", answer->value},   {"  why", answer->reason},
		{"  by", answer->origin},     {"  try", answer->remedy},
	};
	struct strbuf out = {0};

	add_name(&out, answer->subject);
	strbuf_printf(&out, ": %s\n", answer->state);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!lines[i].value)
			continue;
		add_label(&out, lines[i].label);
		strbuf_printf(&out, " ");
		add_name(&out, lines[i].value);
		strbuf_printf(&out, "\n");
	}
	return out.text;
}
