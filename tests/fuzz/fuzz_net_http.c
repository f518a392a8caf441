// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The gate before a connection of any bytes: it comes to the same end however they arrive, and lets
 * pass nothing that a tolerant reader takes for a request to another host.
 */
#include "fuzz.h"

#include "gate.h"

#include "base/string.h"

#include <strings.h>

#define NAME "example.org"

/* Run it with @step more bytes at a time: the verdict, and how many bytes could pass. */
static enum gate_verdict run(const uint8_t *data, size_t size, size_t step, uint16_t port,
			     size_t *ret_passed)
{
	enum gate_verdict verdict = GATE_MORE;
	size_t at = 0, seen = 0;
	struct gate gate;

	gate_init(&gate, NAME, port, POLICY_TLS_STRICT);
	while (seen < size) {
		seen = size - seen > step ? seen + step : size;
		while (at < seen) {
			uint64_t pass = 0;
			size_t need = 0;

			verdict = gate_look(&gate, data + at, seen - at, false, &pass, &need);
			if (verdict == GATE_MORE && need <= seen - at)
				abort();
			if (verdict != GATE_PASS)
				break;
			if (!pass)
				abort();
			at = pass < size - at ? at + (size_t)pass : size;
			seen = at > seen ? at : seen;
		}
		if (verdict == GATE_OPEN || verdict == GATE_REFUSE)
			break;
	}
	if (verdict == GATE_REFUSE && !gate.reason)
		abort();
	*ret_passed = at;
	return verdict;
}

/* A Host of another name in the head of the first request, read as tolerantly as servers may. */
static bool names_another(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 5 < size;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t line = end ? (size_t)(end - data) + 1 : size;

		if (line - at <= 2 && at)
			return false; /* the empty line */
		if (strncasecmp((const char *)data + at, "host", 4) == 0) {
			size_t value = at + 4;

			while (value < line && strchr(" \t", data[value]) && data[value])
				value++;
			if (value < line && data[value] == ':') {
				value++;
				while (value < line && (data[value] == ' ' || data[value] == '\t'))
					value++;
				if (line - value < sizeof(NAME) - 1 ||
				    strncasecmp((const char *)data + value, NAME,
						sizeof(NAME) - 1) != 0)
					return true;
			}
		}
		at = line;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size + !size);
	size_t passed, again;
	enum gate_verdict verdict;
	uint16_t port = size && data[size - 1] & 1 ? 80 : 8000;

	if (size > 16384)
		return 0;
	memcpy(copy, data, size);
	verdict = run(copy, size, size ? size : 1, port, &passed);
	if (run(copy, size, 1 + (size ? data[0] % 7 : 0), port, &again) != verdict ||
	    (port == 80 && passed != again))
		abort();
	if (port == 80 && passed && names_another(copy, passed))
		abort();
	return 0;
}
