// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * What the request says of sound: a socket inside behind which a filter lets it play, or record as well, and the variable for
 * it, in @rules and @plan. Nothing where it says nothing.
 */
int sound_plan(const struct request *request, struct rules *rules, struct plan *plan,
	       struct error *e);
