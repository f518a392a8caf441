// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/vector.h"

/* One line of /proc/self/mountinfo (proc(5)). */
struct mountinfo {
	char *path; /* where it is mounted, without escapes */
	char *type; /* "ext4", "fuse.sshfs" */
};

struct mountinfo_list {
	VECTOR(struct mountinfo) list; /* of several at one path, only the one on top */
};

/* What is mounted at @directory and below it. */
int mountinfo_below(const char *directory, struct mountinfo_list *ret, struct error *e);

/* The type of the file system that @path is on, by its longest mounted parent; the caller frees it.
 */
int mountinfo_type(const char *path, char **ret, struct error *e);

void mountinfo_free(struct mountinfo_list *list);

#define _cleanup_mountinfo_ __attribute__((cleanup(mountinfo_free)))
