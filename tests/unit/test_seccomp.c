// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's word on the shipped filters: a call that is denied is made, and must fail as told.
 */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/seccomp_reach.h"
#include "language/policy_calls.h"
#include "language/policy_load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {"default", "desktop", "browser", "dev", "strict"};

/* The status of a child that runs @body under the policy. */
static int under(const char *policy, int (*body)(const struct filter *filter))
{
	struct filter filter = {0};
	struct error e;
	int status;
	pid_t child;

	assert_int_equal(policy_load(policy, NULL, false, &filter, &e), 0);
	child = fork();
	if (child == 0) {
		signal(SIGSEGV,
		       SIG_DFL); /* the test library's handler would report it as a failure of its own */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_apply(&filter, 0) != 0)
			_exit(101);
		_exit(body(&filter));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	filter_free(&filter);
	return status;
}

/* Every call whose verdict is an error, by number; the kernel doesn't get to run it. */
static int denied_calls_fail(const struct filter *filter)
{
	int tried = 0;

	for (int nr = 0; nr < 600; nr++) {
		struct seccomp_data data = {.nr = nr,
					    .arch = policy_arch_audit(policy_arch_native())};
		uint32_t value;

		if (seccomp_simulate(filter->instructions, filter->count, &data, &value, NULL) < 0)
			return 102;
		if ((value & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
			continue;
		errno = 0;
		if (syscall(nr, 0, 0, 0, 0, 0, 0) != -1 || errno != (int)(value & SECCOMP_RET_DATA))
			return 103;
		tried++;
	}
	return tried > 100 ? 0 : 104;
}

static void the_kernel_denies_what_the_simulator_says(void **state)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(under(names[i], denied_calls_fail), 0);
}

static int terminal_input_is_denied(const struct filter *filter)
{
	return syscall(SYS_ioctl, 0, TIOCSTI, "x") == -1 && errno == EPERM &&
			       syscall(SYS_ioctl, 0, TIOCSTI | 1UL << 32, "x") == -1 &&
			       errno == EPERM
		       ? 0
		       : 1;
}

static void terminal_input_is_denied_whatever_the_upper_half_says(void **state)
{
	assert_int_equal(under("default", terminal_input_is_denied), 0);
}

#ifdef __x86_64__
static int call_x32(const struct filter *filter)
{
	syscall(0x40000000 | SYS_getpid);
	return 0;
}

static int call_i386(const struct filter *filter)
{
	long result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return 0;
}

static void foreign_calls_end_the_program(void **state)
{
	int status = under("default", call_x32);

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	status = under("default", call_i386);
	/* A kernel without 32-bit programs answers int $0x80 itself, with SIGSEGV. */
	assert_true(WIFSIGNALED(status) &&
		    (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV));
}
#endif

static void what_is_no_filter_is_refused(void **state)
{
	static const struct sock_filter far[] = {{BPF_JMP | BPF_JA, 0, 0, 1},
						 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
	static const struct sock_filter open_end[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}};
	static const struct sock_filter unaligned[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 2},
						       {BPF_RET | BPF_K, 0, 0, 0}};
	static const struct sock_filter outside[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64},
						     {BPF_RET | BPF_K, 0, 0, 0}};
	static const struct sock_filter byte[] = {{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0},
						  {BPF_RET | BPF_K, 0, 0, 0}};
	static const struct sock_filter zero[] = {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0},
						  {BPF_RET | BPF_K, 0, 0, 0}};
	static const struct {
		const struct sock_filter *instructions;
		size_t count;
	} programs[] = {{far, 2},     {open_end, 1}, {unaligned, 2},
			{outside, 2}, {byte, 2},     {zero, 2}};
	const struct seccomp_data data = {0};
	uint32_t value;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const struct filter filter = {.instructions = programs[i].instructions,
					      .count = programs[i].count};
		pid_t child;
		int status;

		assert_false(seccomp_valid(programs[i].instructions, programs[i].count));
		assert_int_equal(seccomp_simulate(programs[i].instructions, programs[i].count,
						  &data, &value, NULL),
				 -EINVAL);
		/* The kernel agrees. */
		child = fork();
		if (child == 0) {
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			_exit(seccomp_apply(&filter, 0) == -EINVAL ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	assert_int_equal(seccomp_apply(&(struct filter){0}, 0), -EINVAL);
}

/* A layer that the kernel refuses may only be left to a filter that does forbid the same. */
static void only_a_filter_that_forbids_stands_in(void **state)
{
	static const struct {
		const char *text;
		bool user_namespaces, keyrings;
	} policies[] = {
		{"@denylist\n", false, false},
		{"@denylist\nunshare: return EPERM\nclone: return EPERM\nclone3: return "
		 "ENOSYS\n",
		 true, false},
		{"@denylist\nunshare: return EPERM\nclone: return EPERM\n", false, false},
		/* With a mount namespace, or with a bit that the kernel does not look at, only. */
		{"@denylist\nunshare: return EPERM\nclone: arg0 != 0x10020000; return EPERM\n"
		 "clone3: return ENOSYS\n",
		 false, false},
		{"@denylist\nunshare: return EPERM\nclone: arg0 != 0x110000011; return EPERM\n"
		 "clone3: return ENOSYS\n",
		 false, false},
		{"@denylist\nadd_key: return EPERM\nrequest_key: return EPERM\n"
		 "keyctl: return EPERM\n",
		 false, true},
		{"@denylist\nadd_key: return EPERM\nrequest_key: return EPERM\n"
		 "keyctl: arg0 == 11; return EPERM\n",
		 false, false},
	};
	char path[] = "/tmp/hutch-policy-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		size_t length = strlen(policies[i].text);
		struct filter filter = {0};
		struct error e;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, policies[i].text, length, 0), (ssize_t)length);
		assert_int_equal(policy_load(path, NULL, false, &filter, &e), 0);
		assert_int_equal(seccomp_denies_user_namespaces(&filter),
				 policies[i].user_namespaces);
		assert_int_equal(seccomp_denies_keyrings(&filter), policies[i].keyrings);
		filter_free(&filter);
	}
	close(fd);
	unlink(path);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct filter filter = {0};
		struct error e;

		assert_int_equal(policy_load(names[i], NULL, false, &filter, &e), 0);
		/* Browsers and developers make them: there the kernel's limit must hold. */
		assert_int_equal(seccomp_denies_user_namespaces(&filter),
				 strcmp(names[i], "browser") != 0 && strcmp(names[i], "dev") != 0);
		filter_free(&filter);
	}
	assert_false(seccomp_denies_user_namespaces(&(struct filter){0}));
	assert_false(seccomp_denies_keyrings(&(struct filter){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_denies_what_the_simulator_says),
		cmocka_unit_test(terminal_input_is_denied_whatever_the_upper_half_says),
#ifdef __x86_64__
		cmocka_unit_test(foreign_calls_end_the_program),
#endif
		cmocka_unit_test(what_is_no_filter_is_refused),
		cmocka_unit_test(only_a_filter_that_forbids_stands_in),
	};

	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
