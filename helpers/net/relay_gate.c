// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection to an address that stands for a name: the client's first bytes are looked at where they
 * wait (MSG_PEEK) until they have told whom they are for, and only what is known to be for that name
 * passes (gate.h).
 */
#include "event.h"
#include "net.h"
#include "relay_parts.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* How long a client may take to say where it goes, once it began to. */
#define GATE_TIME 30000

/* Nothing stays here. */
static uint8_t looked_at[GATE_LIMIT];

void relay_gate_end(struct relay *relay)
{
	struct gatekeeper *keeper = relay->keeper;

	if (!keeper)
		return;
	relay->keeper = NULL;
	timer_clear(relay->net->loop, &keeper->timer);
	loop_free(relay->net->loop, keeper);
}

static void refuse_at_gate(struct relay *relay)
{
	struct gatekeeper *keeper = relay->keeper;

	event_gate_refused(relay->net, &relay->terms, &keeper->gate);
	relay_break_off(relay);
}

static void gate_expired(struct timer *timer)
{
	struct gatekeeper *keeper = container_of(timer, struct gatekeeper, timer);
	struct relay *relay = keeper->relay;

	keeper->gate.reason = "it took too long to say where it goes";
	refuse_at_gate(relay);
	task_queue(relay->net->loop, &relay->direction[0].task);
}

size_t relay_gate_ask(struct direction *d)
{
	struct relay *relay = d->relay;
	struct gatekeeper *keeper = relay->keeper;
	ssize_t n;
	size_t need = 1;
	int low = 1;

	if (keeper->allowance)
		return keeper->allowance < SHARE ? (size_t)keeper->allowance : SHARE;
	n = recv(d->from, looked_at, GATE_LIMIT, MSG_PEEK);
	if (n < 0 && errno == EAGAIN) {
		d->readable = false;
		return 0;
	}
	if (n < 0) {
		relay_break_off(relay);
		return 0;
	}
	if (n == 0)
		return 1; /* the end, which may pass */
	switch (gate_look(&keeper->gate, looked_at, (size_t)n, d->finished, &keeper->allowance,
			  &need)) {
	case GATE_PASS:
		timer_clear(relay->net->loop, &keeper->timer);
		break;
	case GATE_OPEN:
		setsockopt(d->from, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
		relay_gate_end(relay);
		return SHARE;
	case GATE_MORE:
		d->readable = false;
		keeper->allowance = 0;
		low = (int)need;
		setsockopt(d->from, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
		if (!keeper->timer.slot)
			timer_set(relay->net->loop, &keeper->timer, GATE_TIME);
		return 0;
	case GATE_REFUSE:
		refuse_at_gate(relay);
		return 0;
	}
	setsockopt(d->from, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
	return keeper->allowance < SHARE ? (size_t)keeper->allowance : SHARE;
}

void relay_gate_begin(struct relay *relay)
{
	struct gatekeeper *keeper;

	if (!relay->terms.name || relay->terms.tls == POLICY_TLS_ANY)
		return;
	keeper = xcalloc(1, sizeof(*keeper));
	keeper->relay = relay;
	keeper->timer.expired = gate_expired;
	snprintf(keeper->name, sizeof(keeper->name), "%s", relay->terms.name);
	gate_init(&keeper->gate, keeper->name, relay->terms.port, relay->terms.tls);
	relay->keeper = keeper;
}
