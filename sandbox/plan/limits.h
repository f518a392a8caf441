// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"

/*
 * Limits on the sandbox as a whole, and what on this host holds each of them. After the namespaces
 * are settled. What was asked for and nothing holds is an error, unless that is allowed
 * (WEAKER_LIMITS).
 */
int limits_plan(const struct request *request, struct plan *plan, struct error *e);

/* Plan a box where one is to be had without asking anybody, for what works without limits:
 * freezing, killing, counting. */
void limits_offer_box(struct plan *plan);
