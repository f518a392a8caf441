// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/recording.h"

/*
 * Whether a program that did without a sandbox what @touched says could do so again under @plan.
 *
 * Of a directory that is listed or changed into, it is enough that there is one. Files that the
 * program made itself are looked for in nothing but the directory that they are made in; one in
 * memory takes them too, unless it is the home, where people want to keep what is written.
 */
bool plan_reaches(const struct plan *plan, const struct recording *recording,
		  const struct touched *touched, const char *home);

/* Whether the plan covers it with something empty. */
bool plan_hides(const struct plan *plan, const char *path);
