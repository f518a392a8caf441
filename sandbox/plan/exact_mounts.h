// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/exact_request.h"

/* The part of exact_plan() that is about files. */
int exact_plan_mounts(const struct exact_request *request, struct plan *plan, struct error *e);
