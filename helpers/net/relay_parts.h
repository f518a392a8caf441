// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gate.h"
#include "limit.h"
#include "loop.h"
#include "pipes.h"
#include "terms.h"

/* What the files of the relay share: relay.c (its life), relay_move.c (its bytes), relay_gate.c (what
 * is held against a name). */

enum urgent {
	URGENT_NONE,
	URGENT_COMING, /* a mark is in the stream */
	URGENT_HERE,   /* the byte was taken and not yet sent */
};

struct direction {
	struct relay *relay;
	int from, to; /* descriptors, the sides' own */
	struct pipe *pipe;
	size_t held;             /* bytes in it */
	bool readable, writable; /* as far as known */
	bool begun, prompt;      /* something was sent; TCP_NODELAY is set */
	bool much;               /* the last read got all that it asked for */
	bool finished;           /* the sender will send no more than what is readable */
	bool failed;             /* a read will say how */
	bool ended;              /* all was read */
	bool done;               /* and was passed on, with its end */
	enum urgent urgent;
	char urgent_byte;
	struct task task;
	struct limit *limit;
	uint64_t *counter, *total;
};

struct side {
	struct watch watch;
	bool watched_for_room;
	struct relay *relay;
	struct direction *out, *in; /* from this side, and to it */
};

/* What is held against the name. */
struct gatekeeper {
	struct gate gate;
	struct timer timer;
	struct relay *relay;
	uint64_t allowance; /* bytes that may pass before it is asked again */
	char name[POLICY_NAME_LIMIT];
};

struct relay {
	struct net *net;
	struct relay *next, **link;
	struct side side[2]; /* the sandbox's, the host's */
	struct direction direction[2];
	struct gatekeeper *keeper; /* over direction[0], or NULL */
	struct relay_terms terms;
	bool broken; /* ends with a reset */
	bool aged;   /* and so are those behind it in the list */
};

#define EVENTS (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET)

/* What one direction may move before others get their turn. */
#define SHARE (1024 * 1024)

/* It ends with a reset, as soon as it is seen to (relay.c). */
static inline void relay_break_off(struct relay *relay)
{
	relay->broken = true;
	relay->direction[0].done = relay->direction[1].done = true;
}

/* Move what can be moved, up to a share. */
void relay_move(struct direction *d);

/* Give back the pipe, with what is in it. */
void relay_release_pipe(struct direction *d);

/* Look at what the client says where @relay is for a name, until it has said where it goes. */
void relay_gate_begin(struct relay *relay);
void relay_gate_end(struct relay *relay);

/* How many bytes may pass; 0 where the answer has to wait or the relay is refused. */
size_t relay_gate_ask(struct direction *d);
