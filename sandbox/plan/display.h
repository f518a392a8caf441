// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/rules.h"

/* The X server that a sandbox can have of its own, by what there is of the user's display; NULL: none. */
const char *display_server(void);

/**
 * display_plan - what of an X server the sandbox gets
 * @request:	its [display] settings
 * @rules:	get the socket and the cookie
 * @plan:	.display and the environment
 *
 * Returns 0, or -errno where what was asked for can't be had.
 */
int display_plan(const struct request *request, struct rules *rules, struct plan *plan,
		 struct error *e);
