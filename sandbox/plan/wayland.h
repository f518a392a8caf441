// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * What the request says of Wayland: the socket inside and the variables for it, in @rules and @plan.
 * Nothing where it says nothing. Asks the compositor whether it has security contexts.
 */
int wayland_plan(const struct request *request, struct rules *rules, struct plan *plan,
		 struct error *e);
