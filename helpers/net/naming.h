// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/*
 * Names for one sandbox: the name server inside, the host's ones outside, and what joins them.
 *
 * naming_begin() is called before the program confines itself, and fills net->resolver and net->names;
 * naming_serve(), once the network is attached, net->dns. A list of names where connections can't be
 * told by name is an error. A little later, changes of the host's resolv.conf are followed, those since
 * naming_begin() too.
 */
int naming_begin(struct net *net, struct error *e);
int naming_serve(struct net *net, struct error *e);
void naming_end(struct net *net);
