// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"

/* Terminal, descriptors, limits of setrlimit(2) and the report. */
int session_plan(const struct request *request, struct plan *plan, struct error *e);

/* Have a limit of setrlimit(2) set, instead of one of the same resource. */
void session_add_rlimit(struct plan *plan, int resource, const char *name, uint64_t soft,
			uint64_t hard);
