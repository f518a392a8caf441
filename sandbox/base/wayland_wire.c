// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wayland_wire.h"

#include <errno.h>
#include <string.h>

enum { WORDS = WAYLAND_LONGEST / 4 };

int wayland_parse(const void *bytes, size_t length, struct wayland_message *ret)
{
	uint32_t header[2];
	size_t size;

	if (length < WAYLAND_HEADER)
		return 0;
	memcpy(header, bytes, sizeof(header));
	size = header[1] >> 16;
	if (size < WAYLAND_HEADER || size > WAYLAND_LONGEST || size % 4)
		return -EPROTO;
	if (size > length)
		return 0;
	*ret = (struct wayland_message){
		.object = header[0],
		.opcode = (uint16_t)header[1],
		.data = (const uint8_t *)bytes + WAYLAND_HEADER,
		.length = size - WAYLAND_HEADER,
	};
	return (int)size;
}

bool wayland_take_number(struct wayland_message *message, uint32_t *ret)
{
	if (message->length < sizeof(*ret))
		return false;
	memcpy(ret, message->data, sizeof(*ret));
	message->data += sizeof(*ret);
	message->length -= sizeof(*ret);
	return true;
}

/* Its length, with the NUL that must end it, then the bytes, filled up to whole words. */
bool wayland_take_string(struct wayland_message *message, char *ret, size_t size)
{
	uint32_t length;
	size_t padded, kept;

	if (!wayland_take_number(message, &length))
		return false;
	padded = ((size_t)length + 3) & ~(size_t)3;
	if (!length || padded > message->length || message->data[length - 1] ||
	    memchr(message->data, 0, length - 1))
		return false;
	kept = length < size ? length : size;
	memcpy(ret, message->data, kept);
	ret[kept - 1] = '\0';
	message->data += padded;
	message->length -= padded;
	return true;
}

void wayland_begin(struct wayland_request *request, uint32_t object, uint16_t opcode)
{
	request->words[0] = object;
	request->words[1] = opcode;
	request->count = 2;
}

void wayland_add_number(struct wayland_request *request, uint32_t number)
{
	if (request->count < WORDS)
		request->words[request->count] = number;
	if (request->count <= WORDS)
		request->count++;
}

void wayland_add_string(struct wayland_request *request, const char *text)
{
	size_t length = strlen(text) + 1, words = (length + 3) / 4;

	wayland_add_number(request, (uint32_t)length);
	if (request->count > WORDS || words > WORDS - request->count) {
		request->count = WORDS + 1;
		return;
	}
	request->words[request->count + words - 1] = 0;
	memcpy(&request->words[request->count], text, length);
	request->count += words;
}

size_t wayland_end(struct wayland_request *request)
{
	if (request->count > WORDS)
		return 0;
	request->words[1] |= (uint32_t)(request->count * 4) << 16;
	return request->count * 4;
}
