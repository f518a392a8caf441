// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of our own below the one this test runs in; skipped where none can be made. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/fd.h"
#include "kernel/cgroup.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char own[PATH_MAX], name[64];
static int parent = -1;

/* A group of our own, or the test is skipped. */
static int make_group(void)
{
	int fd = -EACCES;

	if (parent >= 0 && cgroup_writable(parent))
		fd = cgroup_make(parent, name);
	if (fd < 0) {
		print_message("no group can be made in %s: %s\n", own, error_name(-fd));
		skip();
	}
	return fd;
}

static pid_t start_inside(int group)
{
	pid_t child = fork();

	if (child == 0) {
		if (cgroup_enter(group, 0) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(child > 0);
	for (int i = 0; i < 200 && !cgroup_has_processes(group, 0); i++)
		usleep(10000);
	assert_true(cgroup_has_processes(group, 0));
	return child;
}

static void the_own_group_is_found(void **state)
{
	char text[PATH_MAX];

	if (parent < 0)
		skip();
	assert_int_equal(cgroup_path_of(getpid(), text, sizeof(text)), 0);
	assert_string_equal(text, own);
	assert_int_equal(cgroup_path_of(0, text, 3), -ENAMETOOLONG);
}

static void other_directories_are_no_groups(void **state)
{
	assert_int_equal(cgroup_open("/tmp"), -EINVAL);
	assert_int_equal(cgroup_open("/nowhere/at/all"), -ENOENT);
}

static void a_frozen_group_is_killed_and_removed(void **state)
{
	_cleanup_fd_ int group = make_group();
	_cleanup_fd_ int events = cgroup_open_events(group);
	struct pollfd change = {.fd = events, .events = POLLPRI};
	struct cgroup_usage usage;
	uint64_t frozen;
	pid_t child;
	char byte;
	int status;

	assert_false(cgroup_populated(group));
	assert_int_equal(cgroup_wait_empty(group, 0), 0);
	child = start_inside(group);
	assert_true(cgroup_populated(group));
	assert_false(cgroup_has_processes(group, child));
	assert_int_equal(cgroup_wait_empty(group, 10), -ETIMEDOUT);
	assert_int_equal(cgroup_remove(parent, name), -EBUSY);

	assert_int_equal(cgroup_freeze(group, true, 5000), 0);
	assert_int_equal(cgroup_read_key(group, "cgroup.events", "frozen", &frozen), 0);
	assert_int_equal(frozen, 1);
	assert_int_equal(cgroup_freeze(group, false, 5000), 0);
	assert_int_equal(cgroup_freeze(group, true, 5000), 0);

	assert_int_equal(pread(events, &byte, 1, 0), 1);
	assert_int_equal(cgroup_kill(group), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(poll(&change, 1, 5000), 1);
	assert_int_equal(cgroup_wait_empty(group, 5000), 0);

	cgroup_usage(group, &usage);
	assert_true(usage.cpu != CGROUP_MAX);
	assert_int_equal(cgroup_remove(parent, name), 0);
	assert_int_equal(faccessat(parent, name, F_OK, 0), -1);
	assert_int_equal(cgroup_remove(parent, name), 0);
	assert_false(cgroup_populated(group));
}

static void groups_are_removed_from_below(void **state)
{
	_cleanup_fd_ int group = make_group();
	_cleanup_fd_ int inner = cgroup_make(group, "inner");
	_cleanup_fd_ int deepest = cgroup_make(inner, "deepest");
	pid_t child = start_inside(deepest);

	assert_true(cgroup_populated(group));
	assert_false(cgroup_has_processes(group, 0));
	assert_int_equal(cgroup_kill(group), 0);
	waitpid(child, NULL, 0);
	assert_int_equal(cgroup_remove(parent, name), 0);
	assert_int_equal(faccessat(parent, name, F_OK, 0), -1);
}

static void values_are_read_back(void **state)
{
	_cleanup_fd_ int group = make_group();
	char text[64];
	uint64_t number;

	assert_int_equal(cgroup_read_number(group, "cgroup.max.depth", &number), 0);
	assert_true(number == CGROUP_MAX);
	assert_int_equal(cgroup_write(group, "cgroup.max.depth", "3"), 0);
	assert_int_equal(cgroup_read(group, "cgroup.max.depth", text, sizeof(text)), 0);
	assert_string_equal(text, "3");
	assert_int_equal(cgroup_read_number(group, "cgroup.max.depth", &number), 0);
	assert_int_equal(number, 3);
	assert_int_equal(cgroup_write(group, "cgroup.max.depth", "words"), -EINVAL);
	assert_int_equal(cgroup_read_number(group, "no.such.file", &number), -ENOENT);
	assert_int_equal(cgroup_read_key(group, "cgroup.stat", "nr_descend", &number), -ENODATA);
	assert_false(cgroup_has(group, "hug"));
	assert_int_equal(cgroup_hand_down(group, "nonsense"), -EINVAL);
	assert_int_equal(cgroup_remove(parent, name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_own_group_is_found),
		cmocka_unit_test(other_directories_are_no_groups),
		cmocka_unit_test(a_frozen_group_is_killed_and_removed),
		cmocka_unit_test(groups_are_removed_from_below),
		cmocka_unit_test(values_are_read_back),
	};
	int failed;

	snprintf(name, sizeof(name), "hutch-test-%d", getpid());
	if (cgroup_path_of(0, own, sizeof(own)) == 0)
		parent = cgroup_open(own);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (parent >= 0)
		cgroup_remove(parent, name);
	return failed;
}
