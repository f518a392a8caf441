// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/* Accept what comes to the listeners that were taken out of the sandbox, which attempt.h goes on
 * with. */
int listeners_begin(struct net *net, struct error *e);
void listeners_end(struct net *net);
