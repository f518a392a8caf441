// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading HTTP/1 requests the strict way.
 *
 * A server behind an allowed name may serve other names too, and finds the one that is meant by the
 * Host of each request. So each request of a connection is read, and what is between them is
 * measured. The danger is a reading that differs from the server's: a request that hides inside
 * what we take for a body, or a Host that the server does not look at. Everything that RFC 9112
 * calls an error, or leaves to the recipient, is therefore an error here: line ends without CR,
 * folded lines, blanks before a colon, two Hosts, a length together with chunks, codings other than
 * `chunked`.
 *
 * HTTP/2 without TLS hides the authority in compressed headers; its preface and the upgrade to it
 * are refused.
 */
#include "http.h"

#include <string.h>
#include <strings.h>

struct text {
	const char *at;
	size_t length;
};

static bool is_token(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool text_is(struct text text, const char *word)
{
	return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

static bool text_has(struct text text, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= text.length; i++)
		if (strncasecmp(text.at + i, word, length) == 0)
			return true;
	return false;
}

static struct text trim(struct text text)
{
	while (text.length && (text.at[0] == ' ' || text.at[0] == '\t')) {
		text.at++;
		text.length--;
	}
	while (text.length && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
		text.length--;
	return text;
}

enum line {
	LINE_MORE,
	LINE_DONE,
	LINE_BAD,
};

/* The line at @at, without its CRLF; no control byte but tabs, no CR or LF alone. */
static enum line next_line(const uint8_t *data, size_t length, size_t *at, struct text *ret)
{
	size_t begin = *at;

	for (size_t i = begin; i < length; i++) {
		if (data[i] == '\r') {
			if (i + 1 == length)
				return LINE_MORE;
			if (data[i + 1] != '\n')
				return LINE_BAD;
			*ret = (struct text){(const char *)data + begin, i - begin};
			*at = i + 2;
			return LINE_DONE;
		}
		if ((data[i] < 0x20 && data[i] != '\t') || data[i] == 0x7f)
			return LINE_BAD;
	}
	return LINE_MORE;
}

enum http_result http_recognize(const uint8_t *data, size_t length, const char **ret_reason)
{
	size_t begin = 0, at;
	const uint8_t *end;
	struct text line;

	/* Servers skip empty lines in front. */
	while (begin < length && (data[begin] == '\r' || data[begin] == '\n'))
		begin++;
	for (at = begin; at < length && is_token(data[at]); at++)
		;
	if (at == length)
		return length < HTTP_HEAD_LIMIT ? HTTP_MORE : HTTP_NOT_HTTP;
	if (at == begin || (data[at] != ' ' && data[at] != '\t'))
		return HTTP_NOT_HTTP;
	end = memchr(data + at, '\n', length - at);
	if (!end && length < HTTP_HEAD_LIMIT)
		return HTTP_MORE;
	line = (struct text){(const char *)data + begin,
			     end ? (size_t)(end - data) - begin : length - begin};
	if (!text_has(line, "HTTP/"))
		return HTTP_NOT_HTTP;
	*ret_reason = "the request does not begin with its request line";
	if (begin)
		return HTTP_BAD;
	*ret_reason = "HTTP/2 without TLS hides the host of its requests";
	if (text_has(line, "PRI * HTTP/2"))
		return HTTP_BAD;
	return HTTP_DONE;
}

static enum http_result bad(struct http_request *ret, const char *reason)
{
	ret->reason = reason;
	return HTTP_BAD;
}

/* HOST or HOST:PORT, in lower case without the port. A host is only letters, digits, '-' and '.';
 * addresses can never be equal to an allowed name, so they need no form of their own. */
static bool read_host(struct text value, char ret[static 256])
{
	size_t length = 0;

	while (length < value.length && value.at[length] != ':')
		length++;
	for (size_t i = length + 1; i < value.length; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	if (!length || length > 255)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = value.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != '-' && c != '.' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return false;
		ret[i] = c;
	}
	ret[length] = '\0';
	return true;
}

/* Where the target is a whole URI, the host is in it too. */
static bool read_target(struct text target, char ret[static 256])
{
	struct text authority;

	ret[0] = '\0';
	if (!target.length)
		return false;
	for (size_t i = 0; i < target.length; i++)
		if (target.at[i] == '\t')
			return false;
	if (target.at[0] == '/' || text_is(target, "*"))
		return true;
	if (target.length < 7 || strncasecmp(target.at, "http://", 7) != 0)
		return false;
	authority = (struct text){target.at + 7, 0};
	while (authority.length < target.length - 7 &&
	       !strchr("/?#", authority.at[authority.length]))
		authority.length++;
	return read_host(authority, ret);
}

static enum http_result read_request_line(struct text line, bool *ret_old,
					  char ret_host[static 256], struct http_request *ret)
{
	struct text method = {line.at, 0}, target, version;

	while (method.length < line.length && is_token((uint8_t)line.at[method.length]))
		method.length++;
	if (!method.length || line.length < method.length + 10 || line.at[method.length] != ' ')
		return bad(ret, "the request line is malformed");
	version = (struct text){line.at + line.length - 9, 9};
	target = (struct text){line.at + method.length + 1, line.length - method.length - 10};
	if (strncmp(version.at, " HTTP/1.0", 9) == 0)
		*ret_old = true;
	else if (strncmp(version.at, " HTTP/1.1", 9) != 0)
		return bad(ret, "the version of HTTP is not 1.0 or 1.1");
	if (memchr(target.at, ' ', target.length))
		return bad(ret, "the request line is malformed");
	if (text_is(method, "CONNECT"))
		return bad(ret, "CONNECT leads to other hosts");
	if (!read_target(target, ret_host))
		return bad(ret, "the target of the request is malformed");
	return HTTP_DONE;
}

static bool read_length(struct text value, uint64_t *ret)
{
	uint64_t number = 0;

	if (!value.length || value.length > 18)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(value.at[i] - '0');
	}
	*ret = number;
	return true;
}

/* "NAME: VALUE" */
static bool split_field(struct text line, struct text *ret_name, struct text *ret_value)
{
	size_t colon = 0;

	while (colon < line.length && is_token((uint8_t)line.at[colon]))
		colon++;
	if (!colon || colon == line.length || line.at[colon] != ':')
		return false;
	*ret_name = (struct text){line.at, colon};
	*ret_value = trim((struct text){line.at + colon + 1, line.length - colon - 1});
	return true;
}

static enum http_result read_field(struct text line, struct http_request *ret)
{
	struct text name, value;

	if (!split_field(line, &name, &value))
		return bad(ret, "a header line is malformed");
	if (text_is(name, "Host")) {
		if (ret->host[0])
			return bad(ret, "there is more than one Host");
		if (!read_host(value, ret->host))
			return bad(ret, "the Host is malformed");
	} else if (text_is(name, "Content-Length")) {
		if (ret->framing != HTTP_NO_BODY || !read_length(value, &ret->body))
			return bad(ret, "the length of the request is malformed or said twice");
		ret->framing = HTTP_LENGTH;
	} else if (text_is(name, "Transfer-Encoding")) {
		if (ret->framing != HTTP_NO_BODY || !text_is(value, "chunked"))
			return bad(ret, "the coding of the request is not plain `chunked`");
		ret->framing = HTTP_CHUNKED;
	} else if (text_is(name, "Upgrade")) {
		if (text_has(value, "h2c"))
			return bad(ret, "HTTP/2 without TLS hides the host of its requests");
		ret->upgrade = true;
	}
	return HTTP_DONE;
}

enum http_result http_parse(const uint8_t *data, size_t length, struct http_request *ret)
{
	char target_host[256] = "";
	bool first = true, old = false;
	size_t at = 0;

	*ret = (struct http_request){0};
	for (;;) {
		struct text line;
		enum http_result r;

		switch (next_line(data, length, &at, &line)) {
		case LINE_MORE:
			if (length >= HTTP_HEAD_LIMIT)
				return bad(ret, "the head of the request is too long");
			return HTTP_MORE;
		case LINE_BAD:
			return bad(ret, "a line of the request has control bytes");
		default:
			break;
		}
		if (!first && !line.length)
			break;
		r = first ? read_request_line(line, &old, target_host, ret) : read_field(line, ret);
		if (r != HTTP_DONE)
			return r;
		first = false;
	}
	if (!ret->host[0])
		return bad(ret, "the request has no Host");
	if (target_host[0] && strcmp(target_host, ret->host) != 0)
		return bad(ret, "the request names two hosts");
	if (old && ret->framing == HTTP_CHUNKED)
		return bad(ret, "chunks are not of HTTP/1.0");
	ret->head = at;
	return HTTP_DONE;
}

static enum http_result body_bad(struct http_body *body, const char *reason)
{
	body->reason = reason;
	return HTTP_BAD;
}

/* SIZE in hexadecimal, perhaps with ";EXTENSION". */
static bool read_chunk_size(struct text line, uint64_t *ret)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < line.length; i++) {
		char c = line.at[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			break;
		size = size << 4 | (uint64_t)digit;
	}
	*ret = size;
	return i && i <= 15 && (i == line.length || line.at[i] == ';');
}

enum http_result http_body_next(struct http_body *body, const uint8_t *data, size_t length,
				uint64_t *ret_pass)
{
	struct text line, name, value;
	uint64_t size;
	size_t at = 0;

	switch (next_line(data, length, &at, &line)) {
	case LINE_MORE:
		return length < HTTP_HEAD_LIMIT ? HTTP_MORE
						: body_bad(body, "a chunk's size is too long");
	case LINE_BAD:
		return body_bad(body, "a chunk's size has control bytes");
	default:
		break;
	}
	switch (body->state) {
	case HTTP_CHUNK_SIZE:
		if (!read_chunk_size(line, &size))
			return body_bad(body, "a chunk's size is malformed");
		body->state = size ? HTTP_CHUNK_END : HTTP_CHUNK_TRAILER;
		*ret_pass = at + size;
		return HTTP_DONE;
	case HTTP_CHUNK_END:
		if (line.length)
			return body_bad(body, "a chunk is longer than it said");
		body->state = HTTP_CHUNK_SIZE;
		break;
	case HTTP_CHUNK_TRAILER:
		if (line.length && !split_field(line, &name, &value))
			return body_bad(body, "a trailer line is malformed");
		if (!line.length)
			body->state = HTTP_CHUNK_NONE;
		break;
	default:
		return body_bad(body, "no body is expected");
	}
	*ret_pass = at;
	return HTTP_DONE;
}
