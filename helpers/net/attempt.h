// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.h"

#include "base/error.h"

struct net;
struct sockaddr;

/*
 * Connections that are being made, until they are a relay or have failed.
 */

/* At most @limit attempts at once. */
int attempts_begin(struct net *net, size_t limit, struct error *e);
void attempts_end(struct net *net);

/* A SYN came by the tap: connect to where it goes, then let it back in. */
void attempt_detour(struct net *net, const struct frame *frame);

/*
 * The connection @fd was accepted already, from or for the sandbox; now make the other half.
 * attempt_outward(): to @destination, which the policy decides about unless it is @granted.
 * attempt_inward(): to @port of the sandbox. Both take @fd.
 */
void attempt_outward(struct net *net, int fd, const struct address *destination, uint16_t port,
		     bool granted);
void attempt_inward(struct net *net, int fd, uint16_t port);

/* The connection @fd from @peer came to the transparent listener: its attempt has brought it there, or,
 * without a tap, begins. Takes @fd. */
void attempt_accepted(struct net *net, int fd, const struct sockaddr *peer);

/* The same, but for want of descriptors (@code) it ends here, as does its attempt. */
void attempt_turned_away(struct net *net, int fd, const struct sockaddr *peer, int code);
