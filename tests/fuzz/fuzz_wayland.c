// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of Wayland as a compositor may send them: they are read within their bounds, and a message
 * made of what was read is the same one. */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/wayland_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	uint8_t *data = xmemdup(input, size);
	struct wayland_message message;
	size_t at = 0;
	int length;

	while ((length = wayland_parse(data + at, size - at, &message)) > 0) {
		struct wayland_request again;
		const struct wayland_message whole = message;
		char text[WAYLAND_LONGEST], cut[8];
		uint32_t number;

		if ((size_t)length > size - at || message.length + WAYLAND_HEADER != (size_t)length)
			abort();
		if (wayland_take_string(&message, text, sizeof(text))) {
			wayland_begin(&again, whole.object, whole.opcode);
			wayland_add_string(&again, text);
			while (wayland_take_number(&message, &number))
				wayland_add_number(&again, number);
			if (wayland_end(&again) != (size_t)length)
				abort();
			message = whole;
			if (!wayland_take_string(&message, cut, sizeof(cut)) ||
			    strncmp(cut, text, sizeof(cut) - 1) != 0)
				abort();
		}
		message = whole;
		while (wayland_take_number(&message, &number))
			;
		if (message.length)
			abort();
		at += (size_t)length;
	}
	free(data);
	return 0;
}
