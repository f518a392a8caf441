// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/report.h"

#include <sys/types.h>

/*
 * Carry a plan that is exact (plan_exact) out, as launch() does with others: start the sandbox and
 * stand by it until the program ended. @trees has room for one descriptor a mount. Signals do to this
 * process what they do to any.
 */
int exact_launch(const struct plan *plan, int *trees, struct report *ret, struct error *e);
