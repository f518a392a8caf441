// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking name servers, so that it is hard to answer in their place.
 *
 * Each question goes out from a socket of its own, so from a port that the kernel chose at random,
 * with a random number, and with the letters of its name in random case, which servers send back as
 * they came (draft-vixie-dnsext-dns0x20). What differs in any of these isn't the answer; where only
 * the case differs, the question is asked again by TCP, in case the server changes it itself.
 *
 * The servers are asked in turn, beginning with the one that answered last, each with a time limit;
 * two rounds fit well into the patience of the program inside. An error that may be only this
 * server's (SERVFAIL, REFUSED, NOTIMP) is kept and given on if no other server knows better.
 */
#include "resolver.h"

#include "dns_message.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#define ROUNDS 2
/* Milliseconds that all attempts may take together, and one by TCP; programs wait for 5000. */
#define PATIENCE     4800
#define PATIENCE_TCP 2500

struct resolver {
	struct loop *loop;
	struct name_servers servers;
	size_t preferred;
	size_t waiting;
	struct resolver_query *queries; /* a list */
	void (*unreachable)(void *);
	void *unreachable_data;
};

/* What was received last; nothing stays here. */
static uint8_t buffer[2 + DNS_MESSAGE_LIMIT];

struct resolver_query {
	struct resolver *resolver;
	struct resolver_query *next, **link;
	struct watch watch;
	struct timer timer;
	resolver_done *done;
	void *data;
	bool whole, tcp;
	size_t server, attempts;
	size_t name_length;
	uint8_t *kept; /* an error of a server, in case no other knows better */
	size_t kept_length;
	uint8_t *answer; /* by TCP, with its two bytes of length */
	size_t sent, received;
	size_t length;
	uint8_t message[]; /* with its two bytes of length, as sent; behind it, as it came */
};

/* Where the message as sent begins, and as it came. */
static uint8_t *sent_message(struct resolver_query *query)
{
	return query->message + 2;
}

static uint8_t *asked_message(struct resolver_query *query)
{
	return query->message + 2 + query->length;
}

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *resolver = xcalloc(1, sizeof(*resolver));

	resolver->loop = loop;
	return resolver;
}

void resolver_set_servers(struct resolver *resolver, const struct name_servers *servers)
{
	resolver->servers = *servers;
	resolver->preferred = 0;
}

void resolver_on_failure(struct resolver *resolver, void (*unreachable)(void *), void *data)
{
	resolver->unreachable = unreachable;
	resolver->unreachable_data = data;
}

static void stop(struct resolver_query *query)
{
	struct loop *loop = query->resolver->loop;

	if (query->watch.fd >= 0)
		loop_close(loop, &query->watch);
	query->watch.fd = -1;
	timer_clear(loop, &query->timer);
	free(query->answer);
	query->answer = NULL;
	query->sent = query->received = 0;
}

void resolver_cancel(struct resolver_query *query)
{
	stop(query);
	free(query->kept);
	*query->link = query->next;
	if (query->next)
		query->next->link = query->link;
	query->resolver->waiting--;
	loop_free(query->resolver->loop, query);
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	while (resolver->queries)
		resolver_cancel(resolver->queries);
	free(resolver);
}

/* Give @response, or NULL, to who asked. */
static void finish(struct resolver_query *query, uint8_t *response, size_t length)
{
	resolver_done *done = query->done;
	void *data = query->data;
	uint8_t *copy = response == query->kept ? TAKE_PTR(query->kept) : NULL;

	if (response) {
		/* The number and the name as they were asked for. */
		memcpy(response, asked_message(query), 2);
		memcpy(response + DNS_HEADER, asked_message(query) + DNS_HEADER,
		       query->name_length);
	}
	resolver_cancel(query);
	done(data, response, length);
	free(copy);
}

static void randomize(struct resolver_query *query)
{
	uint8_t random[2 + 256 / 8], *message = sent_message(query);

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return; /* can't be for so few bytes; the socket's port stays random */
	memcpy(message, random, 2);
	/* Lengths of labels are below 'A', so that letters are letters. */
	for (size_t i = 0; i < query->name_length; i++) {
		uint8_t *c = message + DNS_HEADER + i, letter = *c | 0x20;

		if (letter >= 'a' && letter <= 'z')
			*c = random[2 + i / 8 % 32] & 1 << i % 8 ? letter : letter & (uint8_t)~0x20;
	}
}

static void attempt(struct resolver_query *query);

static void next_server(struct resolver_query *query)
{
	stop(query);
	query->tcp = false;
	query->server++;
	query->attempts++;
	attempt(query);
}

static void by_tcp(struct resolver_query *query)
{
	stop(query);
	query->tcp = true;
	attempt(query);
}

static bool same_ignoring_case(const uint8_t *a, const uint8_t *b, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t x = a[i], y = b[i];

		if (x >= 'A' && x <= 'Z')
			x |= 0x20;
		if (y >= 'A' && y <= 'Z')
			y |= 0x20;
		if (x != y)
			return false;
	}
	return true;
}

/* Is this the answer? It may end the query. */
static void look_at(struct resolver_query *query, uint8_t *response, size_t length)
{
	struct resolver *resolver = query->resolver;
	const uint8_t *sent = sent_message(query);
	size_t question = DNS_HEADER + query->name_length + 4;
	unsigned int code;

	if (length < question || !(response[2] & 0x80) || memcmp(response, sent, 2) != 0 ||
	    response[4] || response[5] != 1 ||
	    !same_ignoring_case(response + DNS_HEADER, sent + DNS_HEADER, question - DNS_HEADER)) {
		if (query->tcp)
			next_server(query);
		return;
	}
	if (!query->tcp &&
	    (memcmp(response + DNS_HEADER, sent + DNS_HEADER, query->name_length) != 0 ||
	     (query->whole && response[2] & 0x02))) {
		by_tcp(query);
		return;
	}
	code = response[3] & 0x0f;
	if (code == DNS_SERVFAIL || code == DNS_REFUSED || code == DNS_NOTIMP) {
		free(query->kept);
		query->kept = xmemdup(response, length);
		query->kept_length = length;
		next_server(query);
		return;
	}
	resolver->preferred = query->server % resolver->servers.count;
	finish(query, response, length);
}

static void receive_datagrams(struct resolver_query *query)
{
	struct resolver *resolver = query->resolver;
	int fd = query->watch.fd;

	/* Forged answers may come in a flood; what isn't read now is read in the next round. */
	for (int i = 0; i < 16 && query->watch.fd == fd; i++) {
		ssize_t n = recv(fd, buffer, DNS_MESSAGE_LIMIT, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			next_server(query);
			return;
		}
		look_at(query, buffer, (size_t)n);
		if (!resolver->waiting || query->watch.fd < 0 || query->tcp)
			return;
	}
}

static void go_on_by_tcp(struct resolver_query *query, uint32_t events)
{
	struct loop *loop = query->resolver->loop;
	size_t total = 2 + query->length, want = 2;
	int fd = query->watch.fd;
	ssize_t n;

	if (query->sent < total) {
		n = send(fd, query->message + query->sent, total - query->sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			next_server(query);
			return;
		}
		query->sent += n > 0 ? (size_t)n : 0;
		if (query->sent == total)
			loop_modify(loop, &query->watch, EPOLLIN);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (!query->answer)
		query->answer = xcalloc(2 + DNS_MESSAGE_LIMIT, 1);
	if (query->received >= 2)
		want = 2 + ((size_t)query->answer[0] << 8 | query->answer[1]);
	n = recv(fd, query->answer + query->received, want - query->received, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		next_server(query);
		return;
	}
	query->received += (size_t)n;
	if (query->received > 2 && query->received == want) {
		uint8_t *answer = TAKE_PTR(query->answer);

		look_at(query, answer + 2, want - 2);
		free(answer);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	struct resolver_query *query = container_of(watch, struct resolver_query, watch);

	if (query->tcp)
		go_on_by_tcp(query, events);
	else
		receive_datagrams(query);
}

static void expired(struct timer *timer)
{
	next_server(container_of(timer, struct resolver_query, timer));
}

/* Send to the server whose turn it is: 0, or -errno where that could not even be begun. */
static int send_to_server(struct resolver_query *query)
{
	struct resolver *resolver = query->resolver;
	const struct name_server *server =
		&resolver->servers.items[query->server % resolver->servers.count];
	struct sockaddr_storage to;
	socklen_t size = address_to_sockaddr(&server->address, server->port, &to);
	_cleanup_fd_ int fd = -1;

	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_scope_id = server->scope;
	fd = socket(to.ss_family,
		    (query->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	randomize(query);
	if (connect(fd, (struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)
		return -errno;
	if (!query->tcp && send(fd, sent_message(query), query->length, MSG_NOSIGNAL) < 0)
		return -errno;
	query->watch = (struct watch){.fd = fd, .ready = ready};
	if (loop_add(resolver->loop, &query->watch, query->tcp ? EPOLLOUT : EPOLLIN) < 0) {
		query->watch.fd = -1;
		return -ENOMEM;
	}
	fd = -1;
	query->timer.expired = expired;
	timer_set(resolver->loop, &query->timer,
		  query->tcp ? PATIENCE_TCP
			     : PATIENCE / (int64_t)(ROUNDS * resolver->servers.count));
	return 0;
}

static void give_up(struct resolver_query *query)
{
	struct resolver *resolver = query->resolver;

	if (!query->kept && resolver->unreachable)
		resolver->unreachable(resolver->unreachable_data);
	finish(query, query->kept, query->kept_length);
}

static void attempt(struct resolver_query *query)
{
	struct resolver *resolver = query->resolver;

	for (;; query->server++, query->attempts++, query->tcp = false) {
		if (query->attempts >= ROUNDS * resolver->servers.count) {
			give_up(query);
			return;
		}
		if (send_to_server(query) == 0)
			return;
	}
}

/* The first attempt, so that the answer never comes before resolver_ask() returned. */
static void begin(struct timer *timer)
{
	attempt(container_of(timer, struct resolver_query, timer));
}

struct resolver_query *resolver_ask(struct resolver *resolver, const uint8_t *message,
				    size_t length, bool whole, resolver_done *done, void *data)
{
	struct dns_question question;
	struct resolver_query *query;

	if (resolver->waiting >= RESOLVER_LIMIT || length > RESOLVER_QUESTION_LIMIT ||
	    dns_read_query(message, length, &question) != DNS_NOERROR)
		return NULL;
	query = xcalloc(1, sizeof(*query) + 2 + 2 * length);
	query->resolver = resolver;
	query->done = done;
	query->data = data;
	query->whole = whole;
	query->server = resolver->preferred;
	query->length = length;
	query->name_length = question.name_length;
	query->watch.fd = -1;
	query->message[0] = (uint8_t)(length >> 8);
	query->message[1] = (uint8_t)length;
	memcpy(sent_message(query), message, length);
	memcpy(asked_message(query), message, length);
	query->link = &resolver->queries;
	query->next = resolver->queries;
	if (query->next)
		query->next->link = &query->next;
	resolver->queries = query;
	resolver->waiting++;
	query->timer.expired = begin;
	timer_set(resolver->loop, &query->timer, 0);
	return query;
}
