// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "counters.h"
#include "policy.h"

#include <stdbool.h>
#include <stdint.h>

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
