// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages of Wayland: in the byte order of this machine, object, size and opcode in two words, then
 * the arguments (wayland.freedesktop.org/docs/html/ch04.html, "Wire Format").
 */
enum {
	WAYLAND_HEADER = 8,
	WAYLAND_LONGEST = 4096 /* of one message, as libwayland has it */
};

/* A message that was received; its arguments are taken off the front of @data one by one. */
struct wayland_message {
	uint32_t object;
	uint16_t opcode;
	const uint8_t *data;
	size_t length;
};

/*
 * The message at the beginning of the @length bytes at @bytes, which stay the caller's: how long it
 * is, 0 where there is less than one, or -EPROTO where no more can be understood.
 */
int wayland_parse(const void *bytes, size_t length, struct wayland_message *ret);

/* Take an argument; false where there is none that fits. */
bool wayland_take_number(struct wayland_message *message, uint32_t *ret);

/* A string longer than @size - 1 bytes is taken as well, and cut. */
bool wayland_take_string(struct wayland_message *message, char *ret, size_t size);

/* A message being written. */
struct wayland_request {
	uint32_t words[WAYLAND_LONGEST / 4];
	size_t count; /* of words; more than fit: too long, nothing is to be sent */
};

void wayland_begin(struct wayland_request *request, uint32_t object, uint16_t opcode);
void wayland_add_number(struct wayland_request *request, uint32_t number);
void wayland_add_string(struct wayland_request *request, const char *text);

/* Fill in the size: in bytes, 0 where it got too long. */
size_t wayland_end(struct wayland_request *request);
