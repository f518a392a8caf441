// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP, ICMP echo and, where connections go that way, the SYN of TCP: what is asked of the policy
 * before libslirp sees it.
 *
 * libslirp opens a socket a flow and keeps it for some minutes. The program inside chooses how many
 * flows there are, so they are counted here, in a table that outlives libslirp's own sockets, and
 * one more than fits is dropped.
 */
#include "datagram.h"

#include "event.h"
#include "net.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

/* Flows at a time. */
#define FLOWS 1024

/* How far a flow may be from where its hash says; and after what silence its place is free, in
 * milliseconds: a little longer than libslirp keeps a UDP socket. */
#define REACH  16
#define EXPIRY 250000

struct flow {
	struct address source, destination;
	uint16_t source_port, destination_port;
	enum policy_protocol protocol;
	unsigned int generation; /* of the policy that allowed it */
	bool allowed;
	int64_t used;
};

static struct flow flows[FLOWS + REACH];

static size_t hash(const struct frame *frame, enum policy_protocol protocol)
{
	uint64_t words[2] = {0}, value;

	memcpy(words, frame->destination.bytes, frame->destination.family == AF_INET ? 4 : 16);
	value = words[0] * 0x9e3779b97f4a7c15 ^ words[1];
	value ^= (uint64_t)frame->source_port << 32 | (uint64_t)frame->destination_port << 8 |
		 protocol;
	value *= 0x9e3779b97f4a7c15;
	return (size_t)(value >> 32) % FLOWS;
}

static bool same(const struct flow *flow, const struct frame *frame, enum policy_protocol protocol)
{
	return flow->protocol == protocol && flow->source_port == frame->source_port &&
	       flow->destination_port == frame->destination_port &&
	       address_equal(&flow->destination, &frame->destination) &&
	       address_equal(&flow->source, &frame->source);
}

/* The flow of @frame, or a free place for it, or NULL. */
static struct flow *find(struct net *net, const struct frame *frame, enum policy_protocol protocol)
{
	size_t at = hash(frame, protocol);
	struct flow *free_place = NULL;

	for (size_t i = at; i < at + REACH; i++) {
		if (!flows[i].protocol || loop_now(net->loop) - flows[i].used > EXPIRY) {
			flows[i].protocol = 0;
			if (!free_place)
				free_place = &flows[i];
		} else if (same(&flows[i], frame, protocol)) {
			return &flows[i];
		}
	}
	return free_place;
}

static void refuse(struct net *net, const struct frame *frame)
{
	const struct layout *layout = &net->options->layout;
	uint8_t data[FRAME_ANSWER_LIMIT];

	tap_send(net, data,
		 frame_unreachable(frame,
				   frame->source.family == AF_INET ? &layout->gateway4
								   : &layout->gateway6,
				   FRAME_PROHIBITED, data));
}

static const char *protocol_name(enum policy_protocol protocol)
{
	return protocol == POLICY_TCP ? "tcp" : protocol == POLICY_UDP ? "udp" : "icmp";
}

static bool decide(struct net *net, enum policy_protocol protocol, const struct frame *frame)
{
	const struct policy_question question = {
		.protocol = protocol,
		.address = &frame->destination,
		.port = protocol == POLICY_ICMP ? 0 : frame->destination_port,
	};
	struct policy_decision decision;
	char text[ADDRESS_TEXT], destination[ADDRESS_TEXT + 16];

	if (policy_decide(&net->policy, &question, &decision))
		return true;
	address_format(&frame->destination, text);
	if (protocol == POLICY_ICMP)
		snprintf(destination, sizeof(destination), "%s", text);
	else
		snprintf(destination, sizeof(destination),
			 frame->destination.family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
			 frame->destination_port);
	event_refused(net, protocol_name(protocol), destination, NULL, decision.reason,
		      decision.option);
	return false;
}

static bool for_sandbox(const struct net *net, const struct address *address)
{
	const struct layout *layout = &net->options->layout;

	return network_holds(&layout->guest4, address) || network_holds(&layout->guest6, address);
}

bool datagram_allowed(struct net *net, enum policy_protocol protocol, const struct frame *frame)
{
	struct flow *flow;

	/* Nobody else is on this wire; multicast that kernels send by themselves is nothing to tell
	 * anybody about. */
	if (for_sandbox(net, &frame->destination))
		return false;
	if (frame->destination.family == AF_INET6 && frame->destination.bytes[0] == 0xff)
		return false;
	flow = find(net, frame, protocol);
	if (!flow) {
		net->counters.dropped++;
		return false;
	}
	if (!flow->protocol || flow->generation != net->policy.generation) {
		*flow = (struct flow){
			.source = frame->source,
			.destination = frame->destination,
			.source_port = frame->source_port,
			.destination_port = frame->destination_port,
			.protocol = protocol,
			.generation = net->policy.generation,
			.allowed = decide(net, protocol, frame),
		};
	}
	flow->used = loop_now(net->loop);
	if (!flow->allowed) {
		refuse(net, frame);
		/* Asked again next time, so that each is counted and none takes a place. */
		flow->protocol = 0;
		return false;
	}
	if (limit_ask(&net->up, frame->length) < frame->length) {
		net->counters.dropped++;
		return false;
	}
	limit_spend(&net->up, frame->length);
	net->counters.datagrams_up++;
	net->counters.total.up += frame->length;
	return true;
}
