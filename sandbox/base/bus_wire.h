// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages of D-Bus as bytes (D-Bus Specification, "Type System" and "Message Protocol"), as far as
 * a client takes that makes a few calls. Little-endian is written; both are read.
 */

/* Bytes being written, each value at its alignment. */
struct wire_out {
	uint8_t *data;
	size_t length, capacity;
};

void wire_align(struct wire_out *out, size_t boundary);
void wire_byte(struct wire_out *out, uint8_t value);
void wire_u32(struct wire_out *out, uint32_t value);
/* Types s and o. */
void wire_string(struct wire_out *out, const char *text);
/* Type g, and what stands in front of a variant. */
void wire_signature(struct wire_out *out, const char *text);
/* An array begins: its elements follow at @boundary. wire_array_end() gets what this returns. */
size_t wire_array(struct wire_out *out, size_t boundary);
void wire_array_end(struct wire_out *out, size_t array, size_t boundary);
/* An entry of a{sv}: @key and a string or a truth. */
void wire_entry_string(struct wire_out *out, const char *key, const char *value);
void wire_entry_bool(struct wire_out *out, const char *key, bool value);
void wire_free(struct wire_out *out);

/* Bytes being read. What is out of bounds or no text sets .wrong and reads as 0 or "". */
struct wire_in {
	const uint8_t *data;
	size_t length, at;
	bool big; /* big-endian */
	bool wrong;
};

void wire_in_align(struct wire_in *in, size_t boundary);
uint8_t wire_in_byte(struct wire_in *in);
uint32_t wire_in_u32(struct wire_in *in);
const char *wire_in_string(struct wire_in *in);
const char *wire_in_signature(struct wire_in *in);

enum wire_type { WIRE_CALL = 1, WIRE_RETURN, WIRE_ERROR, WIRE_SIGNAL };

enum { WIRE_FIXED = 16, WIRE_LONGEST = 1024 * 1024 };

/* A message as it came; the texts are in its bytes. */
struct wire_message {
	enum wire_type type;
	uint32_t serial, reply_to;
	const char *path, *interface, *member; /* "" where missing, as those below */
	const char *error, *destination, *sender, *signature;
	struct wire_in body;
};

/* How long the message is whose first WIRE_FIXED bytes these are; 0: it is none, or too long. */
size_t wire_message_length(const uint8_t fixed[WIRE_FIXED]);

/* Read the whole message; false where it is none. */
bool wire_message_read(const uint8_t *data, size_t length, struct wire_message *ret);

/* A call to be written. */
struct wire_call {
	const char *destination, *path, *interface, *member;
	const char *signature; /* of the body; NULL: there is none */
	const struct wire_out *body;
	uint32_t descriptors; /* how many go with it */
};

/* Write @call with the number @serial, which is not 0. */
void wire_call_write(struct wire_out *out, const struct wire_call *call, uint32_t serial);
