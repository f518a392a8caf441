// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client may say to a sound server, message by message. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pulse.h"

enum { CREATE_PLAYBACK = 3, DELETE_PLAYBACK = 4, CREATE_RECORD = 5, AUTH = 8, CLIENT_NAME = 9 };
enum {
	GET_SINK_INPUT = 29,
	SET_SINK_INPUT_VOLUME = 37,
	LOAD_MODULE = 51,
	STREAM_KILLED = 64,
	SET_BUFFER = 72
};

static void add(struct strbuf *out, const void *data, size_t length)
{
	strbuf_append(out, data, length);
}

static void add_u32(struct strbuf *out, uint32_t value)
{
	const uint8_t bytes[] = {'L', (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				 (uint8_t)(value >> 8), (uint8_t)value};

	add(out, bytes, sizeof(bytes));
}

static struct strbuf message(uint32_t command, uint32_t tag)
{
	struct strbuf out = {0};

	add_u32(&out, command);
	add_u32(&out, tag);
	return out;
}

static void add_property(struct strbuf *out, const char *name, const char *value)
{
	uint32_t length = (uint32_t)strlen(value) + 1;

	add(out, "t", 1);
	add(out, name, strlen(name) + 1);
	add_u32(out, length);
	add(out, "x\0\0\0", 4);
	add(out, &(uint8_t){(uint8_t)length}, 1);
	add(out, value, length);
}

/* Ask, and free the question. */
static enum pulse_verdict ask(struct pulse *pulse, struct strbuf *question, struct strbuf *out)
{
	uint32_t tag = 0;
	enum pulse_verdict verdict =
		pulse_command(pulse, (const uint8_t *)question->text, question->length, out, &tag);

	strbuf_free(question);
	return verdict;
}

static void answer(struct pulse *pulse, uint32_t command, uint32_t tag, uint32_t channel,
		   uint32_t index)
{
	_cleanup_strbuf_ struct strbuf text = message(command, tag);

	if (command) {
		add_u32(&text, channel);
		add_u32(&text, index);
	}
	pulse_answer(pulse, (const uint8_t *)text.text, text.length);
}

static enum pulse_verdict ask_tagged(struct pulse *pulse, uint32_t command, uint32_t tag,
				     uint32_t first)
{
	_cleanup_strbuf_ struct strbuf out = {0};
	struct strbuf question = message(command, tag);

	add_u32(&question, first);
	return ask(pulse, &question, &out);
}

/* With a tag that is used for nothing else. */
static enum pulse_verdict ask_about(struct pulse *pulse, uint32_t command, uint32_t first)
{
	static uint32_t tag = 1000;

	return ask_tagged(pulse, command, tag++, first);
}

static void only_what_is_granted_is_said(void **state)
{
	struct pulse player = {0}, recorder = {.record = true};

	assert_int_equal(ask_about(&player, CREATE_PLAYBACK, 0), PULSE_FORWARD);
	assert_int_equal(ask_about(&player, CREATE_RECORD, 0), PULSE_REFUSE);
	assert_int_equal(ask_about(&recorder, CREATE_RECORD, 0), PULSE_FORWARD);
	for (int i = 0; i < 2; i++) {
		struct pulse *each = i ? &recorder : &player;

		assert_int_equal(ask_about(each, LOAD_MODULE, 0), PULSE_REFUSE);
		/* Numbers that nobody has given yet. */
		assert_int_equal(ask_about(each, 105, 0), PULSE_REFUSE);
		assert_int_equal(ask_about(each, UINT32_MAX, 0), PULSE_REFUSE);
	}
}

static void streams_are_changed_by_who_made_them(void **state)
{
	struct pulse pulse = {0};
	struct strbuf question = message(CREATE_PLAYBACK, 77);
	_cleanup_strbuf_ struct strbuf out = {0};

	assert_int_equal(ask_about(&pulse, SET_SINK_INPUT_VOLUME, 5), PULSE_REFUSE);
	assert_int_equal(ask(&pulse, &question, &out), PULSE_FORWARD);
	/* An answer to something else is not of a stream. */
	answer(&pulse, 2, 78, 0, 5);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 5), PULSE_REFUSE);
	answer(&pulse, 2, 77, 0, 5);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 5), PULSE_FORWARD);
	assert_int_equal(ask_about(&pulse, SET_SINK_INPUT_VOLUME, 5), PULSE_FORWARD);
	assert_int_equal(ask_about(&pulse, SET_SINK_INPUT_VOLUME, 6), PULSE_REFUSE);
	/* Said once, it is settled: the same tag again brings nothing. */
	answer(&pulse, 2, 77, 1, 6);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 6), PULSE_REFUSE);
	assert_int_equal(ask_about(&pulse, DELETE_PLAYBACK, 0), PULSE_FORWARD);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 5), PULSE_REFUSE);
}

static void a_stream_that_failed_or_was_killed_is_nobodys(void **state)
{
	struct pulse pulse = {0};
	struct strbuf first = message(CREATE_PLAYBACK, 1), second = message(CREATE_PLAYBACK, 2);
	_cleanup_strbuf_ struct strbuf out = {0};
	_cleanup_strbuf_ struct strbuf killed = message(STREAM_KILLED, UINT32_MAX);

	assert_int_equal(ask(&pulse, &first, &out), PULSE_FORWARD);
	answer(&pulse, 0, 1, 0, 0);
	answer(&pulse, 2, 1, 3, 9);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 9), PULSE_REFUSE);
	assert_int_equal(ask(&pulse, &second, &out), PULSE_FORWARD);
	answer(&pulse, 2, 2, 3, 9);
	add_u32(&killed, 3);
	pulse_answer(&pulse, (const uint8_t *)killed.text, killed.length);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 9), PULSE_REFUSE);
	/* More than are kept in mind at once are refused. */
	for (uint32_t i = 0; i < PULSE_PENDING; i++)
		assert_int_equal(ask_about(&pulse, CREATE_PLAYBACK, 0), PULSE_FORWARD);
	assert_int_equal(ask_about(&pulse, CREATE_PLAYBACK, 0), PULSE_REFUSE);
}

static void a_tag_stands_for_one_command_until_it_is_answered(void **state)
{
	struct pulse pulse = {0}, other = {0};

	/* The answer tells the sizes of the buffer, which the client chose: 9 is somebody's stream. */
	assert_int_equal(ask_tagged(&pulse, SET_BUFFER, 7, 0), PULSE_FORWARD);
	assert_int_equal(ask_tagged(&pulse, CREATE_PLAYBACK, 7, 0), PULSE_REFUSE);
	answer(&pulse, 2, 7, 4096, 9);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 9), PULSE_REFUSE);
	/* The other way round, too: the error of the stream, and then that answer. */
	assert_int_equal(ask_tagged(&pulse, CREATE_PLAYBACK, 7, 0), PULSE_FORWARD);
	assert_int_equal(ask_tagged(&pulse, SET_BUFFER, 7, 0), PULSE_REFUSE);
	answer(&pulse, 2, 7, 0, 5);
	assert_int_equal(ask_about(&pulse, GET_SINK_INPUT, 5), PULSE_FORWARD);
	/* More than are kept in mind are refused, until some are answered. */
	for (uint32_t i = 0; i < PULSE_ASKED; i++)
		assert_int_equal(ask_tagged(&other, SET_BUFFER, i, 0), PULSE_FORWARD);
	assert_int_equal(ask_tagged(&other, SET_BUFFER, PULSE_ASKED, 0), PULSE_REFUSE);
	answer(&other, 0, 3, 0, 0);
	assert_int_equal(ask_tagged(&other, SET_BUFFER, PULSE_ASKED, 0), PULSE_FORWARD);
}

static bool has(const struct strbuf *text, const char *part)
{
	return memmem(text->text, text->length, part, strlen(part)) != NULL;
}

static void properties_that_describe_go_through(void **state)
{
	struct pulse pulse = {0}, second = {0};
	struct strbuf question = message(CLIENT_NAME, 1);
	_cleanup_strbuf_ struct strbuf out = {0}, again = {0};
	struct strbuf copy = {0};

	add(&question, "P", 1);
	add_property(&question, "filter.want", "echo-cancel");
	add_property(&question, "media.name", "a name");
	add_property(&question, "media.names", "no name");
	add_property(&question, "media.class", "Audio/Source");
	add_property(&question, "application.process.id", "12");
	add_property(&question, "application", "none");
	add_property(&question, "audioconvert.filter-graph", "{}");
	add(&question, "N", 1);
	add_u32(&question, 4711);
	assert_int_equal(ask(&pulse, &question, &out), PULSE_FORWARD);
	assert_true(has(&out, "a name"));
	assert_true(has(&out, "application.process.id"));
	assert_false(has(&out, "filter"));
	assert_false(has(&out, "no name"));
	assert_false(has(&out, "Audio"));
	assert_null(memmem(out.text, out.length, "tapplication", sizeof("tapplication")));
	/* What came out is a message, and nothing of it is left out a second time. */
	add(&copy, out.text, out.length);
	assert_int_equal(ask(&second, &copy, &again), PULSE_FORWARD);
	assert_int_equal(out.length, again.length);
	assert_memory_equal(out.text, again.text, out.length);
}

static void memory_is_not_offered(void **state)
{
	struct pulse pulse = {0};
	struct strbuf question = message(AUTH, 0);
	_cleanup_strbuf_ struct strbuf out = {0};

	add_u32(&question, 0xc0000023);
	add(&question, "x\0\0\0\0", 5);
	assert_int_equal(ask(&pulse, &question, &out), PULSE_FORWARD);
	assert_memory_equal(out.text + 10, "L\0\0\0\x23x\0\0\0\0", 10);
	assert_int_equal(out.length, 20);
}

static void what_is_cut_off_or_unknown_is_no_message(void **state)
{
	static const char *const values[] = {"?",     "t",      "tx",    "L\0\0\0", "x\0\0\0\x9y",
					     "m\x5x", "v\x1xx", "P",     "PN?",     "Pt",
					     "f",     "fB",     "fB\1Q", "a12345",  "U1234567"};
	static const uint8_t lengths[] = {1, 1, 2, 4, 6, 3, 4, 1, 3, 2, 1, 2, 4, 6, 8};
	struct pulse pulse = {0};

	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct strbuf question = message(CLIENT_NAME, 1);
		_cleanup_strbuf_ struct strbuf out = {0};

		add(&question, values[i], lengths[i]);
		assert_int_equal(ask(&pulse, &question, &out), PULSE_BROKEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_granted_is_said),
		cmocka_unit_test(streams_are_changed_by_who_made_them),
		cmocka_unit_test(a_stream_that_failed_or_was_killed_is_nobodys),
		cmocka_unit_test(a_tag_stands_for_one_command_until_it_is_answered),
		cmocka_unit_test(properties_that_describe_go_through),
		cmocka_unit_test(memory_is_not_offered),
		cmocka_unit_test(what_is_cut_off_or_unknown_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
