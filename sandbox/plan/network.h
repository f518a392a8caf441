// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * What the request says of a network of the sandbox's own: what its helper will be told, and the
 * files inside that fit it. Nothing where the network is none or the host's, except that options
 * which then say nothing are refused.
 */
int network_plan(const struct request *request, const struct host *host, struct rules *rules,
		 struct plan *plan, struct error *e);
