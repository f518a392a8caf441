// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

#include <stdbool.h>

/*
 * Groups of system calls, under the names that systemd's users know. Each is a shipped text in
 * profiles/seccomp/groups: comments that say what it is for, names, and other groups (@name).
 */

bool policy_group_exists(const char *name);

/* The group whose name is nearest to @name, without "@", or NULL. */
const char *policy_group_nearest(const char *name);

/* Add the calls of group @name and of the groups in it to @calls, which are then by name, each once. */
void policy_group_calls(const char *name, struct strv *calls);

/* What the group is for: the comment at its head, as one line. The caller frees it. */
char *policy_group_purpose(const char *name);

/* All groups, by name. */
void policy_group_names(struct strv *names);
