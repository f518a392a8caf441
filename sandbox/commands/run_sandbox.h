// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "plan/request.h"

/* What is done with a plan, and with the hooks of its report, before it is carried out. 0 or -errno. */
typedef int run_prepare(const struct plan *plan, struct report *report, void *data,
			struct error *e);

/*
 * Make the plan of @request, carry it out, and say and write what is to be said of it. @prepare may
 * be NULL. The exit status, or -errno where nothing ran.
 */
int run_sandbox(struct request *request, bool log_denied, run_prepare *prepare, void *data,
		struct error *e);

/* That no program was named, and how one is. Returns -EINVAL. */
int run_no_program(struct error *e);
