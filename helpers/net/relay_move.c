// SPDX-License-Identifier: GPL-2.0-or-later
/* How the bytes of a relay move; see relay.c. */
#include "net.h"
#include "pcap.h"
#include "relay_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What passes without a pipe; nothing stays here. */
static uint8_t buffer[65536];

void relay_release_pipe(struct direction *d)
{
	if (!d->pipe)
		return;
	pipe_give(d->pipe, d->held == 0);
	d->pipe = NULL;
}

static void account(struct direction *d, size_t bytes)
{
	struct relay *relay = d->relay;

	d->begun = true;
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
		relay_break_off(relay);
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

/*
 * What the sender meant to be sent at once goes so. What is sent first is not held back anyway, as
 * Nagle's algorithm waits only while something small is under way (tcp(7), RFC 896), and many a
 * connection sends nothing else.
 */
static void be_prompt(struct direction *d)
{
	const int yes = 1;

	if (!d->begun || d->prompt)
		return;
	setsockopt(d->to, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	d->prompt = true;
}

static void flush(struct direction *d)
{
	be_prompt(d);
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
		relay_break_off(d->relay);
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
		relay_break_off(d->relay); /* no memory for a pipe: better an end than a gap */
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
	int flags = MSG_NOSIGNAL;
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
	if (!d->much && !d->failed) {
		d->readable = false;
		d->ended = d->finished;
	}
	/* The end goes with the last bytes, in one segment: finish() comes next. */
	if (d->ended)
		flags |= MSG_MORE;
	sent = d->writable ? wrote(d, send(d->to, buffer, n, flags)) : 0;
	if (sent == n || d->done)
		return n;
	if (write(d->pipe->to, buffer + sent, n - sent) == (ssize_t)(n - sent))
		d->held = n - sent;
	else
		relay_break_off(d->relay); /* no memory for a pipe: better an end than a gap */
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
		relay_break_off(d->relay);
	return n;
}

static size_t move(struct direction *d, size_t wanted)
{
	be_prompt(d);
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
		relay_break_off(relay);
	else if (!relay->direction[d == &relay->direction[0]].done)
		shutdown(d->to, SHUT_WR); /* of both, closing says it */
}

void relay_move(struct direction *d)
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
			wanted = relay_gate_ask(d);
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
		relay_release_pipe(d);
}
