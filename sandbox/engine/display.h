// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/run_directory.h"

#include <sys/types.h>

/* An X server of a sandbox's own. Plans without one have none of this. */
struct display {
	const struct plan_display *plan;
	pid_t process;              /* the hutch that it runs in; 0: none */
	int ready;                  /* says when it listens */
	struct run_directory place; /* where it listens */
};

#define DISPLAY_NONE ((struct display){.ready = -1, .place = RUN_DIRECTORY_NONE})

/* Start it. 0 or -errno. */
int display_start(struct display *display, const struct plan *plan, struct error *e);

/* Wait until it listens. */
int display_wait(struct display *display, struct error *e);

/* Have it end, and leave nothing behind; fine where nothing was started. */
void display_stop(struct display *display);
