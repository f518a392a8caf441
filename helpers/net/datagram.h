// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.h"
#include "policy.h"

struct net;

/*
 * A frame that goes through libslirp, where it may: by policy, by rate, and by how many flows there
 * are. One that may not is answered, where that is due, and the refusal is told.
 */
void datagram_take(struct net *net, enum policy_protocol protocol, const struct frame *frame);

/* A frame from libslirp on its way into the sandbox. */
void datagram_return(struct net *net, const uint8_t *data, size_t length);

/* Forget all flows. */
void datagram_end(struct net *net);
