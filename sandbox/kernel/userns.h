// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>
#include <sys/types.h>

/*
 * Writing the id maps of a user namespace (user_namespaces(7)). All return 0 or -errno and are
 * async-signal-safe.
 *
 * @proc is an O_PATH or directory descriptor of a /proc in which the process is "self" or @pid.
 */

/* Map the single ids @inside to @outside for the caller's own new user namespace; setgroups(2) is
 * denied first. */
int userns_map_self(int proc, uid_t inside_uid, uid_t outside_uid, gid_t inside_gid,
		    gid_t outside_gid);

/* Map 0, and @uid_count or @gid_count ids from 1 on, to themselves for the user namespace of @pid,
 * a child of the caller's, which is mapped in these two parts itself. */
int userns_map_identity(int proc, pid_t pid, uint64_t uid_count, uint64_t gid_count);

/* Allow @count user namespaces below the caller's own, and no more (user.max_user_namespaces). */
int userns_limit(int proc, unsigned count);
