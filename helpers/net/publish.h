// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/* Open the host's ports of --publish. An occupied one is an error that names it. */
int publish_begin(struct net *net, struct error *e);
void publish_end(struct net *net);
