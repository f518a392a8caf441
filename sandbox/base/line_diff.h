// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

/* What two texts differ in, by lines. */

/* Lines of the first text that lines of the second stand in the place of; counted from 0. */
struct line_block {
	size_t old_start, old_count, new_start, new_count;
};

struct line_diff {
	VECTOR(struct line_block) blocks;
	size_t added, removed; /* lines */
};

/* Whether that is no text to compare by lines: a NUL byte among the first bytes says so. */
bool line_diff_is_binary(const char *data, size_t length);

/*
 * Compare. The result is the shortest there is, but for texts that differ in thousands of lines,
 * of which everything between the first and the last difference becomes one block.
 */
void line_diff(const char *old_text, size_t old_length, const char *new_text, size_t new_length,
	       struct line_diff *ret);

/* Add the blocks to @out as patch(1) takes them ("@@ -1,3 +1,4 @@"), with @context lines around. */
void line_diff_unified(const struct line_diff *diff, const char *old_text, size_t old_length,
		       const char *new_text, size_t new_length, size_t context, struct strbuf *out);

void line_diff_free(struct line_diff *diff);
