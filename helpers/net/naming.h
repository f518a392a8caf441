// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/*
 * Names for one sandbox: the name server inside, the host's ones outside, and what joins them.
 *
 * Both are called before the program confines itself. naming_begin() fills net->resolver and
 * net->names; naming_serve(), once the network is attached, net->dns. A list of names where
 * connections can't be told by name is an error.
 */
int naming_begin(struct net *net, struct error *e);
int naming_serve(struct net *net, struct error *e);
void naming_end(struct net *net);
