// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The server name in a TLS ClientHello (RFC 8446, RFC 5246, RFC 6066), through any division into
 * records and segments.
 */

enum hello_result {
	HELLO_NOT_TLS, /* no TLS record begins here */
	HELLO_MORE,    /* so far it is one; not all is here */
	HELLO_DONE,
	HELLO_BAD, /* a TLS record, and not a well-formed ClientHello */
};

struct hello {
	size_t name_length;    /* 0 where there is none */
	char server_name[256]; /* bytes as sent, NUL-terminated; may hold anything */
	bool encrypted;        /* an ECH or ESNI extension is there, in earnest or as decoration */
	size_t need;           /* with HELLO_MORE: the least number of bytes that tells more */
	const char *reason;    /* with HELLO_BAD: static text */
};

/* The longest hello that is read, in bytes of the stream. */
#define HELLO_LIMIT 32768

enum hello_result hello_parse(const uint8_t *data, size_t length, struct hello *ret);
