// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation. A relay joins two sockets: what arrives at one goes to the other, in both
 * directions independently. What is much is moved by splice(2) through a pipe, as pages and not as
 * bytes. What is little (a request, an answer) is copied: that takes two calls, and of a stream a
 * read that got less than it asked for says that there is no more, so that nobody has to ask.
 *
 * Sockets are watched edge-triggered, for room only once there was none; what was learned is kept in
 * flags (readable, writable) and taken back when a call says EAGAIN. A direction runs until it can't
 * go on or has had its share, and queues itself for more. A pipe is held only while there are bytes
 * in it. Where no pipe is to be had, bytes are looked at (MSG_PEEK), sent, and only what was taken
 * is removed: slower, but nothing has to be kept, so the memory of a connection is bounded by the
 * kernel's socket buffers and the sender is slowed down by its own window.
 *
 * Most connections are short, so what only long ones need is done to those that got old: see
 * relays_age().
 *
 * How a connection ends is carried over: an end of data as an end of data, with the other direction
 * open; a reset as a reset, after the data that came before it; urgent data with its mark.
 */
#include "relay.h"

#include "names.h"
#include "net.h"
#include "pcap.h"
#include "relay_parts.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* How often relays that were begun since are asked to notice a peer that is gone. */
#define AGE 15000

void relay_reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	fd_close(fd);
}

static void end(struct relay *relay)
{
	struct net *net = relay->net;
	const struct linger now = {.l_onoff = 1};

	pcap_end(net->pcap, &relay->terms, relay->broken);
	relay_gate_end(relay);
	for (int i = 0; i < 2; i++) {
		struct side *side = &relay->side[i];

		task_clear(net->loop, &relay->direction[i].task);
		relay_release_pipe(&relay->direction[i]);
		if (relay->broken)
			setsockopt(side->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		/* What the maker made may be open there for another moment. */
		if (relay->terms.outward)
			loop_close_sole(net->loop, &side->watch);
		else
			loop_close(net->loop, &side->watch);
	}
	*relay->link = relay->next;
	if (relay->next)
		relay->next->link = relay->link;
	net->relay_count--;
	net->counters.now--;
	loop_free(net->loop, relay);
}

static void run(struct direction *d)
{
	struct relay *relay = d->relay;

	relay_move(d);
	/* A direction that failed may have queued the other one. */
	if (relay->direction[0].done && relay->direction[1].done)
		end(relay);
}

static void task_run(struct task *task)
{
	run(container_of(task, struct direction, task));
}

static void ready(struct watch *watch, uint32_t events)
{
	struct side *side = container_of(watch, struct side, watch);
	struct relay *relay = side->relay;
	int code = 0;
	socklen_t length = sizeof(code);

	if (events & EPOLLPRI && side->out->urgent == URGENT_NONE)
		side->out->urgent = URGENT_COMING;
	if (events & (EPOLLRDHUP | EPOLLHUP))
		side->out->finished = true;
	if (events & EPOLLERR)
		side->out->failed = true;
	if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		side->out->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		side->in->writable = true;
	/* A side that has nothing more to say can still be reset, and no call would tell. */
	if (events & EPOLLERR && side->out->done &&
	    getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code) {
		relay_break_off(relay);
		end(relay);
		return;
	}
	if (!side->in->done)
		relay_move(side->in);
	if (!side->out->done)
		relay_move(side->out);
	if (relay->direction[0].done && relay->direction[1].done)
		end(relay);
}

/* A peer that is gone without a word is noticed. */
static void keep_alive(int fd)
{
	const int yes = 1, idle = 60, interval = 15, count = 8;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* The youngest are first in the list. */
static void relays_age(struct timer *timer)
{
	struct net *net = container_of(timer, struct net, relay_age);

	for (struct relay *relay = net->relays; relay && !relay->aged; relay = relay->next) {
		relay->aged = true;
		for (int i = 0; i < 2; i++)
			keep_alive(relay->side[i].watch.fd);
	}
}

void relay_begin(struct net *net, int inner, int outer, const struct relay_terms *terms)
{
	const int fds[2] = {inner, outer};
	struct relay *relay =
		net->relay_count < net->relay_limit ? calloc(1, sizeof(*relay)) : NULL;

	if (!relay) {
		relay_reset(inner);
		relay_reset(outer);
		return;
	}
	relay->net = net;
	relay->terms = *terms;
	relay->next = net->relays;
	relay->link = &net->relays;
	if (relay->next)
		relay->next->link = &relay->next;
	net->relays = relay;
	if (!net->relay_age.slot) {
		net->relay_age.expired = relays_age;
		timer_set(net->loop, &net->relay_age, AGE);
	}
	net->relay_count++;
	net->counters.now++;
	net->counters.total.connections++;
	terms->tally->connections++;
	for (int i = 0; i < 2; i++) {
		struct direction *d = &relay->direction[i];

		*d = (struct direction){
			.relay = relay,
			.from = fds[i],
			.to = fds[!i],
			.writable = true, /* a new socket has room */
			.task.run = task_run,
			.limit = i ? &net->down : &net->up,
			.counter = i ? &terms->tally->down : &terms->tally->up,
			.total = i ? &net->counters.total.down : &net->counters.total.up,
		};
		relay->side[i] = (struct side){
			.watch = {.fd = fds[i], .ready = ready},
			.relay = relay,
			.out = d,
			.in = &relay->direction[!i],
		};
	}
	relay_gate_begin(relay);
	relay->terms.name = NULL; /* was copied to where it is needed */
	pcap_begin(net->pcap, &relay->terms);
	for (int i = 0; i < 2; i++) {
		struct watch *watch = &relay->side[i].watch;
		int r = watch->fd == terms->watched ? loop_modify(net->loop, watch, EVENTS)
						    : loop_add(net->loop, watch, EVENTS);

		if (r < 0) {
			relay_break_off(relay);
			end(relay);
			return;
		}
	}
}

static bool still_allowed(struct relay *relay)
{
	const struct relay_terms *terms = &relay->terms;
	struct policy_question question = {.protocol = POLICY_TCP, .port = terms->outside_port};
	struct policy_decision decision;
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	struct address dialed;

	if (!terms->outward)
		return true;
	if (getpeername(relay->side[1].watch.fd, (struct sockaddr *)&peer, &length) < 0 ||
	    !address_from_sockaddr((struct sockaddr *)&peer, &dialed, NULL))
		return true; /* it is ending by itself */
	question.address = &dialed;
	if (relay->net->policy.listed && names_is_stand_in(&terms->outside)) {
		question.name = names_find(relay->net->names, &terms->outside);
		if (!question.name)
			return false;
	}
	return policy_decide(&relay->net->policy, &question, &decision);
}

void relay_decide_again(struct net *net)
{
	for (struct relay *relay = net->relays, *next; relay; relay = next) {
		next = relay->next;
		if (still_allowed(relay))
			continue;
		relay_break_off(relay);
		end(relay);
	}
}

void relay_end_all(struct net *net)
{
	while (net->relays) {
		relay_break_off(net->relays);
		end(net->relays);
	}
}
