// SPDX-License-Identifier: GPL-2.0-or-later
/* The name server, the resolver behind it and the table of names, in one loop with both their peers. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "dns.h"
#include "dns_message.h"

#include "base/fd.h"
#include "base/string.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How the resolver outside behaves. */
enum behaviour {
	ANSWERS,
	SAYS_NO_SUCH_NAME,
	FAILS,
	IS_SILENT,
	TRUNCATES, /* by UDP */
	LIES,      /* first with a wrong number, a wrong name and junk */
};

static struct {
	struct loop *loop;
	struct policy policy;
	struct resolver *resolver;
	struct names *names;
	struct dns *dns;
	enum behaviour behaviour;
	const char *address; /* what it answers */
	unsigned int asked, asked_by_tcp, refused;
	struct watch udp, tcp, stream;
	struct watch client;
	struct timer patience;
	struct sockaddr_in server; /* of the name server under test */
	uint8_t got[2 + DNS_MESSAGE_LIMIT];
	size_t got_length;
	char reason[400];
} t;

static size_t upstream_answer(uint8_t *message, size_t length, bool tcp)
{
	struct dns_question question;
	struct address address;
	struct dns_answer answer = {.extended = DNS_EXTENDED_NONE, .ttl = 30};

	assert_int_equal(dns_read_query(message, length, &question), DNS_NOERROR);
	t.asked++;
	t.asked_by_tcp += tcp;
	assert_true(address_parse(t.address, &address));
	if (t.behaviour == SAYS_NO_SUCH_NAME)
		answer.code = DNS_NXDOMAIN;
	else if (t.behaviour == FAILS)
		answer.code = DNS_SERVFAIL;
	else if (question.type == (address.family == AF_INET ? DNS_A : DNS_AAAA))
		answer.address = &address;
	length = dns_write_answer(message, &question, &answer);
	if (t.behaviour == TRUNCATES && !tcp)
		length = dns_truncate(message, &question);
	return length;
}

static void upstream_udp(struct watch *watch, uint32_t events)
{
	uint8_t message[4096 + DNS_ANSWER_LIMIT], bad[4096 + DNS_ANSWER_LIMIT];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(watch->fd, message, 4096, 0, (struct sockaddr *)&from, &size);
	size_t length = upstream_answer(message, (size_t)n, false);

	if (t.behaviour == IS_SILENT)
		return;
	if (t.behaviour == LIES) {
		memcpy(bad, message, length);
		bad[0] ^= 1;
		sendto(watch->fd, bad, length, 0, (struct sockaddr *)&from, size);
		bad[0] ^= 1;
		bad[DNS_HEADER + 1] ^= 1;
		sendto(watch->fd, bad, length, 0, (struct sockaddr *)&from, size);
		sendto(watch->fd, bad, 5, 0, (struct sockaddr *)&from, size);
		sendto(watch->fd, bad, 0, 0, (struct sockaddr *)&from, size);
	}
	sendto(watch->fd, message, length, 0, (struct sockaddr *)&from, size);
}

static void upstream_stream(struct watch *watch, uint32_t events)
{
	uint8_t message[2 + 4096 + DNS_ANSWER_LIMIT];
	ssize_t n = recv(watch->fd, message, 4096, 0);
	size_t length;

	if (n > 2) {
		length = upstream_answer(message + 2, (size_t)n - 2, true);
		message[0] = (uint8_t)(length >> 8);
		message[1] = (uint8_t)length;
		/* In two parts, as streams do. */
		send(watch->fd, message, 1, 0);
		usleep(1000);
		send(watch->fd, message + 1, length + 1, 0);
		return;
	}
	loop_close(t.loop, watch);
}

static void upstream_tcp(struct watch *watch, uint32_t events)
{
	if (t.stream.fd >= 0)
		loop_close(t.loop, &t.stream);
	t.stream = (struct watch){.fd = accept(watch->fd, NULL, NULL), .ready = upstream_stream};
	assert_int_equal(loop_add(t.loop, &t.stream, EPOLLIN), 0);
}

static void client_ready(struct watch *watch, uint32_t events)
{
	ssize_t n = recv(watch->fd, t.got + t.got_length, sizeof(t.got) - t.got_length, 0);

	t.got_length += n > 0 ? (size_t)n : 0;
	loop_stop(t.loop, 0);
}

static void too_late(struct timer *timer)
{
	loop_stop(t.loop, 1);
}

static void was_refused(void *data, const char *name, const struct policy_decision *decision)
{
	t.refused++;
	snprintf(t.reason, sizeof(t.reason), "%s", decision->reason);
}

static int open_socket(int type, struct sockaddr_in *ret)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = ret->sin_port};
	socklen_t size = sizeof(here);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&here, size), 0);
	getsockname(fd, (struct sockaddr *)&here, &size);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	*ret = here;
	return fd;
}

static int begin(void **state)
{
	struct sockaddr_in upstream = {0};
	struct name_servers servers = {.count = 1};
	struct error e = {0};
	int udp, tcp;

	memset(&t, 0, sizeof(t));
	t.address = "203.0.113.10";
	t.policy.mode = POLICY_INTERNET;
	t.stream.fd = -1;
	assert_int_equal(loop_new(&t.loop, &e), 0);
	t.udp = (struct watch){.fd = open_socket(SOCK_DGRAM, &upstream), .ready = upstream_udp};
	t.tcp = (struct watch){.fd = open_socket(SOCK_STREAM, &upstream), .ready = upstream_tcp};
	loop_add(t.loop, &t.udp, EPOLLIN);
	loop_add(t.loop, &t.tcp, EPOLLIN);
	t.patience.expired = too_late;
	t.resolver = resolver_new(t.loop);
	servers.items[0].address = (struct address){.family = AF_INET, .v4 = upstream.sin_addr};
	servers.items[0].port = ntohs(upstream.sin_port);
	resolver_set_servers(t.resolver, &servers);
	t.names = names_new(t.loop, t.resolver);
	t.dns = dns_new(&(struct dns_setup){
		.loop = t.loop,
		.policy = &t.policy,
		.resolver = t.resolver,
		.names = t.names,
		.ipv6 = true,
		.refused = was_refused,
	});
	udp = open_socket(SOCK_DGRAM, &t.server);
	tcp = open_socket(SOCK_STREAM, &t.server);
	assert_int_equal(dns_serve(t.dns, udp, tcp, &e), 0);
	return 0;
}

static int finish(void **state)
{
	dns_free(t.dns);
	names_free(t.names);
	resolver_free(t.resolver);
	loop_close(t.loop, &t.udp);
	loop_close(t.loop, &t.tcp);
	if (t.stream.fd >= 0)
		loop_close(t.loop, &t.stream);
	loop_delete(t.loop);
	policy_free(&t.policy);
	return 0;
}

/* Wait for the answer, or for @milliseconds. */
static bool wait_for_answer(int64_t milliseconds)
{
	int r;

	timer_set(t.loop, &t.patience, milliseconds);
	r = loop_run(t.loop);
	timer_clear(t.loop, &t.patience);
	return r == 0;
}

/* Ask for @name as the sandbox does: the code; an address that was answered is in @ret. */
static int ask(const char *name, uint16_t type, bool tcp, struct address *ret)
{
	uint8_t message[2 + 512];
	struct dns_question question;
	struct dns_cursor cursor;
	struct dns_record record;
	uint8_t *got = t.got + (tcp ? 2 : 0);
	size_t length = dns_write_query(message + 2, 0x4711, name, type);

	message[0] = (uint8_t)(length >> 8);
	message[1] = (uint8_t)length;
	t.got_length = 0;
	t.client = (struct watch){
		.fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0),
		.ready = client_ready};
	connect(t.client.fd, (struct sockaddr *)&t.server, sizeof(t.server));
	loop_add(t.loop, &t.client, EPOLLIN);
	if (tcp)
		send(t.client.fd, message, length + 2, 0);
	else
		send(t.client.fd, message + 2, length, 0);
	while (tcp && t.got_length < 2 + DNS_HEADER)
		if (!wait_for_answer(8000))
			break;
	if (!tcp)
		wait_for_answer(8000);
	loop_close(t.loop, &t.client);
	if (!t.got_length)
		return -1;
	assert_true(dns_read_response(got, t.got_length - (tcp ? 2 : 0), &question, &cursor));
	assert_int_equal(question.id, 0x4711);
	assert_string_equal(question.text, name);
	/* The letters come back as they were sent, however they went out. */
	assert_memory_equal(got + DNS_HEADER, message + 2 + DNS_HEADER, question.name_length);
	*ret = (struct address){0};
	while (dns_next_record(&cursor, &record) > 0)
		dns_record_address(&cursor, &record, ret);
	return question.flags & 0xf;
}

static const char *shown(const struct address *address)
{
	static char text[ADDRESS_TEXT];

	if (!address->family)
		return "none";
	address_format(address, text);
	return text;
}

static void expect(const char *name, uint16_t type, int code, const char *address)
{
	for (int tcp = 0; tcp < 2; tcp++) {
		struct address got;
		int r = ask(name, type, tcp, &got);

		if (r != code || !streq(shown(&got), address))
			fail_msg("%s by %s: %d, %s", name, tcp ? "TCP" : "UDP", r, shown(&got));
	}
}

static void add_rule(enum policy_verb verb, const char *rule)
{
	assert_int_equal(policy_add(&t.policy, verb, rule, NULL), 0);
}

static void without_a_list_answers_pass(void **state)
{
	expect("example.org", DNS_A, DNS_NOERROR, "203.0.113.10");
	expect("example.org", DNS_AAAA, DNS_NOERROR, "none");
	assert_int_equal(t.asked, 4);
	expect("a.localhost", DNS_A, DNS_NOERROR, "127.0.0.1");
	expect("10.7.168.192.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN, "none");
	assert_int_equal(t.asked, 4);
	add_rule(POLICY_DENY, "*.evil.example");
	expect("x.evil.example", DNS_A, DNS_NXDOMAIN, "none");
	assert_int_equal(t.asked, 4);
	assert_int_equal(t.refused, 2);
}

static void refused_addresses_are_withheld(void **state)
{
	static const char *const bad[] = {"127.0.0.1", "10.0.0.1",    "169.254.169.254",
					  "::1",       "fd00::1",     "::ffff:10.0.0.1",
					  "0.0.0.0",   "198.18.0.16", "fd00:6875:7463:6800::10"};

	for (size_t listed = 0; listed < 2; listed++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			char name[32];

			snprintf(name, sizeof(name), "n%zu.example", i);
			t.address = bad[i];
			expect(name, strchr(bad[i], ':') ? DNS_AAAA : DNS_A, DNS_NOERROR, "none");
			assert_non_null(strstr(t.reason, "address"));
		}
		add_rule(POLICY_ALLOW, "*.example");
	}
	assert_int_equal(t.refused, 4 * COUNT(bad));
}

static void with_a_list_names_have_stand_ins(void **state)
{
	struct address address;

	add_rule(POLICY_ALLOW, "example.org:443");
	add_rule(POLICY_ALLOW, "*.example.net");
	expect("example.org", DNS_A, DNS_NOERROR, "198.18.0.16");
	expect("www.example.net", DNS_A, DNS_NOERROR, "198.18.0.17");
	expect("example.org", DNS_A, DNS_NOERROR, "198.18.0.16");
	assert_true(address_parse("198.18.0.17", &address));
	assert_string_equal(names_find(t.names, &address), "www.example.net");
	/* Found once, it is known for a while. */
	assert_int_equal(t.asked, 2);
	expect("secret.other.example", DNS_A, DNS_NXDOMAIN, "none");
	expect("example.org", 16, DNS_NOERROR, "none");
	expect("example.org", DNS_HTTPS, DNS_NOERROR, "none");
	assert_int_equal(t.asked, 2);
	t.address = "2001:db8::10";
	expect("example.org", DNS_AAAA, DNS_NOERROR, "fd00:6875:7463:6800::10");
	assert_true(address_parse("fd00:6875:7463:6800::10", &address));
	assert_string_equal(names_find(t.names, &address), "example.org");
	assert_true(address_parse("198.18.0.18", &address));
	assert_null(names_find(t.names, &address));
	assert_true(address_parse("fd00:6875:7463:6800:1::10", &address));
	assert_null(names_find(t.names, &address));
}

static void a_name_that_does_not_exist_gets_no_address(void **state)
{
	struct address address;

	add_rule(POLICY_ALLOW, "*.example.org");
	t.behaviour = SAYS_NO_SUCH_NAME;
	expect("x.example.org", DNS_A, DNS_NXDOMAIN, "none");
	t.behaviour = FAILS;
	expect("y.example.org", DNS_A, DNS_SERVFAIL, "none");
	assert_true(address_parse("198.18.0.16", &address));
	assert_null(names_find(t.names, &address));
}

static void what_is_truncated_is_asked_for_whole(void **state)
{
	struct address got;

	t.behaviour = TRUNCATES;
	add_rule(POLICY_ALLOW, "example.org");
	assert_int_equal(ask("example.org", DNS_A, false, &got), DNS_NOERROR);
	assert_string_equal(shown(&got), "198.18.0.16");
	assert_int_equal(t.asked_by_tcp, 1);
}

static void only_the_answer_to_the_question_counts(void **state)
{
	t.behaviour = LIES;
	expect("example.org", DNS_A, DNS_NOERROR, "203.0.113.10");
	assert_int_equal(t.asked_by_tcp, 0);
}

static void silence_ends(void **state)
{
	struct address got;

	t.behaviour = IS_SILENT;
	assert_int_equal(ask("example.org", DNS_A, false, &got), DNS_SERVFAIL);
	assert_int_equal(t.asked, 2);
	/* Questions under way when all ends. */
	t.got_length = 0;
	for (int i = 0; i < 3; i++) {
		uint8_t message[512];
		size_t length = dns_write_query(message, 1, "example.org", DNS_A);
		_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		sendto(fd, message, length, 0, (struct sockaddr *)&t.server, sizeof(t.server));
	}
	assert_false(wait_for_answer(50));
}

static void a_full_table_gives_no_more(void **state)
{
	struct address address, first;

	assert_true(names_assign(t.names, "first.example", AF_INET, &first));
	for (size_t i = 1; i < NAMES_LIMIT; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%zu.example", i);
		assert_true(names_assign(t.names, name, AF_INET, &address));
	}
	assert_false(names_assign(t.names, "one-more.example", AF_INET, &address));
	assert_true(names_assign(t.names, "first.example", AF_INET, &address));
	assert_true(address_equal(&address, &first));
	assert_string_equal(names_find(t.names, &first), "first.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_list_answers_pass, begin, finish),
		cmocka_unit_test_setup_teardown(refused_addresses_are_withheld, begin, finish),
		cmocka_unit_test_setup_teardown(with_a_list_names_have_stand_ins, begin, finish),
		cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_gets_no_address, begin,
						finish),
		cmocka_unit_test_setup_teardown(what_is_truncated_is_asked_for_whole, begin,
						finish),
		cmocka_unit_test_setup_teardown(only_the_answer_to_the_question_counts, begin,
						finish),
		cmocka_unit_test_setup_teardown(silence_ends, begin, finish),
		cmocka_unit_test_setup_teardown(a_full_table_gives_no_more, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
