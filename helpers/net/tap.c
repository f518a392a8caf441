// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tap: a bounded number of frames at a time, so that a program that floods it slows down itself
 * and no connection.
 *
 * Where the program starts before it is known how TCP leaves (setup.c), each SYN is held here, as it
 * came, until it is. What there is no room for is sent again by the kernel inside.
 */
#include "tap.h"

#include "attempt.h"
#include "datagram.h"
#include "event.h"
#include "frame.h"
#include "net.h"
#include "pcap.h"
#include "slirp.h"
#include "wire.h"

#include "base/alloc.h"
#include "base/vector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames read before others get their turn. */
#define SHARE 64

/* SYNs held at most, and the longest. */
#define HELD_LIMIT 4096
#define SYN_LIMIT  160

struct held {
	size_t length;
	uint8_t data[SYN_LIMIT];
};

struct tap {
	struct net *net;
	struct watch watch;
	struct task task;
	VECTOR(struct held) held;
};

/* What was read last; nothing stays here. */
static uint8_t buffer[FRAME_LIMIT + 1];

static void hold(struct net *net, const struct frame *frame)
{
	struct held *held;

	if (frame->length > SYN_LIMIT || net->tap->held.count == HELD_LIMIT) {
		net->counters.dropped++;
		return;
	}
	held = vector_add(&net->tap->held);
	held->length = frame->length;
	memcpy(held->data, frame->data, frame->length);
}

static void refuse(struct net *net, const struct frame *frame)
{
	char text[ADDRESS_TEXT], destination[ADDRESS_TEXT + 16];

	address_format(&frame->destination, text);
	snprintf(destination, sizeof(destination), strchr(text, ':') ? "[%s]:%u" : "%s:%u", text,
		 frame->destination_port);
	event_refused(net, "tcp", destination, NULL, "the set-up of the network broke off", "");
	wire_fail(net, frame, EHOSTUNREACH);
}

static void take_syn(struct net *net, const struct frame *frame)
{
	switch (net->attachment.tcp) {
	case TCP_PENDING:
		hold(net, frame);
		break;
	case TCP_TPROXY:
		attempt_detour(net, frame);
		break;
	case TCP_SLIRP:
		datagram_take(net, POLICY_TCP, frame);
		break;
	case TCP_ACCEPT_FIRST: /* has no tap */
	case TCP_NONE:
		refuse(net, frame);
		break;
	}
}

/* With the kernel's TCP on both sides only the SYN is for us; the rest never comes by here. */
static void take_tcp(struct net *net, const struct frame *frame)
{
	const unsigned int all = FRAME_SYN | FRAME_ACK | FRAME_RST | FRAME_FIN;
	bool slirp = net->attachment.tcp == TCP_SLIRP;

	/* What is odd in other ways is libslirp's to judge, once the policy has. */
	if (slirp ? frame->flags & FRAME_SYN : (frame->flags & all) == FRAME_SYN)
		take_syn(net, frame);
	else if (slirp)
		slirp_take(net, frame->data, frame->length);
}

void tap_let_go(struct net *net)
{
	struct tap *tap = net->tap;
	struct frame frame;

	vector_each (held, &tap->held)
		if (frame_parse(held->data, held->length, &frame) == FRAME_TCP)
			take_syn(net, &frame);
	vector_free(&tap->held);
}

static void take(struct net *net, const uint8_t *data, size_t length)
{
	struct frame frame;

	pcap_frame(net->pcap, data, length);
	switch (frame_parse(data, length, &frame)) {
	case FRAME_NEIGHBOR:
		slirp_take(net, data, length);
		break;
	case FRAME_TCP:
		take_tcp(net, &frame);
		break;
	case FRAME_UDP:
		datagram_take(net, POLICY_UDP, &frame);
		break;
	case FRAME_ECHO:
		datagram_take(net, POLICY_ICMP, &frame);
		break;
	case FRAME_BAD:
	case FRAME_FRAGMENT:
		net->counters.dropped++;
		break;
	case FRAME_OTHER:
		break;
	}
}

static void read_some(struct tap *tap)
{
	for (int i = 0; i < SHARE; i++) {
		ssize_t n = read(tap->watch.fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			/* The namespace is gone, and with it everybody inside. */
			loop_stop(tap->net->loop, 0);
			return;
		}
		take(tap->net, buffer, (size_t)n);
	}
	task_queue(tap->net->loop, &tap->task);
}

static void ready(struct watch *watch, uint32_t events)
{
	read_some(container_of(watch, struct tap, watch));
}

static void task_run(struct task *task)
{
	read_some(container_of(task, struct tap, task));
}

int tap_begin(struct net *net, struct error *e)
{
	struct tap *tap;
	int r;

	if (net->attachment.tap < 0)
		return 0;
	tap = xcalloc(1, sizeof(*tap));
	tap->net = net;
	tap->watch = (struct watch){.fd = net->attachment.tap, .ready = ready};
	tap->task.run = task_run;
	r = loop_add(net->loop, &tap->watch, EPOLLIN | EPOLLET);
	if (r < 0) {
		free(tap);
		return error_errno(e, -r, "watching the tap");
	}
	net->tap = tap;
	return 0;
}

void tap_end(struct net *net)
{
	if (!net->tap)
		return;
	task_clear(net->loop, &net->tap->task);
	loop_close(net->loop, &net->tap->watch);
	vector_free(&net->tap->held);
	free(net->tap);
	net->tap = NULL;
}
