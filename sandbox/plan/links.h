// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * How links are opened: an xdg-open inside that asks the portal, where rules of the message bus (dbus_plan() comes before) let
 * it, or where the user is to be asked, a helper outside. Nothing where neither is so.
 */
int links_plan(const struct request *request, struct rules *rules, struct plan *plan,
	       struct error *e);
