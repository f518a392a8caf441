// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/process.h"

#include <stdio.h>
#include <sys/stat.h>

/* Files are stamped with a clock that is behind the exact one by up to a tick. */
static void files_made_after_waiting_are_stamped_later(void **state)
{
	for (int i = 0; i < 20; i++) {
		FILE *file = NULL;
		struct timespec before;
		struct stat status;

		clock_gettime(CLOCK_REALTIME, &before);
		process_wait_for_stamps(&before);
		file = tmpfile();
		assert_non_null(file);
		assert_int_equal(fstat(fileno(file), &status), 0);
		fclose(file);
		assert_true(status.st_ctim.tv_sec > before.tv_sec ||
			    (status.st_ctim.tv_sec == before.tv_sec &&
			     status.st_ctim.tv_nsec > before.tv_nsec));
	}
}

static void nothing_to_wait_for(void **state)
{
	const struct timespec none = {0};
	struct timespec far = {0};

	process_wait_for_stamps(&none);
	/* The clock was set back since. */
	clock_gettime(CLOCK_REALTIME, &far);
	far.tv_sec += 3600;
	process_wait_for_stamps(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_made_after_waiting_are_stamped_later),
		cmocka_unit_test(nothing_to_wait_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
