// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation. The program inside calls connect(2); its kernel sends a SYN, which comes by
 * the tap. Only when the connection to the real destination stands is that SYN written back, so that
 * the kernel inside completes the handshake with our transparent listener. Where it can't be made,
 * the SYN is answered as the destination or a router would have: the program sees what it would see
 * without us, after the time that it really took, and connections to several addresses at once
 * (RFC 8305) are decided by who really answers.
 *
 *	SYN ─► policy ─► (resolve) ─► connect ─► SYN back in ─► accept ─► relay
 *	          │                      │
 *	          └── ICMP prohibited    └── RST, ICMP unreachable, silence
 *
 * A SYN is known by its addresses and ports; one that is sent again meanwhile changes nothing but
 * the copy that will be written back. What is not known by its silence (time-out) stays silence:
 * the kernel inside counts the same seconds.
 */
#include "attempt.h"

#include "event.h"
#include "maker.h"
#include "names.h"
#include "net.h"
#include "relay.h"
#include "shortage.h"
#include "terms.h"
#include "wire.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Addresses of one name that are tried in turn. */
#define CANDIDATES NAMES_ADDRESSES

/* A SYN is small; one with data is none that a kernel without TCP fast open sends. */
#define SYN_LIMIT 160

#define BUCKETS 4096

/* How long the handshake inside may take once it could begin. */
#define HANDSHAKE_TIME 90000

/* How long an address may take while there are others. */
#define CANDIDATE_TIME 10000

enum state {
	CONNECTING,
	RESOLVING,
	HANDSHAKE, /* the host's side stands, the sandbox's is being made */
};

struct key {
	struct address inside, outside;
	uint16_t inside_port, outside_port;
};

struct attempt {
	struct net *net;
	struct attempt *next; /* in its bucket */
	enum state state;
	struct key key;
	struct watch watch; /* the socket that connects */
	int watched;        /* its number once it is in the loop, or -1 */
	struct timer timer;
	int accepted;         /* the half that there is already, or -1 */
	bool inward, outward; /* to the sandbox; to where the policy allowed it */
	struct address candidates[CANDIDATES];
	size_t candidate_count, tried;
	uint16_t port; /* of the candidates */
	int code;      /* what went wrong last */
	enum policy_tls tls;
	unsigned int generation; /* of the policy that allowed it */
	char *name;              /* what was asked for, where a name was */
	struct names_lookup *lookup;
	struct tally *tally;
	size_t syn_length;
	uint8_t syn[SYN_LIMIT];
};

struct attempts {
	struct attempt *buckets[BUCKETS];
	size_t count, limit;
	uint64_t seed[2];
};

/* --- finding one --- */

static uint64_t mix(uint64_t value, uint64_t seed)
{
	value = (value ^ seed) * 0x9e3779b97f4a7c15;
	return value ^ value >> 32;
}

/* Seeded, as the program inside chooses what is hashed. */
static struct attempt **bucket(struct attempts *attempts, const struct key *key)
{
	uint64_t words[4] = {0}, value = attempts->seed[0];

	memcpy(words, key->inside.bytes, 16);
	memcpy(words + 2, key->outside.bytes, 16);
	for (int i = 0; i < (key->inside.family == AF_INET ? 1 : 4); i++)
		value = mix(value, words[i] ^ attempts->seed[1]);
	if (key->inside.family == AF_INET)
		value = mix(value, words[2] ^ attempts->seed[1]);
	value = mix(value, (uint64_t)key->inside_port << 16 | key->outside_port);
	return &attempts->buckets[value % BUCKETS];
}

static bool key_equal(const struct key *a, const struct key *b)
{
	return a->inside_port == b->inside_port && a->outside_port == b->outside_port &&
	       address_equal(&a->inside, &b->inside) && address_equal(&a->outside, &b->outside);
}

static struct attempt *find(struct net *net, const struct key *key)
{
	struct attempt *attempt = *bucket(net->attempts, key);

	while (attempt && !key_equal(&attempt->key, key))
		attempt = attempt->next;
	return attempt;
}

/* --- ending one --- */

static void end(struct attempt *attempt)
{
	struct net *net = attempt->net;
	struct attempt **link = bucket(net->attempts, &attempt->key);

	while (*link != attempt)
		link = &(*link)->next;
	*link = attempt->next;
	timer_clear(net->loop, &attempt->timer);
	if (attempt->lookup)
		names_cancel(attempt->lookup);
	loop_close(net->loop, &attempt->watch);
	if (attempt->accepted >= 0)
		relay_reset(attempt->accepted);
	net->attempts->count--;
	free(attempt->name);
	loop_free(net->loop, attempt);
}

/* Answer the SYN as it would have been answered without us. */
static void answer(const struct attempt *attempt, int code)
{
	struct frame frame;

	if (attempt->syn_length &&
	    frame_parse(attempt->syn, attempt->syn_length, &frame) == FRAME_TCP)
		wire_fail(attempt->net, &frame, code);
}

static void fail(struct attempt *attempt, int code)
{
	if (is_shortage(code))
		shortage_tell(attempt->net, &attempt->key.outside, attempt->key.outside_port, code);
	else
		attempt->net->counters.failed++;
	answer(attempt, code);
	end(attempt);
}

/* --- beginning one --- */

static struct attempt *new_attempt(struct net *net, const struct key *key, int accepted)
{
	struct attempts *attempts = net->attempts;
	const bool full = attempts->count + net->relay_count >= attempts->limit;
	struct attempt *attempt = full ? NULL : calloc(1, sizeof(*attempt));
	struct attempt **slot = bucket(attempts, key);

	if (!attempt) {
		if (full)
			shortage_tell(net, &key->outside, key->outside_port, 0);
		else
			net->counters.dropped++;
		if (accepted >= 0)
			relay_reset(accepted);
		return NULL;
	}
	attempts->count++;
	attempt->net = net;
	attempt->key = *key;
	attempt->accepted = accepted;
	attempt->watch.fd = attempt->watched = -1;
	attempt->next = *slot;
	*slot = attempt;
	return attempt;
}

static void ready(struct watch *watch, uint32_t events);
static void expired(struct timer *timer);

/* A socket for the next candidate, of the host or, inward, of the sandbox. */
static int open_socket(const struct attempt *attempt, sa_family_t family)
{
	int fd;

	if (attempt->inward)
		return maker_socket(attempt->net->attachment.maker, family, SOCK_STREAM);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

static void established(struct attempt *attempt);

/* Try the addresses that are left. */
static void try_next(struct attempt *attempt)
{
	struct net *net = attempt->net;

	loop_close(net->loop, &attempt->watch);
	attempt->watched = -1;
	timer_clear(net->loop, &attempt->timer);
	while (attempt->tried < attempt->candidate_count) {
		const struct address *to = &attempt->candidates[attempt->tried++];
		struct sockaddr_storage address;
		socklen_t length = address_to_sockaddr(to, attempt->port, &address);
		int fd = open_socket(attempt, to->family);

		if (fd < 0) {
			attempt->code = -fd;
			continue;
		}
		attempt->watch = (struct watch){.fd = fd, .ready = ready};
		if (connect(fd, (struct sockaddr *)&address, length) == 0) {
			established(attempt);
			return;
		}
		/* Told once: what comes after is the relay's. */
		if (errno == EINPROGRESS &&
		    loop_add(net->loop, &attempt->watch, EPOLLOUT | EPOLLONESHOT) == 0) {
			attempt->watched = fd;
			if (attempt->tried < attempt->candidate_count) {
				attempt->timer.expired = expired;
				timer_set(net->loop, &attempt->timer, CANDIDATE_TIME);
			}
			return;
		}
		attempt->code = errno;
		attempt->watch.fd = fd_close(fd);
	}
	fail(attempt, attempt->code);
}

static void expired(struct timer *timer)
{
	struct attempt *attempt = container_of(timer, struct attempt, timer);

	if (attempt->state == HANDSHAKE) {
		end(attempt);
		return;
	}
	attempt->code = ETIMEDOUT;
	try_next(attempt);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct attempt *attempt = container_of(watch, struct attempt, watch);
	int code = 0;
	socklen_t length = sizeof(code);

	if (events & (EPOLLERR | EPOLLHUP) &&
	    getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
		code = errno;
	if (code) {
		attempt->code = code;
		try_next(attempt);
		return;
	}
	established(attempt);
}

/* Both halves are there: @inner and @outer become a relay, and the attempt ends. */
static void join(struct attempt *attempt, int inner, int outer)
{
	const struct relay_terms terms = {
		.tally = attempt->tally,
		.name = attempt->name,
		.port = attempt->key.outside_port,
		.tls = attempt->tls,
		.outward = attempt->outward,
		.watched = attempt->watched,
		.inside = attempt->key.inside,
		.outside = attempt->key.outside,
		.inside_port = attempt->key.inside_port,
		.outside_port = attempt->key.outside_port,
	};

	relay_begin(attempt->net, inner, outer, &terms);
	/* What was decided under other rules is decided again. */
	if (attempt->outward && attempt->generation != attempt->net->policy.generation)
		relay_decide_again(attempt->net);
	end(attempt);
}

static void established(struct attempt *attempt)
{
	struct net *net = attempt->net;
	int fd = attempt->watch.fd, accepted = attempt->accepted;

	timer_clear(net->loop, &attempt->timer);
	if (accepted >= 0) {
		attempt->watch.fd = attempt->accepted = -1;
		if (attempt->inward)
			join(attempt, fd, accepted);
		else
			join(attempt, accepted, fd);
		return;
	}
	attempt->state = HANDSHAKE;
	attempt->timer.expired = expired;
	timer_set(net->loop, &attempt->timer, HANDSHAKE_TIME);
	frame_turn(attempt->syn);
	wire_send(net, attempt->syn, attempt->syn_length);
	frame_turn(attempt->syn);
}

static void refuse(struct attempt *attempt, const struct policy_decision *decision)
{
	const struct key *key = &attempt->key;
	char text[POLICY_NAME_LIMIT + 2], destination[POLICY_NAME_LIMIT + 16];

	if (attempt->name)
		snprintf(text, sizeof(text), "%s", attempt->name);
	else
		address_format(&key->outside, text);
	snprintf(destination, sizeof(destination), strchr(text, ':') ? "[%s]:%u" : "%s:%u", text,
		 key->outside_port);
	event_refused(attempt->net, "tcp", destination, attempt->name, decision->reason,
		      decision->option);
	answer(attempt, EACCES);
	end(attempt);
}

/* Go on to those addresses of a name that may be reached. */
static void resolved(void *data, const struct names_result *result)
{
	struct attempt *attempt = data;
	struct policy_decision decision;

	attempt->lookup = NULL;
	for (size_t i = 0; i < result->count && attempt->candidate_count < CANDIDATES; i++) {
		const struct policy_question question = {
			.protocol = POLICY_TCP,
			.name = attempt->name,
			.address = &result->addresses[i],
			.port = attempt->port,
		};

		if (policy_decide(&attempt->net->policy, &question, &decision))
			attempt->candidates[attempt->candidate_count++] = result->addresses[i];
	}
	if (attempt->candidate_count) {
		attempt->state = CONNECTING;
		try_next(attempt);
	} else if (result->count) {
		refuse(attempt, &decision);
	} else {
		fail(attempt, EHOSTUNREACH);
	}
}

/* A connection to an address that stands for a name: what it leads to is looked up now. */
static void decide_by_name(struct attempt *attempt)
{
	struct net *net = attempt->net;
	const struct key *key = &attempt->key;
	const char *name = names_find(net->names, &key->outside);
	const struct policy_question question = {
		.protocol = POLICY_TCP,
		.name = name,
		.port = key->outside_port,
	};
	struct policy_decision decision = {.reason = "the address stands for no name"};

	if (!name) {
		refuse(attempt, &decision);
		return;
	}
	attempt->name = xstrdup(name);
	if (!policy_decide(&net->policy, &question, &decision)) {
		refuse(attempt, &decision);
		return;
	}
	attempt->tally = counters_line(&net->counters, name);
	attempt->tls = decision.tls;
	attempt->port = key->outside_port;
	attempt->state = RESOLVING;
	attempt->lookup = names_look_up(net->names, name, key->outside.family, resolved, attempt);
	if (!attempt->lookup)
		fail(attempt, EHOSTUNREACH);
}

/* Ask the policy, and go to the real destination. */
static void decide(struct attempt *attempt)
{
	struct net *net = attempt->net;
	struct policy_decision decision;
	const struct key *key = &attempt->key;
	const struct policy_question question = {
		.protocol = POLICY_TCP,
		.address = &key->outside,
		.port = key->outside_port,
	};
	char text[ADDRESS_TEXT];

	attempt->outward = true;
	attempt->generation = net->policy.generation;
	if (net->policy.listed && names_is_stand_in(&key->outside)) {
		decide_by_name(attempt);
		return;
	}
	if (!policy_decide(&net->policy, &question, &decision)) {
		refuse(attempt, &decision);
		return;
	}
	address_format(&key->outside, text);
	attempt->tally = counters_line(&net->counters, text);
	attempt->port = key->outside_port;
	attempt->candidates[attempt->candidate_count++] = key->outside;
	try_next(attempt);
}

void attempt_detour(struct net *net, const struct frame *frame)
{
	const struct key key = {
		.inside = frame->source,
		.outside = frame->destination,
		.inside_port = frame->source_port,
		.outside_port = frame->destination_port,
	};
	struct attempt *attempt;

	/* Only the sandbox's own kernel is answered by the listener inside. */
	if (frame->length > SYN_LIMIT || !net->attempts)
		return;
	attempt = find(net, &key);
	if (!attempt) {
		attempt = new_attempt(net, &key, -1);
		if (!attempt) {
			wire_fail(net, frame, ECONNREFUSED);
			return;
		}
		memcpy(attempt->syn, frame->data, frame->length);
		attempt->syn_length = frame->length;
		decide(attempt);
		return;
	}
	memcpy(attempt->syn, frame->data, frame->length);
	attempt->syn_length = frame->length;
	if (attempt->state == HANDSHAKE) {
		frame_turn(attempt->syn);
		wire_send(net, attempt->syn, attempt->syn_length);
		frame_turn(attempt->syn);
	}
}

void attempt_outward(struct net *net, int fd, const struct address *destination, uint16_t port,
		     bool granted)
{
	struct key key = {.outside = *destination, .outside_port = port};
	struct sockaddr_storage peer = {0};
	socklen_t length = sizeof(peer);
	struct attempt *attempt;
	char text[64];

	getpeername(fd, (struct sockaddr *)&peer, &length);
	address_from_sockaddr((struct sockaddr *)&peer, &key.inside, &key.inside_port);
	attempt = new_attempt(net, &key, fd);
	if (!attempt)
		return;
	if (!granted) {
		decide(attempt);
		return;
	}
	snprintf(text, sizeof(text), "--host-port %u", port);
	attempt->tally = counters_line(&net->counters, text);
	attempt->port = port;
	attempt->candidates[attempt->candidate_count++] = *destination;
	try_next(attempt);
}

void attempt_inward(struct net *net, int fd, uint16_t port)
{
	const struct layout *layout = &net->options->layout;
	const struct address loopback4 = {.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	const struct address loopback6 = {.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT};
	struct key key = {.outside_port = port};
	struct sockaddr_storage peer = {0};
	socklen_t length = sizeof(peer);
	struct attempt *attempt;
	char text[64];

	getpeername(fd, (struct sockaddr *)&peer, &length);
	address_from_sockaddr((struct sockaddr *)&peer, &key.inside, &key.inside_port);
	key.outside = key.inside.family == AF_INET6 ? loopback6 : loopback4;
	attempt = new_attempt(net, &key, fd);
	if (!attempt)
		return;
	snprintf(text, sizeof(text), "--publish %u", port);
	attempt->tally = counters_line(&net->counters, text);
	attempt->inward = true;
	attempt->port = port;
	/* Where a server inside may listen: most do on loopback or on everything. */
	attempt->candidates[attempt->candidate_count++] = loopback4;
	attempt->candidates[attempt->candidate_count++] = layout->guest4.address;
	if (net->attachment.ipv6)
		attempt->candidates[attempt->candidate_count++] = loopback6;
	try_next(attempt);
}

/* --- those of the transparent listener --- */

/* Who is at both ends of @fd, which came from @peer. */
static bool ends_of(int fd, const struct sockaddr *peer, struct key *ret)
{
	struct sockaddr_storage local;
	socklen_t length = sizeof(local);

	return getsockname(fd, (struct sockaddr *)&local, &length) == 0 &&
	       address_from_sockaddr(peer, &ret->inside, &ret->inside_port) &&
	       address_from_sockaddr((struct sockaddr *)&local, &ret->outside, &ret->outside_port);
}

void attempt_accepted(struct net *net, int fd, const struct sockaddr *peer)
{
	struct attempt *attempt;
	struct key key;
	int outer;

	if (!ends_of(fd, peer, &key)) {
		relay_reset(fd);
		return;
	}
	if (net->attachment.tcp == TCP_ACCEPT_FIRST) {
		attempt_outward(net, fd, &key.outside, key.outside_port, false);
		return;
	}
	attempt = find(net, &key);
	if (!attempt || attempt->state != HANDSHAKE) {
		relay_reset(fd); /* nobody asked for it: it came past the tap */
		return;
	}
	outer = attempt->watch.fd;
	attempt->watch.fd = -1;
	join(attempt, fd, outer);
}

void attempt_turned_away(struct net *net, int fd, const struct sockaddr *peer, int code)
{
	struct attempt *attempt;
	struct key key;

	if (ends_of(fd, peer, &key)) {
		attempt = find(net, &key);
		if (attempt && attempt->state == HANDSHAKE)
			end(attempt);
		shortage_tell(net, &key.outside, key.outside_port, code);
	}
	relay_reset(fd);
}

int attempts_begin(struct net *net, size_t limit, struct error *e)
{
	static struct attempts attempts;

	attempts.limit = limit;
	if (getrandom(attempts.seed, sizeof(attempts.seed), 0) < 0)
		return error_errno(e, errno, "getrandom");
	net->attempts = &attempts;
	return 0;
}

void attempts_end(struct net *net)
{
	struct attempts *attempts = net->attempts;

	if (!attempts)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (attempts->buckets[i])
			end(attempts->buckets[i]);
	net->attempts = NULL;
}
