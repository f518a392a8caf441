// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bus_wire.h"

#include "base/alloc.h"
#include "base/string.h"

#include <string.h>

/* Fields of a header. */
enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE,
	FIELD_MEMBER,
	FIELD_ERROR_NAME,
	FIELD_REPLY_SERIAL,
	FIELD_DESTINATION,
	FIELD_SENDER,
	FIELD_SIGNATURE,
	FIELD_UNIX_FDS,
};

static void append(struct wire_out *out, const void *data, size_t length)
{
	if (out->length + length > out->capacity) {
		out->capacity = (out->length + length) * 2;
		out->data = xreallocarray(out->data, out->capacity, 1);
	}
	memcpy(out->data + out->length, data, length);
	out->length += length;
}

void wire_align(struct wire_out *out, size_t boundary)
{
	static const uint8_t zeroes[8];

	append(out, zeroes, (boundary - out->length % boundary) % boundary);
}

void wire_byte(struct wire_out *out, uint8_t value)
{
	append(out, &value, 1);
}

static void store_u32(uint8_t at[4], uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void wire_u32(struct wire_out *out, uint32_t value)
{
	uint8_t bytes[4];

	wire_align(out, 4);
	store_u32(bytes, value);
	append(out, bytes, 4);
}

void wire_string(struct wire_out *out, const char *text)
{
	wire_u32(out, (uint32_t)strlen(text));
	append(out, text, strlen(text) + 1);
}

void wire_signature(struct wire_out *out, const char *text)
{
	wire_byte(out, (uint8_t)strlen(text));
	append(out, text, strlen(text) + 1);
}

size_t wire_array(struct wire_out *out, size_t boundary)
{
	size_t array;

	wire_u32(out, 0);
	array = out->length - 4;
	wire_align(out, boundary);
	return array;
}

void wire_array_end(struct wire_out *out, size_t array, size_t boundary)
{
	/* The padding in front of the first element does not count. */
	size_t first = (array + 4 + boundary - 1) / boundary * boundary;

	store_u32(out->data + array, (uint32_t)(out->length - first));
}

void wire_entry_string(struct wire_out *out, const char *key, const char *value)
{
	wire_align(out, 8);
	wire_string(out, key);
	wire_signature(out, "s");
	wire_string(out, value);
}

void wire_entry_bool(struct wire_out *out, const char *key, bool value)
{
	wire_align(out, 8);
	wire_string(out, key);
	wire_signature(out, "b");
	wire_u32(out, value);
}

void wire_free(struct wire_out *out)
{
	free(out->data);
	*out = (struct wire_out){0};
}

void wire_in_align(struct wire_in *in, size_t boundary)
{
	size_t skip = (boundary - in->at % boundary) % boundary;

	if (in->length - in->at < skip)
		in->wrong = true;
	else
		in->at += skip;
}

uint8_t wire_in_byte(struct wire_in *in)
{
	if (in->wrong || in->at >= in->length) {
		in->wrong = true;
		return 0;
	}
	return in->data[in->at++];
}

uint32_t wire_in_u32(struct wire_in *in)
{
	uint32_t value = 0;

	wire_in_align(in, 4);
	if (in->wrong || in->length - in->at < 4) {
		in->wrong = true;
		return 0;
	}
	for (int i = 0; i < 4; i++)
		value |= (uint32_t)in->data[in->at + (size_t)i] << 8 * (in->big ? 3 - i : i);
	in->at += 4;
	return value;
}

/* @length bytes of text, with a NUL behind them and none in them. */
static const char *text_in(struct wire_in *in, size_t length)
{
	const char *text = (const char *)in->data + in->at;

	if (in->wrong || in->length - in->at <= length || text[length] ||
	    memchr(text, '\0', length)) {
		in->wrong = true;
		return "";
	}
	in->at += length + 1;
	return text;
}

const char *wire_in_string(struct wire_in *in)
{
	uint32_t length = wire_in_u32(in);

	return text_in(in, length);
}

const char *wire_in_signature(struct wire_in *in)
{
	uint8_t length = wire_in_byte(in);

	return text_in(in, length);
}

size_t wire_message_length(const uint8_t fixed[WIRE_FIXED])
{
	struct wire_in in = {.data = fixed, .length = WIRE_FIXED, .big = fixed[0] == 'B'};
	size_t body, fields;

	if ((fixed[0] != 'l' && fixed[0] != 'B') || fixed[3] != 1)
		return 0;
	in.at = 4;
	body = wire_in_u32(&in);
	in.at = 12;
	fields = wire_in_u32(&in);
	if (body > WIRE_LONGEST || fields > WIRE_LONGEST)
		return 0;
	return WIRE_FIXED + (fields + 7) / 8 * 8 + body;
}

/* One field of the header; those that nobody asks for are of types that are read all the same. */
static void read_field(struct wire_in *in, struct wire_message *message)
{
	uint8_t code = wire_in_byte(in);
	const char *signature = wire_in_signature(in), *text = "";
	uint32_t number = 0;

	if (streq(signature, "s") || streq(signature, "o"))
		text = wire_in_string(in);
	else if (streq(signature, "g"))
		text = wire_in_signature(in);
	else if (streq(signature, "u"))
		number = wire_in_u32(in);
	else
		in->wrong = true;
	switch (code) {
	case FIELD_PATH:
		message->path = text;
		break;
	case FIELD_INTERFACE:
		message->interface = text;
		break;
	case FIELD_MEMBER:
		message->member = text;
		break;
	case FIELD_ERROR_NAME:
		message->error = text;
		break;
	case FIELD_REPLY_SERIAL:
		message->reply_to = number;
		break;
	case FIELD_DESTINATION:
		message->destination = text;
		break;
	case FIELD_SENDER:
		message->sender = text;
		break;
	case FIELD_SIGNATURE:
		message->signature = text;
		break;
	default:
		break;
	}
}

bool wire_message_read(const uint8_t *data, size_t length, struct wire_message *ret)
{
	struct wire_message message = {.path = "",
				       .interface = "",
				       .member = "",
				       .error = "",
				       .destination = "",
				       .sender = "",
				       .signature = ""};
	struct wire_in in = {.data = data, .length = length};
	size_t fields_end;

	if (length < WIRE_FIXED || wire_message_length(data) != length)
		return false;
	in.big = data[0] == 'B';
	message.type = (enum wire_type)data[1];
	in.at = 8;
	message.serial = wire_in_u32(&in);
	fields_end = WIRE_FIXED + wire_in_u32(&in);
	in.length = fields_end;
	while (!in.wrong && in.at < fields_end) {
		wire_in_align(&in, 8);
		if (!in.wrong && in.at < fields_end)
			read_field(&in, &message);
	}
	fields_end = (fields_end + 7) / 8 * 8;
	message.body = (struct wire_in){
		.data = data + fields_end, .length = length - fields_end, .big = in.big};
	*ret = message;
	return !in.wrong;
}

static void write_field(struct wire_out *out, enum field code, const char *signature,
			const char *text)
{
	wire_align(out, 8);
	wire_byte(out, (uint8_t)code);
	wire_signature(out, signature);
	if (*signature == 'g')
		wire_signature(out, text);
	else
		wire_string(out, text);
}

void wire_call_write(struct wire_out *out, const struct wire_call *call, uint32_t serial)
{
	size_t array;

	wire_byte(out, 'l');
	wire_byte(out, WIRE_CALL);
	wire_byte(out, 0); /* flags: an answer is wanted, and the service may be started */
	wire_byte(out, 1); /* version of the protocol */
	wire_u32(out, call->body ? (uint32_t)call->body->length : 0);
	wire_u32(out, serial);
	array = wire_array(out, 8);
	write_field(out, FIELD_PATH, "o", call->path);
	write_field(out, FIELD_INTERFACE, "s", call->interface);
	write_field(out, FIELD_MEMBER, "s", call->member);
	write_field(out, FIELD_DESTINATION, "s", call->destination);
	if (call->signature)
		write_field(out, FIELD_SIGNATURE, "g", call->signature);
	if (call->descriptors) {
		wire_align(out, 8);
		wire_byte(out, FIELD_UNIX_FDS);
		wire_signature(out, "u");
		wire_u32(out, call->descriptors);
	}
	wire_array_end(out, array, 8);
	wire_align(out, 8);
	if (call->body)
		append(out, call->body->data, call->body->length);
}
