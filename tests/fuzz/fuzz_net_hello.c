// SPDX-License-Identifier: GPL-2.0-or-later
/* A ClientHello of any bytes: what a part of it says is never taken back by more of it. */
#include "fuzz.h"

#include "hello.h"

#include "base/string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size + !size);
	struct hello whole, part;
	enum hello_result result, before;
	size_t length = size ? data[size - 1] * size / 256 : 0;

	memcpy(copy, data, size);
	result = hello_parse(copy, size, &whole);
	if (result == HELLO_MORE && whole.need <= size)
		abort();
	if (result == HELLO_BAD && !whole.reason)
		abort();
	if (strlen(whole.server_name) != whole.name_length)
		abort();
	before = hello_parse(data, length, &part);
	if (before != HELLO_MORE && before != result)
		abort();
	if (before == HELLO_DONE && !streq(part.server_name, whole.server_name))
		abort();
	/* It was worth waiting for no less. */
	if (before == HELLO_MORE && part.need > size && result != HELLO_MORE)
		abort();
	return 0;
}
