// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of D-Bus as a program or a bus may send them: they are read within their bounds. */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/bus_wire.h"

#include <stdlib.h>
#include <string.h>

static void check_text(const uint8_t *data, size_t length, const char *text)
{
	/* "" stands for what is missing, and is not of the message. */
	if (*text &&
	    ((const uint8_t *)text < data || (const uint8_t *)text + strlen(text) >= data + length))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct wire_message message;
	uint8_t *data;
	size_t length;

	if (size < WIRE_FIXED)
		return 0;
	length = wire_message_length(input);
	if (length && (length < WIRE_FIXED || length > 3 * WIRE_LONGEST))
		abort();
	if (!length || length > size)
		return 0;
	data = xmemdup(input, length);
	if (wire_message_read(data, length, &message)) {
		check_text(data, length, message.path);
		check_text(data, length, message.interface);
		check_text(data, length, message.member);
		check_text(data, length, message.destination);
		check_text(data, length, message.sender);
		check_text(data, length, wire_in_string(&message.body));
	}
	free(data);
	return 0;
}
