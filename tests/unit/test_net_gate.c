// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "gate.h"

#include "base/string.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME "example.org"

struct bytes {
	uint8_t data[40000];
	size_t length;
};

static void add(struct bytes *to, const void *data, size_t length)
{
	assert_true(to->length + length <= sizeof(to->data));
	memcpy(to->data + to->length, data, length);
	to->length += length;
}

static void add_number(struct bytes *to, size_t bytes, size_t value)
{
	for (size_t i = bytes; i--;) {
		uint8_t byte = (uint8_t)(value >> 8 * i);

		add(to, &byte, 1);
	}
}

static void add_sized(struct bytes *to, size_t bytes, const struct bytes *what)
{
	add_number(to, bytes, what->length);
	add(to, what->data, what->length);
}

/* How a hello is made. */
struct shape {
	const char *name; /* NULL: none */
	size_t name_length;
	bool encrypted, twice, no_extensions;
	size_t filler;   /* bytes of another extension, in front */
	size_t fragment; /* the largest record; 0: one */
	size_t behind;   /* bytes in the record behind the hello */
	uint8_t message; /* 0: ClientHello */
};

static struct bytes make_hello(const struct shape *shape)
{
	struct bytes extensions = {0}, body = {0}, message = {0}, records = {0};
	static const uint8_t zero[34];

	if (shape->filler) {
		static struct bytes filler;

		filler.length = shape->filler;
		add_number(&extensions, 2, 21);
		add_sized(&extensions, 2, &filler);
	}
	for (int i = 0; shape->name && i <= shape->twice; i++) {
		struct bytes entry = {0}, list = {0};
		size_t length = shape->name_length ? shape->name_length : strlen(shape->name);

		add_number(&entry, 1, 0);
		add_number(&entry, 2, length);
		add(&entry, shape->name, length);
		add_sized(&list, 2, &entry);
		add_number(&extensions, 2, 0);
		add_sized(&extensions, 2, &list);
	}
	if (shape->encrypted) {
		add_number(&extensions, 2, 0xfe0d);
		add_number(&extensions, 2, 3);
		add(&extensions, zero, 3);
	}
	add_number(&body, 2, 0x0303);
	add(&body, zero, 32);
	add_number(&body, 1, 0); /* session id */
	add_number(&body, 2, 2);
	add_number(&body, 2, 0x1301); /* cipher suites */
	add_number(&body, 2, 0x0100); /* compression methods: one, none */
	if (!shape->no_extensions)
		add_sized(&body, 2, &extensions);
	add_number(&message, 1, shape->message ? shape->message : 1);
	add_sized(&message, 3, &body);
	add(&message, zero, shape->behind);
	for (size_t at = 0; at < message.length;) {
		size_t size = shape->fragment ? shape->fragment : 16384;

		if (size > message.length - at)
			size = message.length - at;
		add_number(&records, 1, 22);
		add_number(&records, 2, 0x0301);
		add_number(&records, 2, size);
		add(&records, message.data + at, size);
		at += size;
	}
	return records;
}

static enum gate_verdict look_once(struct gate *gate, const void *data, size_t length, bool ended,
				   uint64_t *pass)
{
	size_t need = 0;
	enum gate_verdict verdict = gate_look(gate, data, length, ended, pass, &need);

	if (verdict == GATE_MORE)
		assert_true(need > length);
	return verdict;
}

static enum gate_verdict verdict_of(const struct bytes *bytes, uint16_t port, enum policy_tls tls,
				    struct gate *gate)
{
	uint64_t pass;

	gate_init(gate, NAME, port, tls);
	return look_once(gate, bytes->data, bytes->length, false, &pass);
}

static void the_server_name_must_be_the_allowed_name(void **state)
{
	static const struct {
		struct shape shape;
		enum policy_tls tls;
		enum gate_verdict verdict;
	} cases[] = {
		{{NAME}, POLICY_TLS_STRICT, GATE_OPEN},
		{{"EXAMPLE.org"}, POLICY_TLS_STRICT, GATE_OPEN},
		{{NAME, .fragment = 1}, POLICY_TLS_STRICT, GATE_OPEN},
		{{NAME, .fragment = 7}, POLICY_TLS_STRICT, GATE_OPEN},
		{{NAME, .filler = 1800}, POLICY_TLS_STRICT, GATE_OPEN},
		{{NAME, .filler = 17000}, POLICY_TLS_STRICT, GATE_OPEN},
		{{"evil.org"}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"www.example.org"}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"example.org."}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"example.or"}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"example.org\0.evil.org", 21}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"example.org\0", 12}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{"evil.org", .fragment = 3}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NULL}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NULL, .no_extensions = true}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NULL}, POLICY_TLS_ECH, GATE_REFUSE},
		{{NULL}, POLICY_TLS_ANY, GATE_OPEN},
		{{"evil.org"}, POLICY_TLS_ANY, GATE_OPEN},
		{{"evil.org"}, POLICY_TLS_ECH, GATE_REFUSE},
		{{NAME, .encrypted = true}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NAME, .encrypted = true}, POLICY_TLS_ECH, GATE_OPEN},
		{{NAME, .twice = true}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NAME, .behind = 4}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NAME, .message = 2}, POLICY_TLS_STRICT, GATE_REFUSE},
		{{NAME, .filler = 33000}, POLICY_TLS_STRICT, GATE_REFUSE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes hello = make_hello(&cases[i].shape);
		struct gate gate;

		if (verdict_of(&hello, 443, cases[i].tls, &gate) != cases[i].verdict)
			fail_msg("%zu: %s", i, gate.reason ? gate.reason : "not refused");
		/* On a port of its own, too. */
		assert_int_equal(verdict_of(&hello, 993, cases[i].tls, &gate), cases[i].verdict);
	}
}

static void a_hello_is_read_however_it_arrives(void **state)
{
	struct bytes hello = make_hello(&(struct shape){NAME, .fragment = 50});
	struct bytes evil = make_hello(&(struct shape){"evil.org", .fragment = 50});
	struct gate gate;
	uint64_t pass;

	for (size_t length = 1; length <= hello.length; length++) {
		gate_init(&gate, NAME, 443, POLICY_TLS_STRICT);
		assert_int_equal(look_once(&gate, hello.data, length, false, &pass),
				 length < hello.length ? GATE_MORE : GATE_OPEN);
		if (length < hello.length)
			assert_int_equal(look_once(&gate, hello.data, length, true, &pass),
					 GATE_REFUSE);
	}
	gate_init(&gate, NAME, 443, POLICY_TLS_STRICT);
	for (size_t length = 1; length < evil.length; length++)
		assert_int_equal(look_once(&gate, evil.data, length, false, &pass), GATE_MORE);
	assert_int_equal(look_once(&gate, evil.data, evil.length, false, &pass), GATE_REFUSE);
	assert_string_equal(gate.said, "evil.org");
}

/* Each byte of a hello changed, each prefix of one: nothing opens by it that says another name. */
static void a_damaged_hello_never_opens_for_another_name(void **state)
{
	struct bytes hello = make_hello(&(struct shape){"evil.org.x", .filler = 4});

	for (size_t i = 0; i < hello.length; i++)
		for (unsigned int flip = 1; flip < 256; flip++) {
			struct gate gate;

			hello.data[i] ^= (uint8_t)flip;
			if (verdict_of(&hello, 443, POLICY_TLS_STRICT, &gate) == GATE_OPEN)
				fail_msg("byte %zu changed by %#x opens", i, flip);
			hello.data[i] ^= (uint8_t)flip;
		}
}

struct stream {
	const char *text;
	enum gate_verdict verdict; /* at its end: GATE_MORE where it is good and waits for more */
	const char *reason;
};

/* Show the stream to the gate as its owner does, @step bytes more at a time. */
static enum gate_verdict run(struct gate *gate, const char *text, size_t step)
{
	size_t length = strlen(text), at = 0, seen = 0;
	enum gate_verdict verdict = GATE_MORE;

	while (seen < length) {
		seen = seen + step < length ? seen + step : length;
		while (at < seen) {
			uint64_t pass = 0;

			verdict = look_once(gate, text + at, seen - at, false, &pass);
			if (verdict == GATE_OPEN || verdict == GATE_REFUSE)
				return verdict;
			if (verdict == GATE_MORE)
				break;
			assert_true(pass > 0);
			at = pass < length - at ? at + pass : length;
			seen = at > seen ? at : seen;
		}
	}
	return at == length ? GATE_PASS : verdict;
}

static void check_streams(const struct stream *cases, size_t count, uint16_t port)
{
	static const size_t steps[] = {40000, 1, 2, 7};

	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < COUNT(steps); s++) {
			enum gate_verdict verdict;
			struct gate gate;

			gate_init(&gate, NAME, port, POLICY_TLS_STRICT);
			verdict = run(&gate, cases[i].text, steps[s]);
			if (verdict != cases[i].verdict ||
			    (cases[i].reason && !strstr(gate.reason, cases[i].reason)))
				fail_msg("%zu, by %zu: %d %s: %s", i, steps[s], verdict,
					 gate.reason ? gate.reason : "-", cases[i].text);
			gate_init(&gate, NAME, port, POLICY_TLS_ANY);
			assert_int_equal(run(&gate, cases[i].text, steps[s]), GATE_OPEN);
		}
}

#define HOST "Host: example.org\r\n"
#define GET  "GET / HTTP/1.1\r\n"

static void every_request_must_be_for_the_allowed_host(void **state)
{
	static const struct stream cases[] = {
		{GET HOST "\r\n", GATE_PASS},
		{GET "hOsT:\t EXAMPLE.org:80 \r\nA: b\r\n\r\n", GATE_PASS},
		{"GET http://example.org/x?y HTTP/1.1\r\n" HOST "\r\n", GATE_PASS},
		{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", GATE_PASS},
		{"GET / HTTP/1.0\r\n" HOST "\r\n", GATE_PASS},
		{GET HOST "\r\n" GET HOST "\r\n", GATE_PASS},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET HOST "\r\n",
		 GATE_PASS},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
		 "a;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n" GET HOST "\r\n",
		 GATE_PASS},
		{GET HOST, GATE_MORE},
		{GET "Host: evil.org\r\n\r\n", GATE_REFUSE, "another one"},
		{GET "Host: example.org.evil.org\r\n\r\n", GATE_REFUSE, "another one"},
		{GET "Host: evil.org:80\r\n\r\n", GATE_REFUSE, "another one"},
		{GET "Host: example.org.\r\n\r\n", GATE_REFUSE, "another one"},
		{GET "\r\n", GATE_REFUSE, "no Host"},
		{"GET / HTTP/1.0\r\n\r\n", GATE_REFUSE, "no Host"},
		{GET "Host:\r\n\r\n", GATE_REFUSE, "Host is malformed"},
		{GET HOST "Host: evil.org\r\n\r\n", GATE_REFUSE, "more than one"},
		{GET HOST HOST "\r\n", GATE_REFUSE, "more than one"},
		{GET "Host: example.org, evil.org\r\n\r\n", GATE_REFUSE, "malformed"},
		{GET "Host: evil.org#example.org\r\n\r\n", GATE_REFUSE, "malformed"},
		{GET "Host: evil@example.org\r\n\r\n", GATE_REFUSE, "malformed"},
		{GET "Host: example.org:80:80\r\n\r\n", GATE_REFUSE, "malformed"},
		{GET "Host: example.org:x\r\n\r\n", GATE_REFUSE, "malformed"},
		{GET "Host : example.org\r\n\r\n", GATE_REFUSE, "header line"},
		{GET " Host: example.org\r\n\r\n", GATE_REFUSE, "header line"},
		{GET HOST " folded\r\n\r\n", GATE_REFUSE, "header line"},
		{GET HOST "X\r\n\r\n", GATE_REFUSE, "header line"},
		{GET HOST "X: a\nHost: evil.org\r\n\r\n", GATE_REFUSE, "control bytes"},
		{GET HOST "X: a\rHost: evil.org\r\n\r\n", GATE_REFUSE, "control bytes"},
		{"GET / HTTP/1.1\nHost: example.org\n\n", GATE_REFUSE, "control bytes"},
		{"GET http://evil.org/ HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "two hosts"},
		{"GET http://u@example.org/ HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "target"},
		{"GET https://example.org/ HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "target"},
		{"GET evil.org HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "target"},
		{"CONNECT evil.org:443 HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "CONNECT"},
		{"CONNECT example.org:443 HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "CONNECT"},
		{"GET  / HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "request line"},
		{"GET / x HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "request line"},
		{"GET\t/ HTTP/1.1\r\n" HOST "\r\n", GATE_REFUSE, "request line"},
		{"GET / HTTP/1.2\r\n" HOST "\r\n", GATE_REFUSE, "version"},
		{"GET / http/1.1\r\n" HOST "\r\n", GATE_REFUSE, "version"},
		{"\r\n" GET HOST "\r\n", GATE_REFUSE, "does not begin"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", GATE_REFUSE, "HTTP/2"},
		{GET HOST "Upgrade: h2c\r\n\r\n", GATE_REFUSE, "HTTP/2"},
		{"GET /\r\n", GATE_REFUSE, "neither TLS nor HTTP"},
	};

	check_streams(cases, COUNT(cases), 80);
}

static void nothing_is_smuggled_behind_a_request(void **state)
{
	static const struct stream cases[] = {
		{GET HOST "\r\n" GET "Host: evil.org\r\n\r\n", GATE_REFUSE, "another one"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET
		 "Host: evil.org\r\n\r\n",
		 GATE_REFUSE, "another one"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
		 GATE_REFUSE, "said twice"},
		{"POST / HTTP/1.1\r\n" HOST
		 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		 GATE_REFUSE, "coding"},
		{"POST / HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
		 GATE_REFUSE, "said twice"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", GATE_REFUSE, "length"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", GATE_REFUSE, "length"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", GATE_REFUSE, "length"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
		 GATE_REFUSE, "length"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", GATE_REFUSE,
		 "coding"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", GATE_REFUSE,
		 "coding"},
		{"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", GATE_REFUSE,
		 "HTTP/1.0"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n", GATE_REFUSE,
		 "header line"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\nhello",
		 GATE_REFUSE, "control"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello",
		 GATE_REFUSE, "malformed"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello",
		 GATE_REFUSE, "malformed"},
		{"POST / HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello",
		 GATE_REFUSE, "malformed"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
		 GATE_REFUSE, "longer than it said"},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET
		 "Host: evil.org\r\n\r\n",
		 GATE_REFUSE, "another one"},
		/* The server may not agree to another protocol. */
		{GET HOST "Upgrade: websocket\r\n\r\n" GET "Host: evil.org\r\n\r\n", GATE_REFUSE,
		 "another one"},
		{GET HOST "Upgrade: websocket\r\n\r\n\r\n" GET "Host: evil.org\r\n\r\n",
		 GATE_REFUSE},
		{GET HOST "Upgrade: websocket\r\n\r\nPRI * HTTP/2.0\r\n\r\n", GATE_REFUSE},
		{GET HOST "Upgrade: websocket\r\n\r\n" GET HOST "\r\n", GATE_PASS},
		{GET HOST "Upgrade: websocket\r\n\r\n\x81\x85mask", GATE_OPEN},
		{GET HOST "Upgrade: websocket\r\n\r\n\x41\x85mask", GATE_OPEN},
	};

	check_streams(cases, COUNT(cases), 80);
}

static void other_protocols_pass_but_on_the_ports_of_the_web(void **state)
{
	static const struct stream cases[] = {
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", GATE_OPEN},
		{"SSH-2.0-Go\r\n", GATE_OPEN},
		{"EHLO client.example\r\n", GATE_OPEN},
		{"\x80\x01\x02", GATE_OPEN},
		{"*1\r\n$4\r\nPING\r\n", GATE_OPEN},
		{"a001 LOGIN x y\r\n", GATE_OPEN},
		/* Both sides may wait for each other: what may become HTTP passes as long as it has no
		 * end. */
		{"HELLO", GATE_PASS},
		{"GET key", GATE_PASS},
		{"\r\n", GATE_PASS},
	};
	static const struct stream refused[] = {
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", GATE_REFUSE, "neither"},
		{"\x80\x2e\x01\x03\x01", GATE_REFUSE, "neither"},
		{"\x01\x02", GATE_REFUSE, "neither"},
	};
	/* HTTP is held to its Host wherever it is spoken. */
	static const struct stream elsewhere[] = {
		{GET "Host: evil.org\r\n\r\n", GATE_REFUSE},
		{"GET / HTTP/1.1\r\nHost: e", GATE_MORE},
		{"\n\nget / http/1.1\nHost: evil.org\n\n", GATE_REFUSE},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", GATE_REFUSE},
		{GET "Host: example.org:8000\r\n\r\n", GATE_PASS},
	};

	check_streams(cases, COUNT(cases), 22);
	check_streams(refused, COUNT(refused), 80);
	check_streams(refused, COUNT(refused), 443);
	check_streams(elsewhere, COUNT(elsewhere), 8000);
}

static void an_end_is_no_way_around(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
		enum gate_verdict verdict;
	} cases[] = {
		{"", 443, GATE_OPEN},     {"", 22, GATE_OPEN},
		{"QUIT", 110, GATE_OPEN}, {"GET / HTTP/1.1\r\nHost: evil", 8000, GATE_REFUSE},
		{"GET", 80, GATE_REFUSE}, {"\x16\x03\x01", 993, GATE_REFUSE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct gate gate;
		uint64_t pass;

		gate_init(&gate, NAME, cases[i].port, POLICY_TLS_STRICT);
		if (look_once(&gate, cases[i].text, strlen(cases[i].text), true, &pass) !=
		    cases[i].verdict)
			fail_msg("%zu", i);
	}
}

static void what_never_ends_is_refused(void **state)
{
	static const struct {
		const char *begin;
		char filler;
	} cases[] = {
		{GET HOST "X: ", 'a'},
		{GET, '\t'},
		{"\x16\x03\x01\x40\x00\x01\x00\x7f\xff", 'a'},
	};
	static char text[GATE_LIMIT];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct gate gate;
		uint64_t pass;

		memset(text, cases[i].filler, sizeof(text));
		memcpy(text, cases[i].begin,
		       cases[i].begin[0] == 0x16 ? 9 : strlen(cases[i].begin));
		gate_init(&gate, NAME, 8000, POLICY_TLS_STRICT);
		assert_int_equal(look_once(&gate, text, sizeof(text), false, &pass), GATE_REFUSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_name_must_be_the_allowed_name),
		cmocka_unit_test(a_hello_is_read_however_it_arrives),
		cmocka_unit_test(a_damaged_hello_never_opens_for_another_name),
		cmocka_unit_test(every_request_must_be_for_the_allowed_host),
		cmocka_unit_test(nothing_is_smuggled_behind_a_request),
		cmocka_unit_test(other_protocols_pass_but_on_the_ports_of_the_web),
		cmocka_unit_test(an_end_is_no_way_around),
		cmocka_unit_test(what_never_ends_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
