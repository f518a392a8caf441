// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/*
 * Names for one sandbox: the name server inside, the host's ones outside, and what joins them.
 *
 * Fills net->resolver, net->names and net->dns. Call it before the program confines itself. A list of
 * names where connections can't be told by name is an error.
 */
int naming_begin(struct net *net, struct error *e);
void naming_end(struct net *net);
