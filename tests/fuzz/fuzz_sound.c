// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client says to a sound server: what goes through is a message that goes through again as it is, and properties
 * that make servers load something are not in it. */
#include "fuzz.h"

#include "pulse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pulse pulse = {.record = size && (data[0] & 1)};
	_cleanup_strbuf_ struct strbuf once = {0}, twice = {0};
	uint32_t tag;

	if (size < 2)
		return 0;
	pulse_answer(&pulse, data + 1, size - 1);
	if (pulse_command(&pulse, data + 1, size - 1, &once, &tag) != PULSE_FORWARD)
		return 0;
	if (once.length > size - 1)
		abort();
	pulse = (struct pulse){.record = data[0] & 1};
	if (pulse_command(&pulse, (const uint8_t *)once.text, once.length, &twice, &tag) !=
		    PULSE_FORWARD ||
	    once.length != twice.length || memcmp(once.text, twice.text, once.length) != 0)
		abort();
	return 0;
}
