// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/report.h"
#include "engine/supervision.h"

/*
 * The launcher's side of the helper that carries a network of the sandbox's own. Plans without one
 * have none of this.
 */
struct network {
	const struct plan *plan;
	struct supervision *supervision;
	struct report *report;
	int channel;     /* to the child, who waits for word before it runs the program */
	int control;     /* to the helper; -1: not started, or gone */
	int clock;       /* timerfd(2): how long it may take to be ready */
	int pcap;        /* file for what passes; -1: none */
	pid_t helper;    /* its process; 0: none */
	bool ready;      /* it said so */
	bool stands;     /* the child did: everything but the program is there */
	bool ending;     /* it was told to end */
	size_t unlisted; /* refusals beyond those that are kept */
};

#define NETWORK_NONE ((struct network){.channel = -1, .control = -1, .clock = -1, .pcap = -1})

/* Open what the plan names for it and start the helper, which then waits for the namespaces. */
int network_start(struct network *network, const struct plan *plan, struct report *report,
		  struct supervision *supervision, struct error *e);

/* In the sandbox's first process: the helper is none of its business. */
void network_forget(struct network *network);

/* Hand the network namespace @netns to the helper, and have its messages waited for. */
int network_attach(struct network *network, int netns, struct error *e);

/* The child has set up everything else: let it go on, now or as soon as the helper is ready. */
int network_child_stands(struct network *network, struct error *e);

/* Have the helper deny @rule from now on, connections there are too. 0; -ENETUNREACH where it is
 * gone. */
int network_deny(const struct network *network, const char *rule);

/* Have the helper end, take its last word (counters) and see that it is gone. */
void network_stop(struct network *network);
