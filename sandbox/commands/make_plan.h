// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "plan/request.h"

/*
 * Request → plan for this host, with the seccomp policy: what `run` carries out and `explain`
 * prints. Changes nothing on the host. @ret is to be zeroed before and freed by the caller, on
 * failure too.
 */
int make_plan(struct request *request, struct plan *ret, struct error *e);

/* With -v: the plan in a few lines. */
void trace_plan(const struct plan *plan);
