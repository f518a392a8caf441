// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/box.h"
#include "engine/entry.h"
#include "engine/registry.h"
#include "engine/supervision.h"

/* The launcher answers what is asked of it (engine/control_message.h). */

struct control;

/* What the control socket can reach; all outlive it. */
struct control_context {
	const struct entry *entry;   /* with the plan */
	const struct report *report; /* .describe makes the plan's text */
	struct supervision *supervision;
	const struct box *box;
	pid_t child; /* pid 1 of the sandbox */
	int init;    /* the same as a pidfd */
};

/*
 * Serve the listener of @registration from within supervise(). To be ended by control_end(), which
 * tells those who wait that the sandbox ended with @exit_status.
 */
struct control *control_begin(const struct control_context *context,
			      const struct registration *registration);
void control_end(struct control *control, int exit_status);
