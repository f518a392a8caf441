// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP, ICMP echo and, where connections go that way, the SYN of TCP: what is asked of the policy
 * before libslirp sees it.
 *
 * libslirp opens a socket a flow and keeps it for some minutes. The program inside chooses how many
 * flows there are, so they are counted here, in a table that outlives libslirp's own sockets, and
 * one more than fits is dropped.
 *
 * A destination that stands for a name is looked up when the flow begins; its frames then go to the
 * real address, and come back as if from the one that the program knows.
 */
#include "datagram.h"

#include "echo.h"
#include "event.h"
#include "names.h"
#include "net.h"
#include "slirp.h"
#include "wire.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flows at a time. */
#define FLOWS 1024

/* How far a flow may be from where its hash says; and after what silence its place is free, in
 * milliseconds: a little longer than libslirp keeps a UDP socket. */
#define REACH  16
#define EXPIRY 250000

/* Flows by name at a time, and the frame that waits while one is looked up. */
#define NAMED   64
#define WAITING 2048

struct named {
	struct net *net;
	struct flow *flow; /* NULL: free */
	struct names_lookup *lookup;
	struct address real; /* once it is found */
	char name[POLICY_NAME_LIMIT];
	uint8_t waiting[WAITING];
	size_t waiting_length;
};

struct flow {
	struct named *named; /* NULL: goes where it says */
	struct address source, destination;
	uint16_t source_port, destination_port;
	enum policy_protocol protocol;
	unsigned int generation; /* of the policy that allowed it */
	bool allowed;
	int64_t used;
};

static struct flow flows[FLOWS + REACH];
static struct named named_flows[NAMED];
static size_t named_count;

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

static void forget(struct flow *flow)
{
	struct named *named = flow->named;

	if (named) {
		if (named->lookup)
			names_cancel(named->lookup);
		named->lookup = NULL;
		named->flow = NULL;
		named_count--;
	}
	flow->named = NULL;
	flow->protocol = 0;
}

/* The flow of @frame, or a free place for it, or NULL. */
static struct flow *find(struct net *net, const struct frame *frame, enum policy_protocol protocol)
{
	size_t at = hash(frame, protocol);
	struct flow *free_place = NULL;

	for (size_t i = at; i < at + REACH; i++) {
		if (!flows[i].protocol || loop_now(net->loop) - flows[i].used > EXPIRY) {
			forget(&flows[i]);
			if (!free_place)
				free_place = &flows[i];
		} else if (same(&flows[i], frame, protocol)) {
			return &flows[i];
		}
	}
	return free_place;
}

static const char *protocol_name(enum policy_protocol protocol)
{
	return protocol == POLICY_TCP ? "tcp" : protocol == POLICY_UDP ? "udp" : "icmp";
}

static void refuse(struct net *net, enum policy_protocol protocol, const struct frame *frame,
		   const char *name, const struct policy_decision *decision)
{
	char text[ADDRESS_TEXT], destination[POLICY_NAME_LIMIT + 16];
	const char *where = name ? name : text;
	bool brackets = !name && frame->destination.family == AF_INET6;

	address_format(&frame->destination, text);
	if (protocol == POLICY_ICMP)
		snprintf(destination, sizeof(destination), "%s", where);
	else
		snprintf(destination, sizeof(destination), brackets ? "[%s]:%u" : "%s:%u", where,
			 frame->destination_port);
	event_refused(net, protocol_name(protocol), destination, name, decision->reason,
		      decision->option);
	wire_unreachable(net, frame, FRAME_PROHIBITED);
}

static bool decide(struct net *net, enum policy_protocol protocol, const char *name,
		   const struct address *address, uint16_t port, struct policy_decision *ret)
{
	const struct policy_question question = {
		.protocol = protocol,
		.name = name,
		.address = address,
		.port = protocol == POLICY_ICMP ? 0 : port,
	};

	return policy_decide(&net->policy, &question, ret);
}

/* --- by name --- */

static void pass(struct net *net, const struct frame *frame, const struct flow *flow);

static void looked_up(void *data, const struct names_result *result)
{
	struct named *named = data;
	struct flow *flow = named->flow;
	struct net *net = named->net;
	struct policy_decision decision = {.reason = "not an address of that family"};
	bool found = false, against = false;
	struct frame frame;

	named->lookup = NULL;
	frame_parse(named->waiting, named->waiting_length, &frame);
	for (size_t i = 0; i < result->count && !found; i++) {
		found = result->addresses[i].family == flow->destination.family &&
			decide(net, flow->protocol, named->name, &result->addresses[i],
			       flow->destination_port, &decision);
		against = against || !found;
		named->real = result->addresses[i];
	}
	if (found) {
		flow->allowed = true;
		pass(net, &frame, flow);
		return;
	}
	if (against)
		refuse(net, flow->protocol, &frame, named->name, &decision);
	else
		wire_unreachable(net, &frame, FRAME_NO_HOST);
	forget(flow);
}

/* A place for the flow that is looked up, or NULL where there are too many. */
static struct named *new_named(struct net *net, struct flow *flow, const char *name,
			       const struct frame *frame)
{
	struct named *named = named_flows;

	if (named_count == NAMED || frame->length > WAITING)
		return NULL;
	while (named->flow)
		named++;
	named->net = net;
	snprintf(named->name, sizeof(named->name), "%s", name);
	memcpy(named->waiting, frame->data, frame->length);
	named->waiting_length = frame->length;
	named->lookup =
		names_look_up(net->names, named->name, flow->destination.family, looked_up, named);
	if (!named->lookup)
		return NULL;
	named->flow = flow;
	named_count++;
	return named;
}

/* Whether the flow stays: it is allowed, or will be known to be. */
static bool begin(struct net *net, struct flow *flow, const struct frame *frame)
{
	struct policy_decision decision = {.reason = "an address that stands for no name"};
	const char *name = NULL;

	if (!net->policy.listed || !names_is_stand_in(&frame->destination)) {
		flow->allowed = decide(net, flow->protocol, NULL, &frame->destination,
				       frame->destination_port, &decision);
		if (!flow->allowed)
			refuse(net, flow->protocol, frame, NULL, &decision);
		return flow->allowed;
	}
	name = names_find(net->names, &frame->destination);
	if (!name || !decide(net, flow->protocol, name, NULL, frame->destination_port, &decision)) {
		refuse(net, flow->protocol, frame, name, &decision);
		return false;
	}
	flow->named = new_named(net, flow, name, frame);
	if (!flow->named)
		net->counters.dropped++;
	return flow->named;
}

/* The flow's frame, to where it really goes. */
static void pass(struct net *net, const struct frame *frame, const struct flow *flow)
{
	if (limit_ask(&net->up, frame->length) < frame->length) {
		net->counters.dropped++;
		return;
	}
	limit_spend(&net->up, frame->length);
	net->counters.datagrams_up++;
	net->counters.total.up += frame->length;
	if (flow->protocol == POLICY_ICMP && frame->destination.family == AF_INET6) {
		echo_take(net, frame, flow->named ? &flow->named->real : &frame->destination);
		return;
	}
	if (flow->named) {
		static uint8_t copy[FRAME_LIMIT];

		memcpy(copy, frame->data, frame->length);
		frame_rewrite(copy, frame, false, &flow->named->real);
		slirp_take(net, copy, frame->length);
		return;
	}
	slirp_take(net, frame->data, frame->length);
}

static bool for_sandbox(const struct net *net, const struct address *address)
{
	const struct layout *layout = &net->options->layout;

	return network_holds(&layout->guest4, address) || network_holds(&layout->guest6, address);
}

void datagram_take(struct net *net, enum policy_protocol protocol, const struct frame *frame)
{
	struct flow *flow;

	/* Nobody else is on this wire; multicast that kernels send by themselves is nothing to tell
	 * anybody about. */
	if (for_sandbox(net, &frame->destination))
		return;
	if (frame->destination.family == AF_INET6 && frame->destination.bytes[0] == 0xff)
		return;
	flow = find(net, frame, protocol);
	if (!flow) {
		net->counters.dropped++;
		return;
	}
	/* What was decided under other rules is decided again. */
	if (flow->protocol && flow->generation != net->policy.generation)
		forget(flow);
	if (!flow->protocol) {
		*flow = (struct flow){
			.source = frame->source,
			.destination = frame->destination,
			.source_port = frame->source_port,
			.destination_port = frame->destination_port,
			.protocol = protocol,
			.generation = net->policy.generation,
		};
		/* One that was refused takes no place: it is asked again, and counted, each time. */
		if (!begin(net, flow, frame)) {
			forget(flow);
			return;
		}
	}
	flow->used = loop_now(net->loop);
	if (flow->allowed)
		pass(net, frame, flow);
}

/* Is it an answer to what went to the real address of @named? */
static bool answers(const struct named *named, enum frame_kind kind, const struct frame *frame)
{
	const struct flow *flow = named->flow;

	if (!flow || !flow->allowed || !address_equal(&named->real, &frame->source) ||
	    !address_equal(&flow->source, &frame->destination))
		return false;
	if (kind == FRAME_UDP)
		return flow->protocol == POLICY_UDP &&
		       flow->source_port == frame->destination_port &&
		       flow->destination_port == frame->source_port;
	return kind == FRAME_OTHER && flow->protocol == POLICY_ICMP;
}

void datagram_return(struct net *net, const uint8_t *data, size_t length)
{
	static uint8_t copy[FRAME_LIMIT];
	struct frame frame;
	enum frame_kind kind;

	if (!named_count || length > sizeof(copy)) {
		wire_send(net, data, length);
		return;
	}
	kind = frame_parse(data, length, &frame);
	for (size_t i = 0; i < NAMED; i++) {
		if (!answers(&named_flows[i], kind, &frame))
			continue;
		memcpy(copy, data, length);
		frame_rewrite(copy, &frame, true, &named_flows[i].flow->destination);
		data = copy;
		break;
	}
	wire_send(net, data, length);
}

void datagram_end(struct net *net)
{
	for (size_t i = 0; i < FLOWS + REACH; i++)
		forget(&flows[i]);
	echo_end(net);
}
