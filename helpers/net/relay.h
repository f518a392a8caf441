// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

struct net;
struct relay_terms;

/*
 * Join two connected sockets until both directions have ended: @inner is the sandbox's, @outer the
 * host's. Takes both descriptors. The names in @terms are copied.
 */
void relay_begin(struct net *net, int inner, int outer, const struct relay_terms *terms);

/*
 * The policy has changed: end with a reset those that would now be refused, which are only relays
 * out of the sandbox.
 */
void relay_decide_again(struct net *net);

/* End every relay with a reset. */
void relay_end_all(struct net *net);

/* Close @fd so that its peer sees a reset. */
void relay_reset(int fd);
