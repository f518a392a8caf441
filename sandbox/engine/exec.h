// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "engine/entry.h"
#include "engine/namespaces.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * One more program in a running sandbox: the launcher's side.
 */

/* What is asked for. */
struct exec_wish {
	struct strv arguments, variables; /* "NAME=VALUE" */
	char *directory;                  /* inside; NULL: that of the sandbox's program */
	bool own_terminal;
	unsigned terminals; /* a bit for each of 0-2 that becomes the terminal */
	int standard[3];    /* the asker's descriptors 0-2 */
	int channel;        /* to the asker (engine/channel.h) */
};

void exec_wish_free(struct exec_wish *wish);

/*
 * Look whether @namespaces, -1 where one did not come, are all that @plan's sandbox needs, and make
 * the last of them the one right below the first, should the program have gone deeper since. 0 or
 * -errno.
 */
int exec_check_namespaces(const struct plan *plan, int namespaces[EXEC_NAMESPACES],
			  struct error *e);

/*
 * Start what @wish says in the sandbox that @entry began, and in its @cgroup (-1: none). Returns
 * the number of the process that stands by it, a child of the caller's, or -errno. Failures after
 * that go to the wish's channel.
 */
pid_t exec_start(const struct entry *entry, const int namespaces[EXEC_NAMESPACES], int cgroup,
		 const struct exec_wish *wish, struct error *e);
