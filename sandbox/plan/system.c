// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev is a directory of the root with the few nodes that every program may have, each bound from
 * the host (a node made in a user namespace would not work). /proc is new, for the new PID
 * namespace. Parts of /proc act on the whole machine for whoever is root outside: they are
 * read-only, or covered where already reading tells too much. /sys is not there unless a rule
 * brings it, and then its dangerous parts are covered too.
 */
#include "plan/system.h"

#include "base/fd.h"
#include "engine/registry.h"
#include "kernel/mount.h"

#include <errno.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

static int add_device(struct rules *rules, const char *path, struct error *e)
{
	struct rule *rule;
	int r = rules_add_bind(rules, path, path, true, RANK_SYSTEM, "built in: /dev", e);

	if (r < 0)
		return error_wrap(e, "%s", path);
	rule = &rules->list.items[rules->list.count - 1];
	rule->system = true;
	rule->mount.recursive = false;
	/* Read-only is the node, not the device: its permissions and times are the host's. */
	rule->mount.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	rule->mount.clear = MOUNT_ATTR_NODEV;
	return 0;
}

static void add_link(struct rules *rules, const char *path, const char *target)
{
	rules_add(rules, MOUNT_SYMLINK, path, RANK_SYSTEM, "built in: /dev")->mount.source =
		xstrdup(target);
}

static int add_devices(struct rules *rules, struct error *e)
{
	static const char *const nodes[] = {"/dev/null", "/dev/zero",   "/dev/full",
					    "/dev/tty",  "/dev/random", "/dev/urandom"};
	struct rule *rule;
	int r = 0;

	rules_add(rules, MOUNT_DIRECTORY, "/dev", RANK_SYSTEM, "built in: /dev")->system = true;
	for (size_t i = 0; r == 0 && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		r = add_device(rules, nodes[i], e);
	add_link(rules, "/dev/fd", "/proc/self/fd");
	add_link(rules, "/dev/stdin", "/proc/self/fd/0");
	add_link(rules, "/dev/stdout", "/proc/self/fd/1");
	add_link(rules, "/dev/stderr", "/proc/self/fd/2");
	add_link(rules, "/dev/core", "/proc/kcore");
	add_link(rules, "/dev/ptmx", "pts/ptmx");
	rule = rules_add(rules, MOUNT_DEVPTS, "/dev/pts", RANK_SYSTEM, "built in: /dev");
	rule->mount.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	return r;
}

static void add_cover(struct rules *rules, const char *path, bool directory)
{
	struct rule *rule = rules_add(rules, MOUNT_MASK, path, RANK_SYSTEM, "built in: covered");

	rule->mount.set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	rule->mount.mode = directory ? S_IFDIR : S_IFREG;
	rule->directory = directory;
	rule->system = true;
}

/* Only what is known not to be there: what could not be looked at may well be. */
static bool is_absent(const char *path)
{
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static void add_proc(struct rules *rules)
{
	/* Writing here changes the machine; proc(5). */
	static const char *const read_only[] = {"/proc/sys", "/proc/sysrq-trigger",
						"/proc/irq", "/proc/bus",
						"/proc/fs",  "/proc/acpi"};
	/* Reading here tells of the kernel's memory, its keys and timers, or of devices. */
	static const struct {
		const char *path;
		bool directory;
		bool root_only; /* only root can read it outside */
	} covered[] = {{"/proc/kcore", false},
		       {"/proc/keys", false},
		       {"/proc/latency_stats", false},
		       {"/proc/timer_list", false},
		       {"/proc/timer_stats", false},
		       {"/proc/sched_debug", false},
		       {"/proc/kmsg", false},
		       {"/proc/scsi", true},
		       {"/proc/slabinfo", false, true},
		       {"/proc/vmallocinfo", false, true},
		       {"/proc/kpageflags", false, true},
		       {"/proc/kpagecount", false, true},
		       {"/proc/kpagecgroup", false, true},
		       {"/proc/pagetypeinfo", false, true}};
	/* What there is where no new /proc can be had (engine/root.c). */
	static const char *const fallback[] = {"/proc/cpuinfo",    "/proc/meminfo", "/proc/stat",
					       "/proc/loadavg",    "/proc/uptime",  "/proc/version",
					       "/proc/filesystems"};
	struct rule *rule = rules_add(rules, MOUNT_PROC, "/proc", RANK_SYSTEM, "built in: /proc");

	rule->mount.set |= MOUNT_ATTR_NOEXEC;
	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
		rule = rules_add(rules, MOUNT_AGAIN, read_only[i], RANK_SYSTEM,
				 "built in: read-only");
		rule->mount.set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
		rule->system = true;
	}
	/* The same kernel has the same names in every /proc, so what is not in the host's needs no
	 * cover. */
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++)
		if ((!covered[i].root_only || geteuid() == 0) && !is_absent(covered[i].path))
			add_cover(rules, covered[i].path, covered[i].directory);
	/* Looked up only where they are needed; they can't be exchanged for anything else. */
	for (size_t i = 0; i < sizeof(fallback) / sizeof(fallback[0]); i++) {
		rule = rules_add(rules, MOUNT_BIND, fallback[i], RANK_SYSTEM, "built in: /proc");
		rule->mount.source = xstrdup(fallback[i]);
		rule->mount.fallback = true;
		rule->mount.set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
		rule->directory = false;
	}
}

/*
 * Who sees the registry of running sandboxes could try to talk to their launchers (which know a
 * stranger, engine/control.c). It is made where it is missing, since only what is there can be
 * covered, and the next sandbox makes it.
 */
static void cover_registry(struct rules *rules)
{
	_cleanup_free_ char *path = registry_path(), *parent = xstrdup(path), *real = NULL;
	const char *name = strrchr(path, '/');
	size_t count = rules->list.count;

	real = realpath(dirname(parent), NULL);
	for (size_t i = 0; real && i < count; i++) {
		const struct rule *rule = &rules->list.items[i];
		const char *rest = rule->real ? path_below(real, rule->real) : NULL;
		_cleanup_free_ char *seen = NULL;

		if (!rest || rule->system)
			continue;
		fd_close(registry_open(true, NULL));
		seen = xasprintf("%s%s%s",
				 streq(rule->mount.destination, "/") ? "" : rule->mount.destination,
				 rest, name);
		add_cover(rules, seen, true);
	}
}

int system_add(struct rules *rules, struct error *e)
{
	static const char *const sys_covered[] = {"/sys/kernel/debug",    "/sys/kernel/tracing",
						  "/sys/kernel/security", "/sys/firmware",
						  "/sys/fs/bpf",          "/sys/fs/pstore"};

	int r = add_devices(rules, e);

	if (r < 0)
		return r;
	add_proc(rules);
	for (size_t i = 0; i < sizeof(sys_covered) / sizeof(sys_covered[0]); i++)
		if (rules_show(rules, sys_covered[i]))
			add_cover(rules, sys_covered[i], true);
	cover_registry(rules);
	return 0;
}
