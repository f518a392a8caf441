// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of Wayland: bounds, and that what is written is what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h comes after these */
#include <cmocka.h>

#include "base/wayland_wire.h"

#include <errno.h>
#include <string.h>

static void what_is_written_is_read(void **state)
{
	struct wayland_request request;
	struct wayland_message message;
	uint32_t number = 0;
	char text[16];
	size_t size;

	wayland_begin(&request, 7, 3);
	wayland_add_number(&request, 0xfffefdfc);
	wayland_add_string(&request, "abc");
	wayland_add_string(&request, "");
	size = wayland_end(&request);
	assert_int_equal(size, 8 + 4 + 8 + 8);
	assert_int_equal(wayland_parse(request.words, size, &message), size);
	assert_int_equal(message.object, 7);
	assert_int_equal(message.opcode, 3);
	assert_true(wayland_take_number(&message, &number));
	assert_int_equal(number, 0xfffefdfc);
	assert_true(wayland_take_string(&message, text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_true(wayland_take_string(&message, text, sizeof(text)));
	assert_string_equal(text, "");
	assert_false(wayland_take_number(&message, &number));
	assert_false(wayland_take_string(&message, text, sizeof(text)));
}

static void a_part_is_waited_for(void **state)
{
	const uint32_t words[] = {1, 12 << 16, 5};
	struct wayland_message message;

	for (size_t length = 0; length < sizeof(words); length++)
		assert_int_equal(wayland_parse(words, length, &message), 0);
	assert_int_equal(wayland_parse(words, sizeof(words), &message), 12);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
	static const uint32_t sizes[] = {0, 4, 7, 9, 4100, 65532};
	struct wayland_message message;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint32_t words[] = {1, sizes[i] << 16, 0};

		assert_int_equal(wayland_parse(words, sizeof(words), &message), -EPROTO);
	}
}

/* Each is a string's length and what follows it. */
static void a_string_stays_in_its_message(void **state)
{
	static const struct {
		uint32_t length;
		char bytes[8];
		bool good;
	} strings[] = {
		{0, "", false},          {1, "", true},           {4, "abc", true},
		{4, "abcd", false},      {9, "abcdefgh", false},  {4, "a\0b", false},
		{0xffffffff, "", false}, {0xfffffffd, "", false},
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct wayland_message message = {.data = (const uint8_t *)&strings[i].length,
						  .length = 12};
		char text[4];

		assert_int_equal(wayland_take_string(&message, text, sizeof(text)),
				 strings[i].good);
	}
}

static void a_long_string_is_cut(void **state)
{
	struct wayland_request request;
	struct wayland_message message;
	char text[4];

	wayland_begin(&request, 1, 0);
	wayland_add_string(&request, "abcdefgh");
	wayland_add_number(&request, 9);
	assert_int_equal(wayland_parse(request.words, wayland_end(&request), &message), 28);
	assert_true(wayland_take_string(&message, text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_int_equal(message.length, 4);
}

static void what_is_too_long_is_not_sent(void **state)
{
	struct wayland_request request;
	char text[WAYLAND_LONGEST] = "";

	memset(text, 'x', sizeof(text) - 13);
	wayland_begin(&request, 1, 0);
	wayland_add_string(&request, text);
	assert_int_equal(wayland_end(&request), WAYLAND_LONGEST);
	wayland_begin(&request, 1, 0);
	wayland_add_string(&request, text);
	wayland_add_number(&request, 1);
	assert_int_equal(wayland_end(&request), 0);
	wayland_begin(&request, 1, 0);
	wayland_add_number(&request, 1);
	wayland_add_string(&request, text);
	wayland_add_string(&request, text);
	assert_int_equal(wayland_end(&request), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_part_is_waited_for),
		cmocka_unit_test(a_size_that_cannot_be_is_refused),
		cmocka_unit_test(a_string_stays_in_its_message),
		cmocka_unit_test(a_long_string_is_cut),
		cmocka_unit_test(what_is_too_long_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
