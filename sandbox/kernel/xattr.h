// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Extended attributes of @name in the directory @parent. The system calls that take both came with
 * Linux 6.13; before them, the way is /proc/self/fd. Symbolic links have none that a user may set.
 */

/* What overlayfs keeps in attributes of the user's (mount option userxattr). */
#define XATTR_OVERLAY "user.overlay."

/*
 * The value of @attribute into @value. Its length, or -errno (ENODATA: there is none).
 */
ssize_t xattr_get(int parent, const char *name, const char *attribute, void *value, size_t size);

/* Copy all that can be; those of overlayfs only where @raw. Those that the target's file system
 * does not take, or that only root may set, are left out. */
int xattr_copy(int from, const char *from_name, int to, const char *to_name, bool raw);

/* Remove from @to_name what @from_name does not have, but for those of overlayfs. */
int xattr_remove_others(int from, const char *from_name, int to, const char *to_name);

/* Whether both have the same ones, but for those of overlayfs. 1, 0 or -errno. */
int xattr_same(int a, const char *a_name, int b, const char *b_name);
