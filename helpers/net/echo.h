// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.h"

struct net;

/*
 * Echo requests of IPv6, which libslirp only answers for itself: sent from a socket of the host's
 * (icmp(7): for users of ping_group_range), and the answer told as that of the frame's destination.
 */

/* Send the request @frame to @real. */
void echo_take(struct net *net, const struct frame *frame, const struct address *real);

void echo_end(struct net *net);
