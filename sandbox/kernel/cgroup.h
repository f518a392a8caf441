// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Control groups, version 2 (cgroups(7); the kernel's admin-guide/cgroup-v2.rst): found on unified
 * and on hybrid hosts, made, written to, frozen, killed, asked and removed. A group is an open
 * directory. All return 0 or -errno unless it says otherwise.
 */

/* A number that is not known, or that the kernel writes as "max". */
#define CGROUP_MAX UINT64_MAX

/*
 * The directory of the group that @pid (0: the caller) is in. -ENOENT: no version 2 is mounted, or
 * what is mounted does not show that group. -ENODEV: it was removed.
 */
int cgroup_path_of(pid_t pid, char *ret, size_t size);

/* Where version 2 is mounted. -ENOENT: nowhere. */
int cgroup_mount(char *ret, size_t size);

/* Where the group of systemd's manager of the user @uid would be. -ENOENT as above. */
int cgroup_of_user_manager(uid_t uid, char *ret, size_t size);

/* Open the group at @path: a descriptor; -EINVAL where it is no group of version 2. */
int cgroup_open(const char *path);

/*
 * Whether the caller may make groups there, move processes in, and hand controllers down
 * (cgroups(7), "Delegation"). A process can only be moved by who may also write to the
 * cgroup.procs of the nearest group above both where it is and where it goes.
 */
bool cgroup_writable(int cgroup);

/*
 * Whether a group that is writable is the caller's to divide, too: in the tree of systemd's user
 * manager all are owned by the user, but only those with Delegate= are not the manager's; and root
 * may write to all. System managers mark those with Delegate=, user managers (of 252) do not: then
 * the answer is no.
 */
bool cgroup_delegated(int cgroup, const char *path);

/* Whether the group has @controller; whether it hands it down to those below. */
bool cgroup_has(int cgroup, const char *controller);
bool cgroup_hands_down(int cgroup, const char *controller);

/* Hand @controller down. -EBUSY: processes are in the group itself. -ENOENT: it is not there. */
int cgroup_hand_down(int cgroup, const char *controller);

/* Whether any process is in the group itself, but for @except. */
bool cgroup_has_processes(int cgroup, pid_t except);

/* Make @name below @parent, or take it as it is: a descriptor. */
int cgroup_make(int parent, const char *name);

/* Move @pid (0: the caller) into the group. */
int cgroup_enter(int cgroup, pid_t pid);

/* Write a control file; read one, without the newline at its end. */
int cgroup_write(int cgroup, const char *file, const char *value);
int cgroup_read(int cgroup, const char *file, char *ret, size_t size);

/* The number in a control file ("max": CGROUP_MAX), or behind @key in one of "key number" lines. */
int cgroup_read_number(int cgroup, const char *file, uint64_t *ret);
int cgroup_read_key(int cgroup, const char *file, const char *key, uint64_t *ret);

/* Stop everything in the group and below, or let it go on; the kernel has done it on return.
 * -ETIMEDOUT after @milliseconds. */
int cgroup_freeze(int cgroup, bool frozen, int milliseconds);

/* Kill everything in the group and below with SIGKILL, also what is frozen. */
int cgroup_kill(int cgroup);

/* Whether any process is in the group or below; false where it is gone. */
bool cgroup_populated(int cgroup);

/* Wait until none is. -ETIMEDOUT after @milliseconds. */
int cgroup_wait_empty(int cgroup, int milliseconds);

/* For poll(2): a descriptor with POLLPRI when "populated" or "frozen" in cgroup.events change. Read
 * it from the beginning to have the next one. */
int cgroup_open_events(int cgroup);

/* Remove @name below @parent with all groups below it, the lowest first. -EBUSY: processes are
 * there. Nothing there is no error. */
int cgroup_remove(int parent, const char *name);

/* What a group used until now, all below it included. CGROUP_MAX: the kernel does not say. */
struct cgroup_usage {
	uint64_t cpu_user, cpu_system, cpu; /* microseconds */
	uint64_t cpu_throttled;             /* microseconds of waiting for cpu.max */
	uint64_t memory, memory_peak;       /* bytes */
	uint64_t memory_limit_hits;         /* memory.max was reached and something was reclaimed */
	uint64_t memory_high_hits;
	uint64_t oom_kills; /* processes killed for want of memory */
	uint64_t processes, processes_peak;
	uint64_t processes_limit_hits; /* forks that pids.max refused */
	uint64_t io_read, io_written;  /* bytes, all devices together */
};

void cgroup_usage(int cgroup, struct cgroup_usage *ret);
