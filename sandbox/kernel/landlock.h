// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Landlock (landlock(7)): a second layer over the mounts, and the only one that keeps abstract
 * sockets and signals apart where the network or PID namespace is shared. All return 0 or -errno
 * (or a descriptor) and are async-signal-safe.
 */

/* The kernel's ABI version, 0 where there is no Landlock. */
int landlock_abi(void);

/* The first ABI with scopes for abstract unix sockets and signals. */
enum { LANDLOCK_ABI_SCOPES = 6 };

/* @abi, or the last one without scopes: for who has to reach an abstract name, and files not. */
int landlock_abi_unscoped(int abi);

/*
 * Begin a rule set for a kernel of @abi: file accesses are handled where @files, abstract sockets
 * and signals are scoped where the kernel can. The descriptor, or -errno.
 */
int landlock_create(int abi, bool files);

enum landlock_access {
	LANDLOCK_LIST,  /* directories can be listed */
	LANDLOCK_READ,  /* and files read and executed */
	LANDLOCK_WRITE, /* and all of it changed */
};

/* Allow that at the open file or below the open directory @fd. */
int landlock_allow(int ruleset, int abi, int fd, enum landlock_access access);

/* Allow what the open file @fd was opened for, when it is opened again by way of /proc/self/fd or
 * /dev/stdout. Nothing where it is a directory, only for appending, or no file that Landlock knows
 * (a pipe). */
int landlock_allow_again(int ruleset, int abi, int fd);

/* Put the calling thread under the rule set; no_new_privs must be set. */
int landlock_enforce(int ruleset);
