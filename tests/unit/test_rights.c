// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/rights.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pair of which the second end said @last and went, without having read what was sent to it. */
static int end_of_the_dead(int type, const char *last)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(rights_send(pair[0], "unread", 6, NULL, 0, 0), 0);
	assert_int_equal(rights_send(pair[1], last, 4, NULL, 0, 0), 0);
	close(pair[1]);
	return pair[0];
}

static const int types[] = {SOCK_SEQPACKET, SOCK_STREAM};

static void last_words_come_from_a_peer_that_had_more_to_read(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		int fd = end_of_the_dead(types[i], "last");
		char text[16];

		assert_int_equal(rights_receive(fd, text, sizeof(text), NULL, 0, 0), 4);
		assert_memory_equal(text, "last", 4);
		assert_int_equal(rights_receive(fd, text, sizeof(text), NULL, 0, 0), 0);
		assert_int_equal(rights_receive(fd, text, sizeof(text), NULL, 0, MSG_DONTWAIT), 0);
		close(fd);
	}
}

static void sending_to_the_dead_takes_no_words_away(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		int fd = end_of_the_dead(types[i], "last");
		char text[16];

		assert_int_equal(rights_send(fd, "more", 4, NULL, 0, 0), -EPIPE);
		assert_int_equal(rights_receive(fd, text, sizeof(text), NULL, 0, 0), 4);
		assert_memory_equal(text, "last", 4);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_words_come_from_a_peer_that_had_more_to_read),
		cmocka_unit_test(sending_to_the_dead_takes_no_words_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
