// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/box.h"
#include "engine/report.h"
#include "engine/supervision.h"

/*
 * Looks now and then at what the sandbox has used, for limits that the kernel holds for each
 * process alone: time on processors, and memory where no cgroup holds it.
 */
struct watchdog {
	int timer; /* -1: not needed */
	const struct plan *plan;
	const struct box *box;
	pid_t init; /* pid 1 of the sandbox, as this process sees it */
	struct supervision *supervision;
	struct report *report;
};

/*
 * Have @supervision look, if the plan has such limits. @watchdog must stay until supervise()
 * returned. 0 or -errno.
 */
int watchdog_start(struct watchdog *watchdog, struct error *e);
void watchdog_stop(struct watchdog *watchdog);
