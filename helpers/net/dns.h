// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop.h"
#include "names.h"
#include "policy.h"
#include "resolver.h"

/*
 * The name server that the sandbox sees.
 */

struct dns;

struct dns_setup {
	struct loop *loop;
	struct policy *policy;
	struct resolver *resolver;
	struct names *names;
	bool ipv6; /* addresses of IPv6 are of use inside */

	/* A name was not looked up, or its answer withheld. */
	void (*refused)(void *data, const char *name, const struct policy_decision *decision);
	void *data;
};

struct dns *dns_new(const struct dns_setup *setup);

/*
 * Answer at @udp, a bound socket, and at @tcp, a listener; either may be -1. Takes both.
 */
int dns_serve(struct dns *dns, int udp, int tcp, struct error *e);

/* Closes the sockets and forgets the questions under way. */
void dns_free(struct dns *dns);
