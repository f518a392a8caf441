// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a connection to an allowed name may carry.
 *
 * - TLS: the server name must be that name, and the hello must be readable: with Encrypted Client
 *   Hello the name that counts is hidden. Browsers send a decoration that looks like it, which is
 *   what +tls=ech is for. What follows the hello is not looked at.
 * - HTTP/1: the Host of each request must be that name.
 * - A line of text that has no end yet may become the beginning of a request. A server does nothing
 *   about that until the line, and the head behind it, are complete; but in another protocol both
 *   sides may be waiting for each other. So it passes, is remembered, and counts as the beginning
 *   of what follows.
 * - Anything else passes, as the connection goes only where we found the name to be, and such
 *   protocols (SSH, databases, …) don't choose another host once connected. On ports 80 and 443 it
 *   is refused, since a server there that is more tolerant than we are in what it takes for HTTP or
 *   TLS would be a way around. STARTTLS and its like are in this class.
 * - +tls=any: everything passes.
 *
 * What stays possible: a TLS server that chooses by the Host inside the encrypted stream (domain
 * fronting), or by a renegotiation, and any server that relays for its clients. No one outside
 * the encryption can see that.
 */
#include "gate.h"

#include "base/string.h"

#include <stdio.h>
#include <strings.h>

void gate_init(struct gate *gate, const char *name, uint16_t port, enum policy_tls tls)
{
	*gate = (struct gate){.name = name, .port = port, .tls = tls};
}

static enum gate_verdict refuse(struct gate *gate, const char *reason, const char *said)
{
	gate->reason = reason;
	snprintf(gate->said, sizeof(gate->said), "%.*s", POLICY_NAME_LIMIT - 1, said);
	return GATE_REFUSE;
}

static enum gate_verdict look_at_hello(struct gate *gate, const struct hello *hello)
{
	if (hello->encrypted && gate->tls != POLICY_TLS_ECH)
		return refuse(gate, "the server name is encrypted", "");
	if (!hello->name_length)
		return refuse(gate, "the ClientHello names no server", "");
	if (strcasecmp(hello->server_name, gate->name) != 0)
		return refuse(gate, "the server name is another one", hello->server_name);
	return GATE_OPEN;
}

static enum gate_verdict look_at_request(struct gate *gate, const uint8_t *data, size_t length,
					 uint64_t *ret_pass)
{
	struct http_request request;

	switch (http_parse(data, length, &request)) {
	case HTTP_MORE:
		return GATE_MORE;
	case HTTP_DONE:
		break;
	default:
		return refuse(gate, request.reason, "");
	}
	if (!streq(request.host, gate->name))
		return refuse(gate, "the Host is another one", request.host);
	gate->state = request.upgrade ? GATE_UPGRADE : GATE_HTTP;
	gate->body.state = request.framing == HTTP_CHUNKED ? HTTP_CHUNK_SIZE : HTTP_CHUNK_NONE;
	*ret_pass = request.head + request.body;
	return GATE_PASS;
}

static enum gate_verdict look_at_body(struct gate *gate, const uint8_t *data, size_t length,
				      uint64_t *ret_pass)
{
	switch (http_body_next(&gate->body, data, length, ret_pass)) {
	case HTTP_MORE:
		return GATE_MORE;
	case HTTP_DONE:
		return GATE_PASS;
	default:
		return refuse(gate, gate->body.reason, "");
	}
}

static bool may_be_http(uint8_t c)
{
	return (c > 0x20 && c < 0x7f) || c == '\r' || c == '\n';
}

/*
 * Behind a request to upgrade, the client speaks the other protocol if the server agreed, and HTTP
 * if it did not. The server's answer isn't looked at; what could be the beginning of a request must
 * be a good one. Frames of WebSocket never begin like one, as the second byte has its high bit set.
 */
static enum gate_verdict look_at_upgrade(struct gate *gate, const uint8_t *data, size_t length,
					 bool ended, uint64_t *ret_pass)
{
	if (!may_be_http(data[0]) || (length > 1 && !may_be_http(data[1]) && data[1] != ' '))
		return GATE_OPEN;
	if (length == 1 && !ended)
		return GATE_MORE;
	return look_at_request(gate, data, length, ret_pass);
}

static bool is_web(const struct gate *gate)
{
	return gate->port == 80 || gate->port == 443;
}

/* Nothing tells yet what it will be. */
static enum gate_verdict pass_undecided(struct gate *gate, const uint8_t *data, size_t length,
					uint64_t *ret_pass)
{
	if (is_web(gate) || length > sizeof(gate->passed))
		return GATE_MORE;
	memcpy(gate->passed, data, length);
	gate->passed_length = length;
	*ret_pass = length;
	return GATE_PASS;
}

static enum gate_verdict look_at_first(struct gate *gate, const uint8_t *data, size_t length,
				       bool ended, uint64_t *ret_pass, size_t *ret_need)
{
	const char *reason = NULL;
	struct hello hello;

	switch (hello_parse(data, length, &hello)) {
	case HELLO_MORE:
		*ret_need = hello.need;
		return GATE_MORE;
	case HELLO_DONE:
		return look_at_hello(gate, &hello);
	case HELLO_BAD:
		return refuse(gate, hello.reason, "");
	default:
		break;
	}
	switch (http_recognize(data, length, &reason)) {
	case HTTP_MORE:
		if (!ended)
			return pass_undecided(gate, data, length, ret_pass);
		break;
	case HTTP_DONE:
		return look_at_request(gate, data, length, ret_pass);
	case HTTP_BAD:
		return refuse(gate, reason, "");
	default:
		break;
	}
	if (is_web(gate))
		return refuse(gate, "neither TLS nor HTTP on a port of the web", "");
	return GATE_OPEN;
}

/* Look at the beginning again, with what passed of it. */
static enum gate_verdict look_from_beginning(struct gate *gate, const uint8_t *data, size_t length,
					     bool ended, uint64_t *ret_pass, size_t *ret_need)
{
	static _Thread_local uint8_t whole[GATE_PASSED_LIMIT + GATE_LIMIT];
	size_t before = gate->passed_length;
	enum gate_verdict verdict;

	if (!before)
		return look_at_first(gate, data, length, ended, ret_pass, ret_need);
	if (length > GATE_LIMIT)
		length = GATE_LIMIT;
	memcpy(whole, gate->passed, before);
	memcpy(whole + before, data, length);
	verdict = look_at_first(gate, whole, before + length, ended, ret_pass, ret_need);
	if (verdict == GATE_PASS)
		*ret_pass -= before;
	*ret_need = *ret_need > before ? *ret_need - before : 0;
	return verdict;
}

enum gate_verdict gate_look(struct gate *gate, const uint8_t *data, size_t length, bool ended,
			    uint64_t *ret_pass, size_t *ret_need)
{
	enum gate_verdict verdict;
	size_t need = 0;

	if (gate->tls == POLICY_TLS_ANY)
		return GATE_OPEN;
	if (!length) {
		*ret_need = 1;
		return ended ? GATE_OPEN : GATE_MORE;
	}
	if (gate->body.state != HTTP_CHUNK_NONE)
		verdict = look_at_body(gate, data, length, ret_pass);
	else if (gate->state == GATE_HTTP)
		verdict = look_at_request(gate, data, length, ret_pass);
	else if (gate->state == GATE_UPGRADE)
		verdict = look_at_upgrade(gate, data, length, ended, ret_pass);
	else
		verdict = look_from_beginning(gate, data, length, ended, ret_pass, &need);
	if (verdict != GATE_MORE)
		return verdict;
	if (ended)
		return refuse(gate, "the connection ends before it says where it goes", "");
	if (length >= GATE_LIMIT)
		return refuse(gate, "it is too long until it says where it goes", "");
	*ret_need = need > length ? need : length + 1;
	return GATE_MORE;
}
