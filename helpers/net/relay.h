// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "counters.h"
#include "gate.h"
#include "loop.h"

#include <stdint.h>

struct net;

/* What a relay is told about its connection. */
struct relay_terms {
	struct tally *tally;
	/* The name whose server name and Host the client's bytes are held against, or NULL. */
	const char *name;
	uint16_t port;
	enum policy_tls tls;
	bool outward; /* to a destination that the policy decided about */
	int watched;  /* the one of both descriptors that is in the loop already */
	/* For the capture of packets: the connection as the program inside sees it. */
	struct address inside, outside;
	uint16_t inside_port, outside_port;
	uint32_t sequence[2]; /* of what pcap.c has written: up, down */
};

/*
 * Join two connected sockets until both directions have ended: @inner is the sandbox's, @outer the
 * host's. Takes both descriptors, which have TCP_NODELAY, so that what the sender meant to be sent
 * at once arrives so. The names in @terms are copied.
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
