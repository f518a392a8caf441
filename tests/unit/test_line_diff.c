// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Differences by lines: what is told leads from the one text to the other, for thousands of random
 * pairs; and in the form that patch(1) takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/line_diff.h"

/* The second text, made from the first by the hunks in @patch. */
static char *apply(const char *old_text, const char *patch)
{
	struct strbuf out = {0};
	const char *at = old_text;
	size_t line = 1;

	strbuf_append(&out, "", 0);
	while (*patch) {
		size_t length = strcspn(patch, "\n") + 1;
		bool open = strncmp(patch + length, "\\ No newline", 12) == 0;
		size_t size = length - 1 - open;

		if (patch[0] == '@') {
			size_t start = strtoul(patch + 4, NULL, 10);
			bool none = strstr(patch, ",0 +") && strstr(patch, ",0 +") < patch + length;

			while (line < start + none) {
				size_t n = strcspn(at, "\n") + 1;

				strbuf_append(&out, at, n);
				at += n;
				line++;
			}
		} else if (patch[0] != '\\') {
			if (patch[0] != '+') {
				assert_memory_equal(at, patch + 1, size);
				at += size;
				line++;
			}
			if (patch[0] != '-')
				strbuf_append(&out, patch + 1, size);
		}
		patch += length;
	}
	strbuf_append(&out, at, strlen(at));
	return out.text;
}

static void check(const char *old_text, const char *new_text, size_t context)
{
	struct line_diff diff = {0};
	struct strbuf out = {0};
	char *made;

	strbuf_append(&out, "", 0);
	line_diff(old_text, strlen(old_text), new_text, strlen(new_text), &diff);
	line_diff_unified(&diff, old_text, strlen(old_text), new_text, strlen(new_text), context,
			  &out);
	made = apply(old_text, out.text);
	assert_string_equal(made, new_text);
	if (strcmp(old_text, new_text) == 0)
		assert_string_equal(out.text, "");
	free(made);
	line_diff_free(&diff);
	strbuf_free(&out);
}

static void test_unified_form(void **state)
{
	static const char before[] = "a\nb\nc\nd\ne\nf\ng\nh\n",
			  after[] = "a\nb\nX\nd\ne\nf\ng\nh\n";
	struct line_diff diff = {0};
	struct strbuf out = {0};

	line_diff(before, strlen(before), after, strlen(after), &diff);
	line_diff_unified(&diff, before, strlen(before), after, strlen(after), 3, &out);
	assert_string_equal(out.text, "@@ -1,6 +1,6 @@\n a\n b\n-c\n+X\n d\n e\n f\n");
	assert_int_equal(diff.added, 1);
	assert_int_equal(diff.removed, 1);
	line_diff_free(&diff);
	strbuf_free(&out);
}

static void test_edges(void **state)
{
	check("", "", 3);
	check("", "a\n", 3);
	check("a\n", "", 3);
	check("a", "a\n", 3);
	check("a\nb", "a\nc", 3);
	check("a\n", "b\n", 0);
}

static char *random_text(unsigned *seed)
{
	struct strbuf out = {0};
	int lines = rand_r(seed) % 40;

	strbuf_append(&out, "", 0);
	for (int i = 0; i < lines; i++)
		strbuf_printf(&out, "%c\n", 'a' + rand_r(seed) % 5);
	return out.text;
}

static void test_random_pairs(void **state)
{
	unsigned seed = 7;

	for (int i = 0; i < 5000; i++) {
		char *a = random_text(&seed), *b = random_text(&seed);

		check(a, b, (size_t)rand_r(&seed) % 4);
		free(a);
		free(b);
	}
}

static void test_shortest(void **state)
{
	static const char a[] = "a\nb\nc\na\nb\nb\na\n", b[] = "c\nb\na\nb\na\nc\n";
	struct line_diff diff = {0};

	line_diff(a, strlen(a), b, strlen(b), &diff);
	assert_int_equal(diff.added + diff.removed, 5);
	line_diff_free(&diff);
}

static void test_too_many_become_one_block(void **state)
{
	struct strbuf a = {0}, b = {0};
	struct line_diff diff = {0};

	for (int i = 0; i < 3000; i++) {
		strbuf_printf(&a, "old %d\n", i);
		strbuf_printf(&b, "new %d\n", i);
	}
	line_diff(a.text, a.length, b.text, b.length, &diff);
	assert_int_equal(diff.blocks.count, 1);
	assert_int_equal(diff.added, 3000);
	line_diff_free(&diff);
	strbuf_free(&a);
	strbuf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unified_form),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random_pairs),
		cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_too_many_become_one_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
