// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Trying something in a child, since it may change the process that tries it, be ended by a filter,
 * or never come back.
 */

/* How it went. What was not tried says so: nothing here is ever guessed. */
struct probe {
	bool tried;
	int code;      /* 0: it works; else a positive errno */
	int signal;    /* what ended the child: 0, or the signal */
	char step[96]; /* what failed, or why it was not tried */
};

static inline bool probe_works(const struct probe *p)
{
	return p->tried && p->code == 0 && p->signal == 0;
}

/*
 * Run in the child: 0, or -errno with @step (static text) saying what failed. It may leave results
 * in @data where that is memory shared with the parent.
 */
typedef int probe_function(void *data, const char **step);

/* Run @function in a child, killed after a few seconds (code ETIMEDOUT). */
void probe_try(struct probe *ret, probe_function *function, void *data);

/*
 * The same in a child with new namespaces (CLONE_NEW*, one clone3(2), as a sandbox starts). With
 * CLONE_NEWUSER the caller's ids are mapped to 0 before @function, which may be NULL, is called.
 */
void probe_try_in(struct probe *ret, uint64_t namespaces, probe_function *function, void *data);

/* Give up a probe with the reason why it can't be tried. */
void probe_skip(struct probe *ret, const char *reason);

/* Inside a probe: map the caller's ids @uid and @gid of the namespace outside, to 0. */
int probe_map_ids(unsigned uid, unsigned gid, const char **step);
