// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "counters.h"
#include "limit.h"
#include "loop.h"
#include "options.h"
#include "policy.h"
#include "setup.h"

/* Everything that one running hutch-net has; the modules' own state is theirs. */
struct net {
	struct loop *loop;
	const struct options *options;
	struct attachment attachment;
	struct policy policy;
	struct counters counters;
	struct limit up, down;
	struct relay *relays; /* a list */
	size_t relay_count, relay_limit;
	bool relay_limit_own; /* more descriptors would not raise it */
	struct timer relay_age;
	struct attempts *attempts;
	struct listeners *listeners;
	struct tap *tap;
	struct redirection *redirection; /* while TCP is pending */
	struct slirp *slirp;             /* NULL without a tap */
	bool echo;                       /* this user may send ICMP echo requests */
	struct published *published;
	struct naming *naming;
	struct resolver *resolver;
	struct names *names;
	struct dns *dns;
	struct control *control;
	struct pcap *pcap;
};
