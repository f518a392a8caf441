// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"
#include "plan/rules.h"

/*
 * What --uid root takes beside the filter that answers for root (profiles/seccomp/fake-root.policy),
 * in a root file system of its own: apt(8) checks that it became another user for its downloads and
 * gives up where it did not, so it is told not to.
 */
void fake_root_plan(const struct request *request, struct rules *rules, struct plan *plan);
