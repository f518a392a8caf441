// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Guards: what is made on the host where a protected path does not exist, since only something that
 * is there can be covered by a mount.
 */

struct guard_page;

struct guards {
	int socket;              /* to the guardian; its end is the sign to remove them */
	pid_t guardian;          /* the process that makes and removes them; 0: there is none */
	struct guard_page *page; /* shared with it */
};

#define GUARDS_NONE ((struct guards){.socket = -1})

/* Whether the file or directory of @status was made as a guard, by this run or another. */
bool guard_is(const struct stat *status);

/*
 * Make the guards of @plan. Nothing is made through a symbolic link. 0, or -errno; guards_remove()
 * is for either case. Without guards in the plan it does nothing.
 */
int guards_make(struct guards *guards, const struct plan *plan, struct error *e);

/*
 * Where clone3(2) is to store the number of pid 1 (CLONE_PARENT_SETTID), so that the guards outlive
 * it even when this process is killed; NULL where there are none.
 */
pid_t *guards_child(const struct guards *guards);

/* Close what the child has of them. */
void guards_forget(const struct guards *guards);

/* Remove those that nobody else needs; all processes of the sandbox have ended. */
void guards_remove(struct guards *guards);
