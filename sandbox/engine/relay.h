// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "engine/supervision.h"

enum { RELAY_BUFFER = 64 * 1024, RELAY_STREAMS = 2 };

/* One pipe from the program to a descriptor of the caller's. */
struct relay_stream {
	struct relay *relay;
	int from; /* our end; -1: closed */
	int to;   /* the caller's */
	bool regular;
	char *buffer;
	size_t begin, end; /* what is in it */
};

/* Standard output and error, counted on their way (--output). */
struct relay {
	struct report *report;
	uint64_t left;
	struct relay_stream streams[RELAY_STREAMS];
	size_t count;
	int theirs[3]; /* what the program has for 0 to 2; -1: the caller's own */
};

#define RELAY_INIT ((struct relay){.theirs = {-1, -1, -1}})

/* Make the pipes, if the plan limits output. 0 or -errno. */
int relay_make(struct relay *relay, const struct plan *plan, struct report *report,
	       struct error *e);

/* Close what the child has of our ends: pid 1 would keep them open, and nobody notice the limit. */
void relay_forget(const struct relay *relay);

/* After the clone: the program's ends are the child's alone; @supervision carries the rest. */
void relay_start(struct relay *relay, struct supervision *supervision);

/* When every process of the sandbox has ended: move what is left, waiting for who reads it. */
void relay_finish(struct relay *relay);
