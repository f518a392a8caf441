// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/request.h"

/*
 * Services on the buses that are known to lead out of a sandbox, or to show what others have. One
 * line for each rule that lets one be reached is added to @ret, with its origin, whether it names
 * the service or is a wildcard above it.
 */
void bus_risks(const struct request *request, struct strv *ret);

/* Why @name on @bus ("session") should not be let in; NULL: nothing is known against it. */
const char *bus_risk_of(const char *bus, const char *name);
