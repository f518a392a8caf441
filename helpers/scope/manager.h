// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* systemd's user manager over D-Bus (org.freedesktop.systemd1(5)). */
struct manager;

/*
 * Connect: to the manager's own socket, or where that does not answer over the session bus. What
 * takes longer than @milliseconds in all, here and later, is an error. 0 or -errno.
 */
int manager_open(struct manager **ret, uint64_t milliseconds, struct error *e);
void manager_close(struct manager *manager);

/*
 * Have the scope @unit made around the @count processes @pids, delegated to us, and wait until it
 * stands. Properties that this manager does not know are left out, each with a call of @note. 0 or
 * -errno; -EEXIST where there is a unit of that name.
 */
int manager_start_scope(struct manager *manager, const char *unit, const pid_t *pids, size_t count,
			void (*note)(const char *text), struct error *e);

/* Have @pid moved into the group @below (as "/sup") of @unit. */
int manager_attach(struct manager *manager, const char *unit, const char *below, pid_t pid,
		   struct error *e);
