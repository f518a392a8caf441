// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/host.h"
#include "plan/request.h"

/* Who the program is: ids inside and outside, and the namespaces. */
int identity_plan(const struct request *request, const struct host *host, struct plan *plan,
		  struct error *e);
