// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/string.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void escape_shows_control_bytes_and_keeps_text(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"a\nb\tc", "a\\nb\\tc"},
		{"\033]0;x\007", "\\e]0;x\\x07"},
		{"back\\slash", "back\\\\slash"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xff\xc0\xaf", "\\xff\\xc0\\xaf"},
		{"\xc2\x9b", "\\xc2\\x9b"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xe2\x82", "\\xe2\\x82"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_free_ char *out = string_escape(cases[i].in);

		assert_string_equal(out, cases[i].out);
	}
}

static void nearest_finds_typing_errors_only(void **state)
{
	static const char *const words[] = {"read", "write", "wayland", "x11", "rw"};

	assert_string_equal(string_nearest("waylnad", words, COUNT(words)), "wayland");
	assert_string_equal(string_nearest("x12", words, COUNT(words)), "x11");
	assert_string_equal(string_nearest("rww", words, COUNT(words)), "rw");
	assert_string_equal(string_nearest("wr", words, COUNT(words)), "rw");
	assert_string_equal(string_nearest("raed", words, COUNT(words)), "read");
	assert_null(string_nearest("completely-else", words, COUNT(words)));
}

static void utf8_length_ends_at_the_first_bad_byte(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"gr\xc3\xbc\xc3\x9f", 6},
		{"a\xff", 1},
		{"a\xc3", 1},
		{"\xe2\x82\xac", 3},
		{"\xe2\x82", 0},
		{"\xc0\xaf", 0},
		{"\xed\xa0\x80", 0},
		{"\xf0\x9f\x90\x87!", 5},
		{"\xc2\x9b", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(string_utf8_length(cases[i].text, strlen(cases[i].text)),
				 cases[i].length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_shows_control_bytes_and_keeps_text),
		cmocka_unit_test(nearest_finds_typing_errors_only),
		cmocka_unit_test(utf8_length_ends_at_the_first_bad_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
