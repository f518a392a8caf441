// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/host.h"
#include "plan/request.h"

/*
 * Make the plan from the request and the host. Whatever the user's input can make fail, fails here,
 * before any namespace exists and with nothing changed on the host; the message names the setting
 * it comes from. The caller fills in the seccomp filter (it is chosen by name, and texts are read a
 * floor above).
 */
int plan_make(const struct request *request, const struct host *host, struct plan *ret,
	      struct error *e);
