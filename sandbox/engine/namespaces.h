// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* The namespaces of a sandbox as descriptors, from pid 1 to the launcher, for who enters later. */

/* Namespaces as pid 1 sends them; the last comes last. */
enum exec_namespace {
	EXEC_USER, /* owns all others */
	EXEC_IPC,
	EXEC_UTS,
	EXEC_NET,
	EXEC_CGROUP,
	EXEC_PID,
	EXEC_MOUNT,
	EXEC_PROGRAM_USER, /* the program's own, in which nothing else is owned */
	EXEC_NAMESPACES,
};

struct namespace_kind {
	const char *name; /* in /proc; NULL: the program's own */
	int flag;         /* CLONE_NEW* */
};

/* In the order in which they can be entered. */
extern const struct namespace_kind namespace_table[EXEC_NAMESPACES];

/* pid 1's side: send all of them, as MESSAGE_NAMESPACE. @program is the sandbox's program. */
void namespaces_send(int channel, pid_t program);
