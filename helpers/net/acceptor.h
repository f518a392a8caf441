// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop.h"

#include <stdint.h>
#include <sys/socket.h>

struct net;

/*
 * A listening socket, and what becomes of the connections that come to it: so many at a time that
 * others get their turn, and without descriptors for them they are ended instead of left to wait
 * (shortage.h).
 */
struct acceptor {
	struct net *net;
	uint16_t port; /* the caller's */
	/* The connection @fd came from @peer. Takes @fd, which does not block. */
	void (*accepted)(const struct acceptor *acceptor, int fd, const struct sockaddr *peer);
	/* The same, but for want of descriptors (@code) it is to be reset, and told of. */
	void (*turned_away)(const struct acceptor *acceptor, int fd, const struct sockaddr *peer,
			    int code);
	struct watch watch;
	struct task task;
	struct timer timer; /* for when there are no descriptors */
};

/* Begin with @fd, a listener that does not block; the fields before the watch are filled in. It is
 * the acceptor's from then on, in any case. 0 or -errno. */
int acceptor_begin(struct acceptor *acceptor, int fd);
void acceptor_end(struct acceptor *acceptor);
