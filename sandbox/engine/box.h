// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "engine/plan.h"
#include "kernel/cgroup.h"

/*
 * The box: the cgroup that a sandbox and nothing else is in (cgroups(7)). Made with its limits
 * before the sandbox, which clone3(2) puts into it; gone when the sandbox is.
 */
struct box {
	int parent, fd; /* -1: there is none */
	char name[32];
	char path[512];    /* of the directory, for people */
	uint64_t left_out; /* bits of the plan's optional controls that this kernel has not */
};

#define BOX_INIT ((struct box){.parent = -1, .fd = -1})

/*
 * Make the box that the plan wants, with its limits, each read back. What is weaker than it could
 * be goes to @notes. 0, also where none is wanted, or -errno; box_remove() is for either case.
 */
int box_make(struct box *box, const struct plan *plan, struct strv *notes, struct error *e);

/* Close what the child has of it. */
void box_forget(const struct box *box);

/* Kill what is left in it, and remove it. */
void box_remove(struct box *box);
