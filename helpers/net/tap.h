// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

struct net;

/* Take up the tap of the attachment; its frames go to attempt.c, datagram.c and libslirp. */
int tap_begin(struct net *net, struct error *e);
void tap_end(struct net *net);

/* It is known how TCP leaves: let the SYN that waited for that go there. */
void tap_let_go(struct net *net);
