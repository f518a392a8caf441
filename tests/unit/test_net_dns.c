// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "dns_message.h"
#include "resolv_conf.h"

#include "base/string.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes as a string literal, which may hold NUL. */
struct raw {
	const char *data;
	size_t length;
};

#define RAW(literal) ((struct raw){(literal), sizeof(literal) - 1})

/* Counts: one question, then answers, authority, additional. */
#define HEADER(flags, an, ns, ar) "\x12\x34" flags "\0\1\0" an "\0" ns "\0" ar
#define QUERY(ar)                 HEADER("\1\0", "\0", "\0", ar)
#define EXAMPLE                   "\7example\3oRg\0"
#define IN_A                      "\0\1\0\1"
#define OPT(size)                 "\0\0\x29" size "\0\0\0\0\0\0"

static int read_query(struct raw raw, struct dns_question *question)
{
	/* On the heap, so that a byte too far is seen. */
	_cleanup_free_ uint8_t *copy = malloc(raw.length + !raw.length);

	memcpy(copy, raw.data, raw.length);
	return dns_read_query(copy, raw.length, question);
}

static void a_query_is_one_question_and_nothing_else(void **state)
{
	static const struct {
		struct raw raw;
		int code;
		const char *text, *name;
	} cases[] = {
		{RAW(QUERY("\0") EXAMPLE IN_A), DNS_NOERROR, "example.org", "example.org"},
		{RAW(QUERY("\1") EXAMPLE IN_A OPT("\4\xd0")), DNS_NOERROR, "example.org",
		 "example.org"},
		{RAW(QUERY("\0") "\0" IN_A), DNS_NOERROR, ".", ""},
		{RAW(QUERY("\0") "\4_srv\3org\0" IN_A), DNS_NOERROR, "_srv.org", ""},
		/* A dot or a NUL in a label makes no other name. */
		{RAW(QUERY("\0") "\013example.org\0" IN_A), DNS_NOERROR, "example\\046org", ""},
		{RAW(QUERY("\0") "\4a\0bc\3org\0" IN_A), DNS_NOERROR, "a\\000bc.org", ""},
		{RAW(QUERY("\0") "\003127\001"
				 "1\0" IN_A),
		 DNS_NOERROR, "127.1", ""},
		{RAW(QUERY("\0") EXAMPLE "\0\1\0\3"), DNS_NOTIMP, NULL, NULL},
		{RAW(HEADER("\x28\0", "\0", "\0", "\0") EXAMPLE IN_A), DNS_NOTIMP, NULL, NULL},
		{RAW(HEADER("\x81\0", "\0", "\0", "\0") EXAMPLE IN_A), -1, NULL, NULL},
		{RAW(QUERY("\0")), -1, NULL, NULL},
		{RAW("\x12\x34\1\0\0\1"), -1, NULL, NULL},
		{RAW(""), -1, NULL, NULL},
		{RAW("\x12\x34\1\0\0\0\0\0\0\0\0\0"), -1, NULL, NULL},
		{RAW("\x12\x34\1\0\0\2\0\0\0\0\0\0" EXAMPLE IN_A EXAMPLE IN_A), -1, NULL, NULL},
		{RAW(QUERY("\0") "\7example\3or"), -1, NULL, NULL},
		{RAW(QUERY("\0") "\7example\3org\0\0\1"), -1, NULL, NULL},
		{RAW(QUERY("\0") "\xc0\x0c" IN_A), -1, NULL, NULL},
		{RAW(QUERY("\0") "\1a\xc0\x0c" IN_A), -1, NULL, NULL},
		{RAW(QUERY("\0") "\xc0\xff" IN_A), -1, NULL, NULL},
		{RAW(QUERY("\0") "\x40"
				 "a\0" IN_A),
		 -1, NULL, NULL},
		/* What stands beside the question could carry data. */
		{RAW(QUERY("\0") EXAMPLE IN_A "hidden"), DNS_FORMERR, NULL, NULL},
		{RAW(HEADER("\1\0", "\1", "\0", "\0") EXAMPLE IN_A "\0\0\1\0\1\0\0\0\0\0\0"),
		 DNS_FORMERR, NULL, NULL},
		{RAW(QUERY("\1") EXAMPLE IN_A), DNS_FORMERR, NULL, NULL},
		{RAW(QUERY("\2") EXAMPLE IN_A OPT("\4\xd0") OPT("\4\xd0")), DNS_FORMERR, NULL,
		 NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns_question question;
		int code = read_query(cases[i].raw, &question);

		if (code != cases[i].code ||
		    (cases[i].text && !streq(question.text, cases[i].text)) ||
		    (cases[i].name && !streq(question.name, cases[i].name)))
			fail_msg("%zu: %d %s %s", i, code, question.text, question.name);
	}
}

static void edns_says_how_long_an_answer_may_be(void **state)
{
	struct dns_question question;

	assert_int_equal(read_query(RAW(QUERY("\0") EXAMPLE IN_A), &question), 0);
	assert_false(question.extended);
	assert_int_equal(question.payload, 512);
	read_query(RAW(QUERY("\1") EXAMPLE IN_A OPT("\4\xd0")), &question);
	assert_true(question.extended);
	assert_int_equal(question.payload, 1232);
	read_query(RAW(QUERY("\1") EXAMPLE IN_A OPT("\0\1")), &question);
	assert_int_equal(question.payload, 512);
}

/* Labels of 63 bytes; 255 on the wire is the most. */
static void names_have_a_longest(void **state)
{
	for (size_t last = 60; last <= 63; last++) {
		uint8_t message[DNS_HEADER + 300] = {0x12, 0x34, 1, 0, 0, 1};
		size_t at = DNS_HEADER, lengths[] = {63, 63, 63, last};
		struct dns_question question;

		for (size_t i = 0; i < COUNT(lengths); i++) {
			message[at++] = (uint8_t)lengths[i];
			memset(message + at, 'a', lengths[i]);
			at += lengths[i];
		}
		at++;
		memcpy(message + at, IN_A, 4);
		assert_int_equal(dns_read_query(message, at + 4, &question), last <= 61 ? 0 : -1);
		if (last == 61)
			assert_int_equal(strlen(question.name), 253);
	}
}

#define RESPONSE(an)  HEADER("\x81\x80", an, "\0", "\0") EXAMPLE IN_A
#define RECORD_A(ip)  "\0\1\0\1\0\0\0\x3c\0\4" ip
#define OWN           "\xc0\x0c"
#define ALIAS(length) "\0\5\0\1\0\0\0\x1e\0" length

static void only_addresses_of_the_chain_count(void **state)
{
	static const struct {
		struct raw raw;
		size_t count;
		uint32_t ttl;
	} cases[] = {
		{RAW(RESPONSE("\1") OWN RECORD_A("\xcb\0\x71\x0a")), 1, 60},
		{RAW(RESPONSE("\2") OWN RECORD_A("\xcb\0\x71\x0a") OWN RECORD_A("\xcb\0\x71\x0b")),
		 2, 60},
		{RAW(RESPONSE("\0")), 0, 0},
		/* example.org is an alias of cdn.net. */
		{RAW(RESPONSE("\2") OWN ALIAS("\x09") "\3cdn\3net\0"
						      "\3cdn\3net\0" RECORD_A("\xcb\0\x71\x0a")),
		 1, 30},
		/* The other way round in the message. */
		{RAW(RESPONSE("\2") "\3cdn\3net\0" RECORD_A("\xcb\0\x71\x0a")
			     OWN ALIAS("\x09") "\3cdn\3net\0"),
		 1, 30},
		/* An address of another name, which nobody asked for. */
		{RAW(RESPONSE("\1") "\4evil\3net\0" RECORD_A("\xcb\0\x71\x0a")), 0, 0},
		/* The alias hides its own address; and of itself there is no end. */
		{RAW(RESPONSE("\2") OWN RECORD_A("\xcb\0\x71\x0a")
			     OWN ALIAS("\x09") "\3cdn\3net\0"),
		 0, 0},
		{RAW(RESPONSE("\1") OWN ALIAS("\2") OWN), 0, 0},
		/* Cut, or with a length that leads out. */
		{RAW(RESPONSE("\1") OWN "\0\1\0\1\0\0\0\x3c\0\4\xcb\0"), 0, 0},
		{RAW(RESPONSE("\1") OWN "\0\1\0\1\0\0\0\x3c\0\3\xcb\0\x71"), 0, 0},
		{RAW(RESPONSE("\2") OWN RECORD_A("\xcb\0\x71\x0a")), 0, 0},
		{RAW(RESPONSE("\1") OWN ALIAS("\x0a") "\3cdn\3net\0"
						      "x"),
		 0, 0},
		/* A pointer to itself, and one forward. */
		{RAW(RESPONSE("\1") "\xc0\x1d" RECORD_A("\xcb\0\x71\x0a")), 0, 0},
		{RAW(RESPONSE("\1") "\xc0\x30" RECORD_A("\xcb\0\x71\x0a")), 0, 0},
		{RAW(QUERY("\0") EXAMPLE IN_A), 0, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_free_ uint8_t *copy = malloc(cases[i].raw.length);
		struct address found[4];
		uint32_t ttl;
		size_t count;

		memcpy(copy, cases[i].raw.data, cases[i].raw.length);
		count = dns_find_addresses(copy, cases[i].raw.length, "example.org", DNS_A, found,
					   4, &ttl);
		if (count != cases[i].count || (count && ttl != cases[i].ttl))
			fail_msg("%zu: %zu, %u", i, count, ttl);
	}
}

static void what_is_written_can_be_read(void **state)
{
	uint8_t message[DNS_HEADER + POLICY_NAME_LIMIT + DNS_ANSWER_LIMIT];
	struct dns_question question;
	struct address address, found[2];
	uint32_t ttl;
	size_t length = dns_write_query(message, 0x1234, "www.example.org", DNS_AAAA);

	assert_int_equal(dns_read_query(message, length, &question), DNS_NOERROR);
	assert_string_equal(question.name, "www.example.org");
	assert_int_equal(question.id, 0x1234);
	assert_int_equal(question.type, DNS_AAAA);
	assert_true(question.extended);
	assert_true(address_parse("2001:db8::10", &address));
	length = dns_write_answer(message, &question,
				  &(struct dns_answer){.extended = DNS_EXTENDED_BLOCKED,
						       .ttl = 7,
						       .address = &address});
	assert_int_equal(
		dns_find_addresses(message, length, "www.example.org", DNS_AAAA, found, 2, &ttl),
		1);
	assert_true(address_equal(&found[0], &address));
	assert_int_equal(ttl, 7);
	length = dns_truncate(message, &question);
	assert_int_equal(
		dns_find_addresses(message, length, "www.example.org", DNS_AAAA, found, 2, &ttl),
		0);
	assert_true(message[2] & 0x02);
}

static void a_pointer_answer_names_the_name(void **state)
{
	uint8_t message[DNS_HEADER + POLICY_NAME_LIMIT + DNS_ANSWER_LIMIT];
	struct dns_question question, said;
	struct dns_cursor cursor;
	struct dns_record record;
	char name[DNS_TEXT_LIMIT];
	size_t length = dns_write_query(message, 1, "16.0.18.198.in-addr.arpa", DNS_PTR);

	assert_int_equal(dns_read_query(message, length, &question), DNS_NOERROR);
	length = dns_write_answer(
		message, &question,
		&(struct dns_answer){.extended = DNS_EXTENDED_NONE, .pointer = "example.org"});
	assert_true(dns_read_response(message, length, &said, &cursor));
	assert_int_equal(dns_next_record(&cursor, &record), 1);
	assert_int_equal(record.type, DNS_PTR);
	assert_int_equal(dns_read_name(message, length, record.data, name),
			 record.data + record.length);
	assert_string_equal(name, "example.org");
}

static void reverse_names_are_addresses(void **state)
{
	static const struct {
		const char *text, *address;
	} cases[] = {
		{"10.113.0.203.in-addr.arpa", "203.0.113.10"},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		 "2001:db8::1"},
		{"256.0.0.1.in-addr.arpa", NULL},
		{"1.0.0.127.in-addr.arpa.x", NULL},
		{"0.0.127.in-addr.arpa", NULL},
		{"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", NULL},
		{"8.b.d.0.1.0.0.2.ip6.arpa", NULL},
		{"in-addr.arpa", NULL},
		{"example.org", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address address;
		char text[ADDRESS_TEXT];

		assert_int_equal(dns_reverse_address(cases[i].text, &address), !!cases[i].address);
		if (!cases[i].address)
			continue;
		address_format(&address, text);
		assert_string_equal(text, cases[i].address);
	}
}

static void resolv_conf_names_servers(void **state)
{
	static const struct {
		const char *text, *servers[3];
	} cases[] = {
		{"nameserver 127.0.0.53\noptions edns0\nsearch x\n", {"127.0.0.53"}},
		{"nameserver 192.0.2.1\nnameserver\t2001:db8::53 # second\n",
		 {"192.0.2.1", "2001:db8::53"}},
		{"#nameserver 192.0.2.1\nnameservers 192.0.2.2\nnameserver 192.0.2.3",
		 {"192.0.2.3"}},
		{"nameserver 192.0.2.1;x\r\nnameserver 192.0.2.2\r\n", {"192.0.2.1", "192.0.2.2"}},
		{"", {"127.0.0.1"}},
		{"nameserver 1.2.3\nnameserver x\n", {"127.0.0.1"}},
		{"nameserver fe80::1%nosuchlink\nnameserver 192.0.2.1\n", {"192.0.2.1"}},
	};
	struct name_servers servers;
	char many[NAME_SERVERS * 64] = "";

	for (size_t i = 0; i < COUNT(cases); i++) {
		resolv_conf_parse(cases[i].text, &servers);
		for (size_t k = 0; k < 3; k++) {
			char text[ADDRESS_TEXT];

			assert_int_equal(k < servers.count, cases[i].servers[k] != NULL);
			if (k >= servers.count)
				break;
			address_format(&servers.items[k].address, text);
			assert_string_equal(text, cases[i].servers[k]);
			assert_int_equal(servers.items[k].port, 53);
		}
	}
	for (size_t i = 0; i < NAME_SERVERS + 3; i++)
		strcat(many, "nameserver 192.0.2.1\n");
	resolv_conf_parse(many, &servers);
	assert_int_equal(servers.count, NAME_SERVERS);
}

static void servers_may_have_a_port(void **state)
{
	static const struct {
		const char *text;
		uint16_t port; /* 0: not one */
	} cases[] = {
		{"192.0.2.1", 53},
		{"192.0.2.1:5353", 5353},
		{"2001:db8::1", 53},
		{"[2001:db8::1]", 53},
		{"[2001:db8::1]:99", 99},
		{"192.0.2.1:0", 0},
		{"192.0.2.1:65536", 0},
		{"192.0.2.1:", 0},
		{"[2001:db8::1", 0},
		{"[2001:db8::1]x", 0},
		{"", 0},
		{"localhost", 0},
		{"192.0.2.1%lo", 0},
		{":53", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct name_server server = {0};

		if (name_server_parse(cases[i].text, &server) != (cases[i].port != 0) ||
		    server.port != cases[i].port)
			fail_msg("%s: %u", cases[i].text, server.port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_one_question_and_nothing_else),
		cmocka_unit_test(edns_says_how_long_an_answer_may_be),
		cmocka_unit_test(names_have_a_longest),
		cmocka_unit_test(only_addresses_of_the_chain_count),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(a_pointer_answer_names_the_name),
		cmocka_unit_test(reverse_names_are_addresses),
		cmocka_unit_test(resolv_conf_names_servers),
		cmocka_unit_test(servers_may_have_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
