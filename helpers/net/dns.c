// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answering the sandbox's questions.
 *
 * Without a list, a question is passed on as it is, EDNS and all, and so is the answer. With these
 * exceptions: a denied name does not exist, nor does an alias of one; and where an answer holds an
 * address that the mode refuses (a private one with `internet`, this host's loopback with any), all
 * of it is withheld: the connection would be refused anyway, and a public name at a private address
 * is how a browser inside would be turned against its own network. The reverse names of addresses
 * that are refused aren't asked for, as their answers would tell about the local network.
 *
 * With a list, nothing of a question ever leaves but an allowed name, in a question of our own for
 * its addresses. An address that stands for the name is the answer (names.c), where the real ones
 * may be reached. Any other name does not exist; an allowed one has no other records: not HTTPS, which
 * would bring keys for an encrypted hello, not TXT, which would carry data.
 *
 * "Does not exist" rather than "refused", as programs try a refused question again elsewhere; who
 * speaks EDNS is told the reason (RFC 8914: Blocked). Names under `localhost` are answered here and
 * never sent (RFC 6761).
 */
#include "dns.h"

#include "dns_message.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CLIENT_LIMIT    32    /* connections by TCP */
#define CLIENT_PATIENCE 10000 /* milliseconds that one may be idle */
#define QUESTION_LIMIT  256   /* under way */
#define SHARE           32    /* datagrams before others get their turn */
#define TTL             60
#define TTL_LOCAL       86400

#define TYPE_TRANSFER 250 /* TSIG, IXFR, AXFR, … up to ANY: no data types */

struct client {
	struct dns *dns;
	struct client *next, **link;
	struct watch watch;
	struct timer timer;
	struct question *question; /* being answered; the next one is read after it */
	size_t received;
	uint8_t *answer; /* being sent, with its two bytes of length */
	size_t answer_length, sent;
	uint8_t query[2 + RESOLVER_QUESTION_LIMIT];
};

struct question {
	struct dns *dns;
	struct question *next, **link;
	struct dns_question asked;
	struct resolver_query *query;
	struct names_lookup *lookup;
	struct client *client; /* or */
	struct server *server; /* by UDP, */
	struct sockaddr_storage from;
	socklen_t from_length;
	size_t length;
	uint8_t message[]; /* with room for an answer of our own */
};

struct server {
	struct dns *dns;
	struct server *next;
	struct watch watch;
	bool tcp;
};

struct dns {
	struct dns_setup setup;
	struct server *servers;
	struct client *clients;
	struct question *questions;
	size_t client_count, question_count;
	uint8_t buffer[RESOLVER_QUESTION_LIMIT + DNS_ANSWER_LIMIT];
};

struct dns *dns_new(const struct dns_setup *setup)
{
	struct dns *dns = xcalloc(1, sizeof(*dns));

	dns->setup = *setup;
	return dns;
}

static void end_question(struct question *question)
{
	struct dns *dns = question->dns;

	if (question->query)
		resolver_cancel(question->query);
	if (question->lookup)
		names_cancel(question->lookup);
	if (question->client)
		question->client->question = NULL;
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	dns->question_count--;
	loop_free(dns->setup.loop, question);
}

static void end_client(struct client *client)
{
	struct dns *dns = client->dns;

	if (client->question)
		end_question(client->question);
	timer_clear(dns->setup.loop, &client->timer);
	loop_close(dns->setup.loop, &client->watch);
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	dns->client_count--;
	free(client->answer);
	loop_free(dns->setup.loop, client);
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	while (dns->clients)
		end_client(dns->clients);
	while (dns->questions)
		end_question(dns->questions);
	while (dns->servers) {
		struct server *server = dns->servers;

		dns->servers = server->next;
		loop_close(dns->setup.loop, &server->watch);
		loop_free(dns->setup.loop, server);
	}
	free(dns);
}

static void send_to_client(struct client *client)
{
	struct loop *loop = client->dns->setup.loop;
	ssize_t n = send(client->watch.fd, client->answer + client->sent,
			 client->answer_length - client->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end_client(client);
		return;
	}
	client->sent += n > 0 ? (size_t)n : 0;
	if (client->sent == client->answer_length) {
		free(client->answer);
		client->answer = NULL;
		client->received = 0;
	}
	loop_modify(loop, &client->watch, client->answer ? EPOLLOUT : EPOLLIN);
	timer_set(loop, &client->timer, CLIENT_PATIENCE);
}

/* Send @message and forget the question. */
static void reply(struct question *question, uint8_t *message, size_t length)
{
	struct client *client = question->client;

	if (client) {
		client->answer = xcalloc(2 + length, 1);
		client->answer[0] = (uint8_t)(length >> 8);
		client->answer[1] = (uint8_t)length;
		memcpy(client->answer + 2, message, length);
		client->answer_length = 2 + length;
		client->sent = 0;
		end_question(question); /* and with it perhaps the message */
		send_to_client(client);
		return;
	}
	if (length > question->asked.payload)
		length = dns_truncate(message, &question->asked);
	sendto(question->server->watch.fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL,
	       (struct sockaddr *)&question->from, question->from_length);
	end_question(question);
}

/* Answer ourselves. */
static void reply_with(struct question *question, const struct dns_answer *answer)
{
	reply(question, question->message,
	      dns_write_answer(question->message, &question->asked, answer));
}

static void reply_code(struct question *question, enum dns_code code)
{
	reply_with(question, &(struct dns_answer){.code = code, .extended = DNS_EXTENDED_NONE});
}

/* As if the name, or only its address, did not exist. */
static void withhold(struct question *question, enum dns_code code,
		     const struct policy_decision *decision)
{
	const struct dns_setup *setup = &question->dns->setup;

	if (setup->refused)
		setup->refused(setup->data, question->asked.text, decision);
	reply_with(question, &(struct dns_answer){.code = code, .extended = DNS_EXTENDED_BLOCKED});
}

/* May the response be passed on? */
static bool response_granted(struct question *question, const uint8_t *message, size_t length,
			     struct policy_decision *decision)
{
	struct policy *policy = question->dns->setup.policy;
	struct dns_question said;
	struct dns_cursor cursor;
	struct dns_record record;
	char target[DNS_TEXT_LIMIT];
	int r;

	decision->reason[0] = '\0';
	if (!dns_read_response(message, length, &said, &cursor))
		return false;
	while ((r = dns_next_record(&cursor, &record)) > 0) {
		struct address address;

		if (record.type == DNS_CNAME) {
			if (!dns_read_name(message, length, record.data, target))
				return false;
			if (!policy_may_resolve(policy, target, decision))
				return false;
		} else if (dns_record_address(&cursor, &record, &address) &&
			   !policy_may_answer(policy, record.owner, &address, decision)) {
			return false;
		}
	}
	return r == 0;
}

static void passed_on(void *data, uint8_t *response, size_t length)
{
	struct question *question = data;
	struct policy_decision decision;

	question->query = NULL;
	if (!response)
		reply_with(question, &(struct dns_answer){.code = DNS_SERVFAIL,
							  .extended = DNS_EXTENDED_NETWORK});
	else if (response_granted(question, response, length, &decision))
		reply(question, response, length);
	else if (decision.reason[0])
		withhold(question, DNS_NOERROR, &decision);
	else
		reply_code(question, DNS_SERVFAIL);
}

static void looked_up(void *data, const struct names_result *result)
{
	struct question *question = data;
	const struct dns_setup *setup = &question->dns->setup;
	const char *name = question->asked.name;
	struct policy_decision decision = {0};
	struct address address;
	bool granted = false;

	question->lookup = NULL;
	for (size_t i = 0; i < result->count && !granted; i++)
		granted = policy_may_answer(setup->policy, name, &result->addresses[i], &decision);
	if (!granted && result->count)
		withhold(question, DNS_NOERROR, &decision);
	else if (!granted)
		reply_code(question, result->code);
	else if (!names_assign(setup->names, name,
			       question->asked.type == DNS_A ? AF_INET : AF_INET6, &address))
		reply_code(question, DNS_SERVFAIL);
	else
		reply_with(question, &(struct dns_answer){.extended = DNS_EXTENDED_NONE,
							  .ttl = TTL,
							  .address = &address});
}

/* Names under `localhost`; whether it was one. */
static bool answer_localhost(struct question *question)
{
	static const char suffix[] = ".localhost";
	const struct dns_question *asked = &question->asked;
	struct dns_answer answer = {.extended = DNS_EXTENDED_NONE, .ttl = TTL_LOCAL};
	size_t length = strlen(asked->text), tail = sizeof(suffix) - 1;
	struct address address;

	if (!streq(asked->text, suffix + 1) &&
	    (length < tail || !streq(asked->text + length - tail, suffix)))
		return false;
	address_parse(asked->type == DNS_A ? "127.0.0.1" : "::1", &address);
	if (asked->type == DNS_A || asked->type == DNS_AAAA)
		answer.address = &address;
	reply_with(question, &answer);
	return true;
}

/* Reverse names of addresses that we gave, and of those that are nobody's business. */
static bool answer_reverse(struct question *question)
{
	const struct dns_setup *setup = &question->dns->setup;
	struct dns_answer answer = {.extended = DNS_EXTENDED_NONE, .ttl = TTL};
	struct policy_decision decision;
	struct address address;

	if (!dns_reverse_address(question->asked.text, &address))
		return false;
	if (!setup->policy->listed && policy_may_answer(setup->policy, NULL, &address, &decision))
		return false;
	if (setup->policy->listed && question->asked.type == DNS_PTR)
		answer.pointer = names_find(setup->names, &address);
	if (!answer.pointer)
		answer.code = DNS_NXDOMAIN;
	reply_with(question, &answer);
	return true;
}

static void answer_listed(struct question *question)
{
	const struct dns_setup *setup = &question->dns->setup;
	const struct dns_question *asked = &question->asked;

	if ((asked->type != DNS_A && asked->type != DNS_AAAA) ||
	    (asked->type == DNS_AAAA && !setup->ipv6)) {
		reply_code(question, DNS_NOERROR);
		return;
	}
	question->lookup =
		names_look_up(setup->names, asked->name, asked->type == DNS_A ? AF_INET : AF_INET6,
			      looked_up, question);
	if (!question->lookup)
		reply_code(question, DNS_SERVFAIL);
}

static void answer(struct question *question, int code)
{
	const struct dns_setup *setup = &question->dns->setup;
	const struct dns_question *asked = &question->asked;
	struct policy_decision decision;

	if (code != DNS_NOERROR) {
		reply_code(question, (enum dns_code)code);
		return;
	}
	if (asked->type >= TYPE_TRANSFER && asked->type < 255) {
		reply_code(question, DNS_REFUSED);
		return;
	}
	if (answer_localhost(question) || answer_reverse(question))
		return;
	/* Bytes that are no letters, digits or hyphens are no part of an allowed name. */
	if (!policy_may_resolve(setup->policy, asked->text, &decision) ||
	    (setup->policy->listed && !asked->name[0])) {
		if (decision.allowed)
			snprintf(decision.reason, sizeof(decision.reason), "not a host name");
		withhold(question, DNS_NXDOMAIN, &decision);
		return;
	}
	if (setup->policy->listed) {
		answer_listed(question);
		return;
	}
	question->query = resolver_ask(setup->resolver, question->message, question->length,
				       question->client != NULL, passed_on, question);
	if (!question->query)
		reply_code(question, DNS_SERVFAIL);
}

/* A question that was understood so far that there is an answer; NULL where there is none. */
static struct question *begin_question(struct dns *dns, const uint8_t *message, size_t length,
				       int *ret_code)
{
	struct dns_question asked;
	struct question *question;

	*ret_code = dns_read_query(message, length, &asked);
	if (*ret_code < 0 || dns->question_count >= QUESTION_LIMIT)
		return NULL;
	question = xcalloc(1, sizeof(*question) + length + DNS_ANSWER_LIMIT);
	question->dns = dns;
	question->asked = asked;
	question->length = length;
	memcpy(question->message, message, length);
	question->link = &dns->questions;
	question->next = dns->questions;
	if (question->next)
		question->next->link = &question->next;
	dns->questions = question;
	dns->question_count++;
	return question;
}

static void read_datagrams(struct server *server)
{
	struct dns *dns = server->dns;

	for (int i = 0; i < SHARE; i++) {
		struct sockaddr_storage from;
		socklen_t from_length = sizeof(from);
		struct question *question;
		ssize_t n = recvfrom(server->watch.fd, dns->buffer, sizeof(dns->buffer),
				     MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
		int code;

		if (n < 0)
			return;
		if (n > RESOLVER_QUESTION_LIMIT)
			continue;
		question = begin_question(dns, dns->buffer, (size_t)n, &code);
		if (!question)
			continue;
		question->server = server;
		question->from = from;
		question->from_length = from_length;
		answer(question, code);
	}
}

static void read_from_client(struct client *client)
{
	struct dns *dns = client->dns;
	size_t want = 2;
	int code;
	ssize_t n;

	if (client->received >= 2)
		want = 2 + ((size_t)client->query[0] << 8 | client->query[1]);
	if (want > sizeof(client->query)) {
		end_client(client);
		return;
	}
	n = recv(client->watch.fd, client->query + client->received, want - client->received,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_client(client);
		return;
	}
	client->received += (size_t)n;
	if (client->received == 2 || client->received < want)
		return;
	client->question = begin_question(dns, client->query + 2, want - 2, &code);
	if (!client->question) {
		end_client(client);
		return;
	}
	client->question->client = client;
	timer_clear(dns->setup.loop, &client->timer);
	loop_modify(dns->setup.loop, &client->watch, 0);
	answer(client->question, code);
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);

	if (events & EPOLLERR || (events & EPOLLHUP && !(events & EPOLLIN)))
		end_client(client);
	else if (client->answer)
		send_to_client(client);
	else if (!client->question)
		read_from_client(client);
}

static void client_idle(struct timer *timer)
{
	end_client(container_of(timer, struct client, timer));
}

static void accept_client(struct server *server)
{
	struct dns *dns = server->dns;
	_cleanup_fd_ int fd = accept4(server->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	/* Others have their turn when one of these has had its time. */
	if (fd < 0 || dns->client_count >= CLIENT_LIMIT)
		return;
	client = xcalloc(1, sizeof(*client));
	client->dns = dns;
	client->watch = (struct watch){.fd = fd, .ready = client_ready};
	client->timer.expired = client_idle;
	if (loop_add(dns->setup.loop, &client->watch, EPOLLIN) < 0) {
		free(client);
		return;
	}
	fd = -1;
	client->link = &dns->clients;
	client->next = dns->clients;
	if (client->next)
		client->next->link = &client->next;
	dns->clients = client;
	dns->client_count++;
	timer_set(dns->setup.loop, &client->timer, CLIENT_PATIENCE);
}

static void server_ready(struct watch *watch, uint32_t events)
{
	struct server *server = container_of(watch, struct server, watch);

	if (server->tcp)
		accept_client(server);
	else
		read_datagrams(server);
}

static int serve(struct dns *dns, int fd, bool tcp, struct error *e)
{
	struct server *server = xcalloc(1, sizeof(*server));
	int r;

	*server = (struct server){.dns = dns, .tcp = tcp, .next = dns->servers};
	server->watch = (struct watch){.fd = fd, .ready = server_ready};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	r = loop_add(dns->setup.loop, &server->watch, EPOLLIN);
	if (r < 0) {
		free(server);
		fd_close(fd);
		return error_errno(e, -r, "watching the socket of the name server");
	}
	dns->servers = server;
	return 0;
}

int dns_serve(struct dns *dns, int udp, int tcp, struct error *e)
{
	int r = udp < 0 ? 0 : serve(dns, udp, false, e);

	if (r < 0) {
		fd_close(tcp);
		return r;
	}
	return tcp < 0 ? 0 : serve(dns, tcp, true, e);
}
