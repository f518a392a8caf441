// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"

#include <stdnoreturn.h>

/* What the child side needs beside the plan; made before the clone, since nothing is allocated
 * after it. */
struct entry {
	const struct plan *plan;
	int channel;           /* to the launcher (engine/channel.h) */
	int *trees;            /* room for one descriptor a mount of the plan */
	int landlock_abi;      /* kernel/landlock.h */
	mode_t umask;          /* the program's */
	bool want_credentials; /* a report was asked for */
	bool terminal[3];      /* which of 0-2 become the sandbox's own terminal */
};

/*
 * Build the sandbox in the calling process, which clone3(2) made in the new namespaces, start the
 * program, and be its pid 1. Failures go to the channel. Never returns.
 */
noreturn void enter(struct entry *entry);
