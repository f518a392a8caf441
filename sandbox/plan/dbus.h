// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * What the request says of message buses: which of the host's there is a part of inside, behind
 * which rules, and where. Nothing where no rule was given.
 */
int dbus_plan(const struct request *request, struct rules *rules, struct plan *plan,
	      struct error *e);

/* Where the host's bus listens (base/bus_address.h); NULL where there is none. The caller frees it. */
char *dbus_host_address(enum plan_bus_which which);

/*
 * Who a sandbox is to portals and compositors: io.hutch and the profile's name; a file's is told
 * apart from that of a profile. The caller frees it.
 */
char *app_id(const char *profile);

/* Walk over the rules of @which that hold, in order: those behind the last "none". */
#define bus_rules_each(s, request, which)     \
	vector_each (s, &(request)->settings) \
		if (bus_rule_holds(request, s, which))

/* Whether @setting is a rule of that bus, and not taken away by a "none" behind it. */
bool bus_rule_holds(const struct request *request, const struct setting *setting,
		    enum plan_bus_which which);

/* Whether the rules of the plan that was made let it have links opened by the portal. */
bool dbus_opens_links(const struct request *request, const struct plan *plan);
