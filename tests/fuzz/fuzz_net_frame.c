// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame of any bytes: it is read within its bounds, and every answer to it is well-formed. */
#include "fuzz.h"

#include "frame.h"

#include "base/string.h"

static void check_answer(const struct frame *frame, const uint8_t *answer, size_t length,
			 enum frame_kind wanted)
{
	struct frame back;

	if (length > FRAME_ANSWER_LIMIT || frame_parse(answer, length, &back) != wanted ||
	    back.length != length || !address_equal(&back.destination, &frame->source))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size + !size);
	struct address other = {.family = AF_INET, .bytes = {10, 0, 2, 2}};
	uint8_t answer[FRAME_ANSWER_LIMIT];
	struct frame frame, again;
	enum frame_kind kind;

	memcpy(copy, data, size);
	kind = frame_parse(copy, size, &frame);
	if (kind == FRAME_BAD || kind == FRAME_NEIGHBOR || !frame.source.family)
		return 0;
	if (frame.length > size || frame.transport > frame.length)
		abort();
	other.family = frame.source.family;
	if (kind == FRAME_TCP)
		check_answer(&frame, answer, frame_reset(&frame, answer), FRAME_TCP);
	for (enum frame_reason reason = 0; reason <= FRAME_PROHIBITED; reason++)
		check_answer(&frame, answer, frame_unreachable(&frame, &other, reason, answer),
			     FRAME_OTHER);
	if (kind != FRAME_TCP && kind != FRAME_UDP && kind != FRAME_ECHO)
		return 0;
	/* There and back: nothing but the address has changed. */
	frame_rewrite(copy, &frame, false, &other);
	if (frame_parse(copy, size, &again) != kind || !address_equal(&again.destination, &other) ||
	    !address_equal(&again.source, &frame.source) ||
	    again.destination_port != frame.destination_port)
		abort();
	return 0;
}
