// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "engine/channel.h"
#include "engine/plan.h"
#include "kernel/seccomp_notify.h"

#include <stdbool.h>

/* What was really enforced, and how it ended. Filled by launch(). */
struct report {
	bool ran;           /* the program was started; else the rest says nothing */
	bool timed_out;     /* the wall clock limit ended it */
	uint64_t cpu_limit; /* seconds of processor time, where they are limited; else 0 */
	struct ending ending;
	double wall; /* seconds from start to end */
	int landlock_abi;
	struct strv notes; /* what is weaker than it could be */
	/* Denied system calls, where the plan asks for them, one entry a distinct one; and whom to
	 * tell when a first one happens (NULL: nobody). */
	VECTOR(struct denial) denials;
	void (*denied)(const struct plan *plan, const struct denial *denial);
	/* The plan as JSON, for who asks while the sandbox runs, to be freed; NULL: not told. */
	char *(*describe)(const struct plan *plan, void *data);
	void *describe_data;
};

/*
 * The exit status that the ending leads to: the program's own, 128+n for signal n, EXIT_TIME_LIMIT
 * where a limit on time ended it.
 */
int report_exit_status(const struct report *report);

void report_free(struct report *report);
