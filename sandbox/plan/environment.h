// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/host.h"
#include "plan/request.h"

/* What the program finds in its environment: what was kept, what was set, and what every program
 * relies on. */
void environment_plan(const struct request *request, const struct host *host, struct plan *plan);

/* Set a variable, in place of one of that name. */
void environment_set(struct plan *plan, const char *name, const char *value, const char *origin);

/* Whether the variable @name of @length bytes is one that @pattern (NAME or NAME*) keeps. */
bool environment_matches(const char *pattern, const char *name, size_t length);

/* The value of @name in the plan's environment, or NULL. */
const char *environment_get(const struct plan *plan, const char *name);
