// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/seccomp_notify.h"
#include "language/policy_denial.h"
#include "language/policy_load.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the program does: denied calls, some twice, and one that is answered ENOSYS. */
static int program(void)
{
	for (int i = 0; i < 3; i++)
		if (mount("a", "/b", "c", 0, NULL) == 0 || errno != EPERM)
			return 1;
	for (int i = 0; i < 2; i++)
		if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EAFNOSUPPORT)
			return 2;
	if (syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != ENOSYS)
		return 3;
	if (getppid() < 0)
		return 4;
	return 0;
}

/* Load the filter, tell the listener's number, wait until the parent has it. */
static int child(const struct filter *filter, int tell, int wait_for)
{
	char byte;
	int listener;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = seccomp_apply(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (write(tell, &listener, sizeof(listener)) < 0 || listener < 0)
		return 101;
	if (read(wait_for, &byte, 1) != 1)
		return 102;
	close(listener);
	return program();
}

static void denied_calls_are_answered_as_before_and_told_once(void **state)
{
	_cleanup_filter_ struct filter plain = {0}, variant = {0};
	struct notifier notifier = {0};
	struct denial denials[8];
	size_t told = 0, handled = 0;
	int tell[2], go[2], number, status, pidfd, listener, r = 0;
	struct error e = {0};
	pid_t pid;

	assert_int_equal(policy_load("default", NULL, false, &plain, &e), 0);
	assert_int_equal(notifier_filter(&plain, &variant, &e), 0);
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0)
		_exit(child(&variant, tell[1], go[0]));
	assert_int_equal(read(tell[0], &number, sizeof(number)), sizeof(number));
	assert_true(number >= 0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (listener < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		print_message("SKIP: no pidfd_getfd here\n");
		skip();
	}
	assert_int_equal(notifier_init(&notifier, &plain, &e), 0);
	assert_int_equal(write(go[1], "", 1), 1);
	for (;;) {
		struct pollfd p = {.fd = listener, .events = POLLIN};

		assert_int_equal(poll(&p, 1, 10000), 1);
		if (!(p.revents & POLLIN))
			break; /* the program has ended */
		r = notifier_handle(listener, &notifier, &denials[told]);
		assert_true(r >= 0 && told < 7);
		told += (size_t)r;
		handled++;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(handled, 5);
	assert_int_equal(told, 2);
	assert_int_equal(denials[0].call.nr, SYS_mount);
	assert_int_equal(denials[0].code, EPERM);
	assert_int_equal(denials[0].pid, pid);
	assert_int_equal(denials[1].call.nr, SYS_socket);
	assert_int_equal(denials[1].call.args[0], AF_PACKET);
	assert_int_equal(denials[1].code, EAFNOSUPPORT);

	policy_describe_denial("default", false, &denials[0].call, denials[0].code, &e);
	assert_non_null(strstr(e.text, "policy default denied the system call mount"));
	assert_string_equal(e.remedy, "--seccomp dev allows it");
	policy_describe_denial("default", false, &denials[1].call, denials[1].code, &e);
	assert_non_null(strstr(e.remedy, "no shipped policy allows it"));
	notifier_free(&notifier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denied_calls_are_answered_as_before_and_told_once),
	};

	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
