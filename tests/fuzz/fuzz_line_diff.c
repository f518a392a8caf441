// SPDX-License-Identifier: GPL-2.0-or-later
/* Two texts, apart at the first byte 0xff: the blocks lie in order, and what they leave out is the same. */
#include "fuzz.h"

#include "base/line_diff.h"

/* Where the line @number of @text begins. */
static const char *line_at(const char *text, size_t length, size_t number)
{
	const char *at = text;

	for (; number; number--) {
		const char *end = memchr(at, '\n', length - (size_t)(at - text));

		if (!end)
			return text + length;
		at = end + 1;
	}
	return at;
}

static bool same_lines(const char *old, size_t old_length, size_t old_at, const char *new,
		       size_t new_length, size_t new_at, size_t count)
{
	const char *a = line_at(old, old_length, old_at), *b = line_at(new, new_length, new_at);
	size_t a_length = (size_t)(line_at(old, old_length, old_at + count) - a);
	size_t b_length = (size_t)(line_at(new, new_length, new_at + count) - b);

	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split = size ? memchr(data, 0xff, size) : NULL;
	size_t old_length = split ? (size_t)(split - data) : size / 2;
	_cleanup_free_ char *old = xmemdup(data, old_length);
	_cleanup_free_ char *new = xmemdup(data + old_length, size - old_length);
	_cleanup_strbuf_ struct strbuf out = {0};
	size_t old_at = 0, new_at = 0, new_length = size - old_length;
	struct line_diff diff = {0};

	line_diff_is_binary(old, old_length);
	line_diff(old, old_length, new, new_length, &diff);
	vector_each (block, &diff.blocks) {
		if (block->old_start < old_at || block->new_start < new_at ||
		    block->old_start - old_at != block->new_start - new_at ||
		    !same_lines(old, old_length, old_at, new, new_length, new_at,
				block->old_start - old_at))
			abort();
		old_at = block->old_start + block->old_count;
		new_at = block->new_start + block->new_count;
	}
	if (!same_lines(old, old_length, old_at, new, new_length, new_at, SIZE_MAX / 2))
		abort();
	line_diff_unified(&diff, old, old_length, new, new_length, 3, &out);
	line_diff_free(&diff);
	return 0;
}
