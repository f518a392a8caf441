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

#include "event.h"
#include "names.h"
#include "net.h"
#include "pcap.h"
#include "pipes.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET)

/* What one direction may move before others get their turn. */
#define SHARE (1024 * 1024)

/* How often relays that were begun since are asked to notice a peer that is gone. */
#define AGE 15000

/* How long a client may take to say where it goes, once it began to. */
#define GATE_TIME 30000

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
	bool much;               /* the last read got all that it asked for */
	bool finished;           /* the sender will send no more than what is readable */
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

/* Bytes that are looked at, or pass without a pipe; nothing stays here. */
static uint8_t buffer[GATE_LIMIT > 65536 ? GATE_LIMIT : 65536];

void relay_reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	fd_close(fd);
}

static void release_pipe(struct direction *d)
{
	if (!d->pipe)
		return;
	pipe_give(d->pipe, d->held == 0);
	d->pipe = NULL;
}

static void end_gate(struct relay *relay)
{
	struct gatekeeper *keeper = relay->keeper;

	if (!keeper)
		return;
	relay->keeper = NULL;
	timer_clear(relay->net->loop, &keeper->timer);
	loop_free(relay->net->loop, keeper);
}

static void end(struct relay *relay)
{
	struct net *net = relay->net;
	const struct linger now = {.l_onoff = 1};

	pcap_end(net->pcap, &relay->terms, relay->broken);
	end_gate(relay);
	for (int i = 0; i < 2; i++) {
		struct side *side = &relay->side[i];

		task_clear(net->loop, &relay->direction[i].task);
		release_pipe(&relay->direction[i]);
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

static void break_off(struct relay *relay)
{
	relay->broken = true;
	relay->direction[0].done = relay->direction[1].done = true;
}

/* --- the gate --- */

static void refuse_at_gate(struct relay *relay)
{
	struct gatekeeper *keeper = relay->keeper;

	event_gate_refused(relay->net, &relay->terms, &keeper->gate);
	break_off(relay);
}

static void gate_expired(struct timer *timer)
{
	struct gatekeeper *keeper = container_of(timer, struct gatekeeper, timer);
	struct relay *relay = keeper->relay;

	keeper->gate.reason = "it took too long to say where it goes";
	refuse_at_gate(relay);
	end(relay);
}

/* How many bytes may pass; 0 where the answer has to wait or the relay is refused. */
static size_t ask_gate(struct direction *d)
{
	struct relay *relay = d->relay;
	struct gatekeeper *keeper = relay->keeper;
	ssize_t n;
	size_t need = 1;
	int low = 1;

	if (keeper->allowance)
		return keeper->allowance < SHARE ? (size_t)keeper->allowance : SHARE;
	n = recv(d->from, buffer, GATE_LIMIT, MSG_PEEK);
	if (n < 0 && errno == EAGAIN) {
		d->readable = false;
		return 0;
	}
	if (n < 0) {
		break_off(relay);
		return 0;
	}
	if (n == 0)
		return 1; /* the end, which may pass */
	switch (gate_look(&keeper->gate, buffer, (size_t)n, d->finished, &keeper->allowance,
			  &need)) {
	case GATE_PASS:
		timer_clear(relay->net->loop, &keeper->timer);
		break;
	case GATE_OPEN:
		setsockopt(d->from, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
		end_gate(relay);
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

/* --- moving bytes --- */

static void account(struct direction *d, size_t bytes)
{
	struct relay *relay = d->relay;

	*d->counter += bytes;
	*d->total += bytes;
	limit_spend(d->limit, bytes);
	if (relay->keeper && d == &relay->direction[0])
		relay->keeper->allowance -= bytes;
	pcap_data(relay->net->pcap, &relay->terms, d == &relay->direction[0], bytes);
}

/* The side that we write to is gone. What it said before is still passed on; then it is over. */
static void receiver_gone(struct direction *d)
{
	struct relay *relay = d->relay;
	struct direction *other = &relay->direction[d == &relay->direction[0]];

	relay->broken = true;
	d->done = true;
	other->readable = true;
	if (!other->done)
		task_queue(relay->net->loop, &other->task);
}

static void sender_gone(struct direction *d)
{
	d->relay->broken = true;
	d->ended = true;
}

/* There was no room in d->to: be told when there is. */
static void wait_for_room(struct direction *d)
{
	struct relay *relay = d->relay;
	struct side *side = &relay->side[d == &relay->direction[0]];

	d->writable = false;
	if (side->watched_for_room)
		return;
	side->watched_for_room = true;
	if (loop_modify(relay->net->loop, &side->watch, EVENTS | EPOLLOUT) < 0)
		break_off(relay);
}

/* The result of a call that writes to d->to: bytes, or 0 where it can't go on. */
static size_t wrote(struct direction *d, ssize_t n)
{
	if (n > 0)
		return (size_t)n;
	if (n < 0 && errno == EAGAIN)
		wait_for_room(d);
	else if (n < 0 && errno != EINTR)
		receiver_gone(d);
	return 0;
}

/* The result of a call that reads from d->from, likewise. */
static size_t have_read(struct direction *d, ssize_t n)
{
	if (n > 0)
		return (size_t)n;
	if (n == 0)
		d->ended = true;
	else if (errno == EAGAIN)
		d->readable = false;
	else if (errno != EINTR)
		sender_gone(d);
	return 0;
}

static void flush(struct direction *d)
{
	d->held -= wrote(d, splice(d->pipe->from, NULL, d->to, NULL, d->held,
				   SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

/*
 * splice(2) stops at the mark of urgent data. The byte goes on as urgent, and reading past the mark
 * takes a recv(2), whose bytes go into the pipe.
 */
static void pass_urgent(struct direction *d)
{
	int at_mark = 0;
	ssize_t n;

	/* Who has to say where it goes has no use for a second stream beside the first. */
	if (d->relay->keeper && d == &d->relay->direction[0]) {
		break_off(d->relay);
		return;
	}
	if (d->urgent == URGENT_COMING) {
		if (ioctl(d->from, SIOCATMARK, &at_mark) < 0 || !at_mark)
			return;
		n = recv(d->from, &d->urgent_byte, 1, MSG_OOB);
		if (n <= 0) {
			d->urgent = n < 0 && errno == EAGAIN ? URGENT_COMING : URGENT_NONE;
			return;
		}
		d->urgent = URGENT_HERE;
	}
	if (!wrote(d, send(d->to, &d->urgent_byte, 1, MSG_OOB | MSG_NOSIGNAL)))
		return;
	d->urgent = URGENT_NONE;
	account(d, 1);
	n = recv(d->from, buffer, 1024, 0);
	if (n == 0)
		d->ended = true;
	if (n <= 0)
		return;
	d->readable = true;
	account(d, (size_t)n);
	if (!d->pipe)
		d->pipe = pipe_take();
	if (d->pipe && write(d->pipe->to, buffer, (size_t)n) == n)
		d->held = (size_t)n;
	else
		break_off(d->relay); /* no memory for a pipe: better an end than a gap */
}

static size_t move_by_pipe(struct direction *d, size_t wanted)
{
	size_t n;

	n = have_read(d, splice(d->from, NULL, d->pipe->to, NULL,
				wanted < d->pipe->size ? wanted : d->pipe->size,
				SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
	d->held = n;
	return n;
}

/* What is little, by a copy; what there is no room for waits in the pipe. */
static size_t move_little(struct direction *d, size_t wanted)
{
	size_t n, sent;

	if (wanted > sizeof(buffer))
		wanted = sizeof(buffer);
	if (wanted > d->pipe->size)
		wanted = d->pipe->size;
	n = have_read(d, recv(d->from, buffer, wanted, 0));
	if (!n)
		return 0;
	d->much = n == wanted;
	/* More, an end or a mark would have been told with what was read, or will be. */
	if (!d->much && !d->finished)
		d->readable = false;
	sent = d->writable ? wrote(d, send(d->to, buffer, n, MSG_NOSIGNAL)) : 0;
	if (sent == n || d->done)
		return n;
	if (write(d->pipe->to, buffer + sent, n - sent) == (ssize_t)(n - sent))
		d->held = n - sent;
	else
		break_off(d->relay); /* no memory for a pipe: better an end than a gap */
	return n;
}

static size_t move_without_pipe(struct direction *d, size_t wanted)
{
	size_t n;

	if (!d->writable)
		return 0;
	if (wanted > sizeof(buffer))
		wanted = sizeof(buffer);
	n = have_read(d, recv(d->from, buffer, wanted, MSG_PEEK));
	if (n)
		n = wrote(d, send(d->to, buffer, n, MSG_NOSIGNAL));
	if (n && recv(d->from, buffer, n, MSG_TRUNC) != (ssize_t)n)
		break_off(d->relay);
	return n;
}

static size_t move(struct direction *d, size_t wanted)
{
	if (!d->pipe)
		d->pipe = pipe_take();
	if (!d->pipe)
		return move_without_pipe(d, wanted);
	/* recv(2) leaps over a mark that it begins at. */
	return d->much || d->urgent != URGENT_NONE ? move_by_pipe(d, wanted)
						   : move_little(d, wanted);
}

/* Pass on that no more comes; after a reset, nothing goes the other way either. */
static void finish(struct direction *d)
{
	struct relay *relay = d->relay;

	d->done = true;
	if (relay->broken)
		break_off(relay);
	else if (!relay->direction[d == &relay->direction[0]].done)
		shutdown(d->to, SHUT_WR); /* of both, closing says it */
}

static void run_direction(struct direction *d)
{
	struct relay *relay = d->relay;
	size_t spent = 0;

	while (!d->done) {
		size_t wanted = SHARE, n;

		if (d->held) {
			if (!d->writable)
				break;
			flush(d);
			continue;
		}
		if (d->ended) {
			finish(d);
			break;
		}
		if (d->urgent == URGENT_HERE) {
			if (!d->writable)
				break;
			pass_urgent(d);
			continue;
		}
		if (!d->readable)
			break;
		if (spent >= SHARE) {
			task_queue(relay->net->loop, &d->task);
			break;
		}
		if (relay->keeper && d == &relay->direction[0]) {
			wanted = ask_gate(d);
			if (!wanted)
				break;
		}
		wanted = limit_ask(d->limit, wanted);
		if (!wanted) {
			limit_wait(d->limit, &d->task);
			break;
		}
		n = move(d, wanted);
		if (n)
			account(d, n);
		spent += n;
		if (!d->pipe && !d->writable)
			break;
		if (!n && d->urgent == URGENT_COMING)
			pass_urgent(d);
	}
	if (spent < sizeof(buffer))
		d->much = false;
	if (!d->held)
		release_pipe(d);
}

static void run(struct direction *d)
{
	struct relay *relay = d->relay;

	run_direction(d);
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
	if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		side->out->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		side->in->writable = true;
	/* A side that has nothing more to say can still be reset, and no call would tell. */
	if (events & EPOLLERR && side->out->done &&
	    getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code) {
		break_off(relay);
		end(relay);
		return;
	}
	if (!side->in->done)
		run_direction(side->in);
	if (!side->out->done)
		run_direction(side->out);
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

static void begin_gate(struct relay *relay)
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
	begin_gate(relay);
	relay->terms.name = NULL; /* was copied to where it is needed */
	pcap_begin(net->pcap, &relay->terms);
	for (int i = 0; i < 2; i++) {
		struct watch *watch = &relay->side[i].watch;
		int r = watch->fd == terms->watched ? loop_modify(net->loop, watch, EVENTS)
						    : loop_add(net->loop, watch, EVENTS);

		if (r < 0) {
			break_off(relay);
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
		break_off(relay);
		end(relay);
	}
}

void relay_end_all(struct net *net)
{
	while (net->relays) {
		break_off(net->relays);
		end(net->relays);
	}
}
