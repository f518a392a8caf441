// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"
#include "plan/rules.h"

/*
 * Whether this host makes the namespaces of a sandbox; tried in children, some hundredths of a
 * second. Where it does not, @reason says what failed.
 */
bool weaken_namespaces_work(char reason[160]);

/*
 * Instead of mounts_finish(): make of @rules what can be held without namespaces, and say in
 * plan->missing what cannot. 0; -EOPNOTSUPP where an option on the command line is among that, or
 * there is no Landlock; -ENOENT for a path that is not there.
 */
int weaken(const struct request *request, const char *reason, struct rules *rules,
	   struct plan *plan, struct error *e);
