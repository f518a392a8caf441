// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tap: a bounded number of frames at a time, so that a program that floods it slows down itself
 * and no connection.
 */
#include "tap.h"

#include "attempt.h"
#include "datagram.h"
#include "frame.h"
#include "net.h"
#include "pcap.h"
#include "slirp.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Frames read before others get their turn. */
#define SHARE 64

struct tap {
	struct net *net;
	struct watch watch;
	struct task task;
};

/* What was read last; nothing stays here. */
static uint8_t buffer[FRAME_LIMIT + 1];

/* With the kernel's TCP on both sides only the SYN is for us; the rest never comes by here. */
static void take_tcp(struct net *net, const struct frame *frame)
{
	bool syn = (frame->flags & (FRAME_SYN | FRAME_ACK | FRAME_RST | FRAME_FIN)) == FRAME_SYN;

	if (net->attachment.tcp == TCP_TPROXY) {
		if (syn)
			attempt_detour(net, frame);
		return;
	}
	if (frame->flags & FRAME_SYN)
		datagram_take(net, POLICY_TCP, frame);
	else
		slirp_take(net, frame->data, frame->length);
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
	free(net->tap);
	net->tap = NULL;
}
