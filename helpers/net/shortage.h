// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

#include "base/error.h"

#include <stdbool.h>
#include <sys/socket.h>

struct net;

/*
 * When descriptors run out: connections that there is none for are reset, not left to wait, and one
 * event tells of the shortage, not one of each connection. A shortage is over once nothing was
 * turned away for some seconds.
 *
 * One descriptor is kept in reserve: with it, a connection in a listener's queue can still be taken
 * out and reset.
 */

/* Keep the reserve; before the program confines itself. */
void shortage_begin(struct net *net);
void shortage_end(void);

/* Whether the error @code of a call says that there are no descriptors left. */
bool is_shortage(int code);

/*
 * A connection to @destination and @port is turned away for the error @code of a call, or for 0: the
 * most connections there may be are there. Counts it, and tells of it where the shortage begins.
 */
void shortage_tell(struct net *net, const struct address *destination, uint16_t port, int code);

/*
 * Where accept4(2) of @listener failed with a shortage: accept one by giving up the reserve. The
 * caller shall reset the connection and call shortage_over() before anything else asks for a
 * descriptor. @ret_peer: room for the peer's address. The descriptor, or -errno.
 */
int shortage_accept(int listener, struct sockaddr_storage *ret_peer);

/* Take up the reserve again. */
void shortage_over(void);
