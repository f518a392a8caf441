// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "hello.h"
#include "http.h"
#include "policy.h"

/*
 * What a connection by name says about where it goes, held against that name.
 *
 * The owner of the connection shows the gate the client's bytes (with MSG_PEEK) and lets pass what
 * it grants; bytes from the server are never held, so that protocols in which the server speaks
 * first work. Nothing is copied or changed.
 */

enum gate_verdict {
	GATE_PASS,   /* this many bytes may pass; then ask again with what follows them */
	GATE_OPEN,   /* everything from here on may pass */
	GATE_MORE,   /* nothing may pass yet; ask again with more bytes from the same place on */
	GATE_REFUSE, /* end the connection */
};

enum gate_state {
	GATE_FIRST,   /* nothing seen yet */
	GATE_HTTP,    /* inside a connection of HTTP requests */
	GATE_UPGRADE, /* behind a request to speak another protocol */
};

/* How much is looked at, at most; a buffer of this size to peek into is enough. */
#define GATE_LIMIT 32768

/* How much of a line passes before it is known what it is. */
#define GATE_PASSED_LIMIT 256

struct gate {
	const char *name; /* lower case; must live as long as the gate */
	uint16_t port;
	enum policy_tls tls;
	enum gate_state state;
	struct http_body body;
	/* What passed while it could still become a request; it begins what is looked at next. */
	uint8_t passed[GATE_PASSED_LIMIT];
	size_t passed_length;
	const char *reason;           /* why it was refused, static text */
	char said[POLICY_NAME_LIMIT]; /* the name that was said instead, "" where none was */
};

void gate_init(struct gate *gate, const char *name, uint16_t port, enum policy_tls tls);

/*
 * Look at @length bytes that begin where the last GATE_PASS ended. @ended: the client will send no
 * more than these. With GATE_PASS, @ret_pass is how many bytes may pass, perhaps more than are here
 * (the body of a request). With GATE_MORE, @ret_need is the least number of bytes at which it is
 * worth asking again (for SO_RCVLOWAT). GATE_MORE is never given when @ended, nor at GATE_LIMIT.
 */
enum gate_verdict gate_look(struct gate *gate, const uint8_t *data, size_t length, bool ended,
			    uint64_t *ret_pass, size_t *ret_need);
