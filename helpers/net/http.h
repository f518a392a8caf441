// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The Host of HTTP/1 requests (RFC 9112), and where each request ends, so that every request of a
 * connection is seen. Strict: what servers read in different ways is refused.
 */

enum http_result {
	HTTP_NOT_HTTP,
	HTTP_MORE, /* not all of it is here */
	HTTP_DONE,
	HTTP_BAD,
};

enum http_framing {
	HTTP_NO_BODY,
	HTTP_LENGTH,
	HTTP_CHUNKED,
};

struct http_request {
	char host[256]; /* lower case, without the port */
	size_t head;    /* bytes up to and with the empty line */
	enum http_framing framing;
	uint64_t body; /* with HTTP_LENGTH */
	bool upgrade;
	const char *reason; /* with HTTP_BAD: static text */
};

enum http_chunk_state {
	HTTP_CHUNK_NONE,
	HTTP_CHUNK_SIZE,    /* a size line comes next */
	HTTP_CHUNK_END,     /* the line end behind the bytes of a chunk */
	HTTP_CHUNK_TRAILER, /* behind the last chunk */
};

/* Where in the body of a request we are. */
struct http_body {
	enum http_chunk_state state;
	const char *reason; /* with HTTP_BAD: static text */
};

/* The longest head that is read. */
#define HTTP_HEAD_LIMIT 32768

/*
 * Does a stream that begins so speak HTTP? HTTP_DONE: yes, a request line with a version; HTTP_BAD:
 * something like it, that a server might take for HTTP/1 or HTTP/2 and that is refused here.
 */
enum http_result http_recognize(const uint8_t *data, size_t length, const char **ret_reason);

/* Read the head of a request. */
enum http_result http_parse(const uint8_t *data, size_t length, struct http_request *ret);

/*
 * Read the next piece of framing of a chunked body. HTTP_DONE: @ret_pass bytes may pass, framing
 * and the data that it announces; the body is at its end when the state is HTTP_CHUNK_NONE then.
 */
enum http_result http_body_next(struct http_body *body, const uint8_t *data, size_t length,
				uint64_t *ret_pass);
