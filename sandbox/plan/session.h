// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"

/* Terminal, descriptors, limits and the report. */
int session_plan(const struct request *request, struct plan *plan, struct error *e);
