// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a ClientHello.
 *
 * The stream is read from its beginning each time more of it is here: first the records, whose
 * contents are joined, then the hello in them. Lengths are checked by one cursor that never leaves
 * its bytes. A hello that a server could read in another way than we do (two server name
 * extensions, bytes behind the end, another message in front) is bad, as the name we saw might not
 * be the one that counts.
 */
#include "hello.h"

#include <string.h>

#define RECORD_HEADER    5
#define RECORD_LIMIT     (16384 + 256)
#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO     1

#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ECH         0xfe0d
#define EXTENSION_ESNI        0xffce /* its draft predecessor */

struct cursor {
	const uint8_t *at;
	size_t left;
};

static bool take(struct cursor *from, size_t length, struct cursor *ret)
{
	if (length > from->left)
		return false;
	*ret = (struct cursor){from->at, length};
	from->at += length;
	from->left -= length;
	return true;
}

static bool number(struct cursor *from, size_t bytes, size_t *ret)
{
	struct cursor field;
	size_t value = 0;

	if (!take(from, bytes, &field))
		return false;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | field.at[i];
	*ret = value;
	return true;
}

/* A vector with its length in @bytes bytes before it. */
static bool sized(struct cursor *from, size_t bytes, struct cursor *ret)
{
	size_t length;

	return number(from, bytes, &length) && take(from, length, ret);
}

static enum hello_result bad(struct hello *ret, const char *reason)
{
	ret->reason = reason;
	return HELLO_BAD;
}

static enum hello_result more(struct hello *ret, size_t need)
{
	if (need > HELLO_LIMIT)
		return bad(ret, "the ClientHello is too long");
	ret->need = need;
	return HELLO_MORE;
}

static bool read_server_name(struct cursor extension, struct hello *ret)
{
	struct cursor list, name;
	size_t type;

	/* One name, of the one type that there is. */
	if (!sized(&extension, 2, &list) || extension.left || !number(&list, 1, &type) || type ||
	    !sized(&list, 2, &name) || list.left)
		return false;
	if (!name.left || name.left >= sizeof(ret->server_name) || memchr(name.at, 0, name.left))
		return false;
	memcpy(ret->server_name, name.at, name.left);
	ret->server_name[name.left] = '\0';
	ret->name_length = name.left;
	return true;
}

static enum hello_result read_extensions(struct cursor extensions, struct hello *ret)
{
	bool named = false;

	while (extensions.left) {
		struct cursor extension;
		size_t type;

		if (!number(&extensions, 2, &type) || !sized(&extensions, 2, &extension))
			return bad(ret, "the ClientHello's extensions are malformed");
		if (type == EXTENSION_ECH || type == EXTENSION_ESNI)
			ret->encrypted = true;
		if (type != EXTENSION_SERVER_NAME)
			continue;
		if (named || !read_server_name(extension, ret))
			return bad(ret, "the ClientHello's server name is malformed");
		named = true;
	}
	return HELLO_DONE;
}

static enum hello_result read_hello(struct cursor body, struct hello *ret)
{
	struct cursor field, extensions;
	size_t version;

	if (!number(&body, 2, &version) || version >> 8 != 3 || /* legacy_version */
	    !take(&body, 32, &field) ||                         /* random */
	    !sized(&body, 1, &field) || field.left > 32 ||      /* session id */
	    !sized(&body, 2, &field) || field.left < 2 ||       /* cipher suites */
	    !sized(&body, 1, &field) || field.left < 1)         /* compression methods */
		return bad(ret, "the ClientHello is malformed");
	if (!body.left)
		return HELLO_DONE; /* before TLS 1.2 there need not be extensions */
	if (!sized(&body, 2, &extensions) || body.left)
		return bad(ret, "the ClientHello is malformed");
	return read_extensions(extensions, ret);
}

enum hello_result hello_parse(const uint8_t *data, size_t length, struct hello *ret)
{
	static _Thread_local uint8_t joined[HELLO_LIMIT];
	size_t have = 0, want = 4, at = 0;

	*ret = (struct hello){0};
	if (!length)
		return more(ret, 1);
	if (data[0] != RECORD_HANDSHAKE)
		return HELLO_NOT_TLS;
	while (have < want) {
		struct cursor record = {data + at, length - at}, fragment;
		size_t type, version, size;

		if (record.left < RECORD_HEADER)
			return more(ret, at + RECORD_HEADER);
		number(&record, 1, &type);
		number(&record, 2, &version);
		number(&record, 2, &size);
		if (type != RECORD_HANDSHAKE || version >> 8 != 3 || !size || size > RECORD_LIMIT)
			return bad(ret, "the TLS record is malformed");
		if (!take(&record, size, &fragment))
			return more(ret, at + RECORD_HEADER + size);
		if (have + size > sizeof(joined))
			return bad(ret, "the ClientHello is too long");
		memcpy(joined + have, fragment.at, size);
		have += size;
		at += RECORD_HEADER + size;
		if (joined[0] != CLIENT_HELLO)
			return bad(ret, "the TLS handshake does not begin with a ClientHello");
		if (want == 4 && have >= 4)
			want = 4 + ((size_t)joined[1] << 16 | (size_t)joined[2] << 8 | joined[3]);
		if (want > sizeof(joined))
			return bad(ret, "the ClientHello is too long");
	}
	if (have > want)
		return bad(ret, "something follows the ClientHello in its record");
	return read_hello((struct cursor){joined + 4, want - 4}, ret);
}
