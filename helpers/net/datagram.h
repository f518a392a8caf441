// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.h"
#include "policy.h"

struct net;

/*
 * Whether a frame that goes through libslirp may: by policy, by rate, and by how many flows there
 * are. One that may not is answered, where that is due, and the refusal is told.
 */
bool datagram_allowed(struct net *net, enum policy_protocol protocol, const struct frame *frame);
