// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/seccomp.h"
#include "language/policy.h"
#include "language/policy_builtin.h"
#include "language/policy_calls.h"
#include "language/policy_groups.h"
#include "language/policy_load.h"
#include "policy_verdicts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char *const names[] = {"default", "desktop", "browser", "dev", "strict"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void parse_shipped(const char *name, struct policy *policy)
{
	struct policy_builtin builtin = policy_builtin_find("", name, ".policy");

	assert_non_null(builtin.text);
	assert_int_equal(policy_parse(policy, name, NULL, builtin.text, builtin.length, true, NULL),
			 0);
}

static void every_shipped_filter_says_what_its_text_says(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		for (int nested = 0; nested < 2; nested++) {
			_cleanup_policy_ struct policy policy = {0};
			_cleanup_rules_ struct policy_rules rules = {0};
			const struct sock_filter *filter;
			size_t count, compared;

			parse_shipped(names[i], &policy);
			assert_int_equal(
				policy_resolve(&policy, policy_arch_native(), nested, &rules), 0);
			assert_true(policy_builtin_filter(names[i], nested, &filter, &count));
			assert_int_equal(verdicts_differ(&rules, filter, count, &compared), 0);
			assert_true(compared > 8000);
			print_message("%s%s: %zu instructions, %zu verdicts\n", names[i],
				      nested ? " (nested)" : "", count, compared);
		}
	}
}

/* What the filter of a shipped policy makes of a call by name. */
static uint32_t verdict(const char *policy, bool nested, const char *call, uint64_t a0, uint64_t a1,
			uint64_t a2)
{
	_cleanup_filter_ struct filter filter = {0};
	struct seccomp_data data = {.arch = policy_arch_audit(policy_arch_native()),
				    .args = {a0, a1, a2}};
	long number = policy_call_number(policy_arch_native(), call);
	uint32_t value = 0;
	struct error e;

	assert_true(number >= 0);
	data.nr = (int)number;
	assert_int_equal(policy_load(policy, NULL, nested, &filter, &e), 0);
	assert_int_equal(seccomp_simulate(filter.instructions, filter.count, &data, &value, NULL),
			 0);
	return value;
}

#define ERRNO(code) (SECCOMP_RET_ERRNO | (code))

static void what_no_policy_may_allow_is_denied(void **state)
{
	static const struct {
		const char *call;
		uint64_t a0, a1, a2;
		uint32_t verdict;
	} cases[] = {
		{"bpf", 0, 0, 0, ERRNO(EPERM)},
		{"kexec_load", 0, 0, 0, ERRNO(EPERM)},
		{"keyctl", 0, 0, 0, ERRNO(EPERM)},
		{"add_key", 0, 0, 0, ERRNO(EPERM)},
		{"userfaultfd", 0, 0, 0, ERRNO(EPERM)},
		{"init_module", 0, 0, 0, ERRNO(EPERM)},
		{"open_by_handle_at", 0, 0, 0, ERRNO(EPERM)},
		{"io_uring_setup", 0, 0, 0, ERRNO(ENOSYS)},
		{"ioctl", 0, TIOCSTI, 0, ERRNO(EPERM)},
		{"ioctl", 0, TIOCSTI | 1ULL << 32, 0, ERRNO(EPERM)},
		{"ioctl", 0, 0x541c | 0xffULL << 40, 0, ERRNO(EPERM)},
		{"socket", 40 /* AF_VSOCK */, 1, 0, ERRNO(EAFNOSUPPORT)},
		{"socket", AF_PACKET, 3, 0, ERRNO(EAFNOSUPPORT)},
		{"socket", 38 /* AF_ALG */, 5, 0, ERRNO(EAFNOSUPPORT)},
		{"socket", AF_NETLINK, 3, NETLINK_AUDIT, ERRNO(EAFNOSUPPORT)},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 0; k < COUNT(cases); k++) {
			uint32_t got = verdict(names[i], false, cases[k].call, cases[k].a0,
					       cases[k].a1, cases[k].a2);

			if (streq(names[i], "strict"))
				assert_true(seccomp_denies(got));
			else
				assert_int_equal(got, cases[k].verdict);
		}
}

static void namespaces_are_denied_unless_the_sandbox_nests(void **state)
{
	static const uint64_t flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
					 CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
	static const char *const plain[] = {"default", "desktop"};

	for (size_t i = 0; i < COUNT(plain); i++) {
		for (size_t k = 0; k < COUNT(flags); k++) {
			assert_int_equal(verdict(plain[i], false, "clone", flags[k] | 17, 0, 0),
					 ERRNO(EPERM));
			assert_int_equal(verdict(plain[i], true, "clone", flags[k] | 17, 0, 0),
					 SECCOMP_RET_ALLOW);
			assert_int_equal(verdict(plain[i], false, "unshare", flags[k], 0, 0),
					 ERRNO(EPERM));
		}
		assert_int_equal(verdict(plain[i], false, "clone", 17, 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(verdict(plain[i], false, "clone", CLONE_VM | CLONE_THREAD, 0, 0),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(verdict(plain[i], false, "clone3", 0, 0, 0), ERRNO(ENOSYS));
		assert_int_equal(verdict(plain[i], false, "setns", 0, 0, 0), ERRNO(EPERM));
		assert_int_equal(verdict(plain[i], false, "mount", 0, 0, 0), ERRNO(EPERM));
		assert_int_equal(verdict(plain[i], false, "fsopen", 0, 0, 0), ERRNO(ENOSYS));
		assert_int_equal(verdict(plain[i], false, "open_tree", 0, 0, 0), ERRNO(ENOSYS));
	}
}

static void foreign_calls_end_the_program_and_unknown_ones_are_enosys(void **state)
{
	static const struct {
		uint32_t arch, number, verdict;
	} cases[] = {
		{AUDIT_ARCH_X86_64, 39, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, 0x40000000 | 39, SECCOMP_RET_KILL_PROCESS},
		{AUDIT_ARCH_X86_64, 0xffffffff, ERRNO(ENOSYS)},
		{AUDIT_ARCH_X86_64, 400, ERRNO(ENOSYS)},
		{AUDIT_ARCH_X86_64, 600, ERRNO(ENOSYS)},
		{AUDIT_ARCH_I386, 20, SECCOMP_RET_KILL_PROCESS},
		{AUDIT_ARCH_AARCH64, 172, SECCOMP_RET_KILL_PROCESS},
	};
	_cleanup_filter_ struct filter filter = {0};
	struct error e;

#ifndef __x86_64__
	skip();
#endif
	assert_int_equal(policy_load("default", NULL, false, &filter, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seccomp_data data = {.arch = cases[i].arch, .nr = (int)cases[i].number};
		uint32_t value;

		assert_int_equal(
			seccomp_simulate(filter.instructions, filter.count, &data, &value, NULL),
			0);
		assert_int_equal(value, cases[i].verdict);
	}
}

/* Calls that no group is for, each looked at: traps of ARM's old ABIs, the call that makes calls,
 * cache control that only system software uses, and the Cell processor's. */
static const char *const in_no_group[] = {"breakpoint", "usr26",      "usr32",
					  "syscall",    "cachectl",   "spu_run",
					  "spu_create", "s390_sthyi", "lsm_set_self_attr"};

static void every_known_call_is_in_a_group(void **state)
{
	_cleanup_strv_ struct strv groups = {0}, calls = {0};

	policy_group_names(&groups);
	assert_true(groups.count >= 29);
	for (size_t i = 0; i < groups.count; i++) {
		_cleanup_free_ char *purpose = policy_group_purpose(groups.items[i]);

		if (strlen(purpose) < 15)
			fail_msg("@%s: purpose \"%s\"", groups.items[i], purpose);
		if (!streq(groups.items[i], "known"))
			policy_group_calls(groups.items[i], &calls);
	}
	for (unsigned int arch = 0; arch < policy_arch_count; arch++) {
		size_t count;
		const uint32_t *known = policy_calls_known(arch, &count);

		assert_true(count > 200);
		for (size_t i = 0; i < count; i++) {
			_cleanup_free_ char *name = policy_call_name(arch, known[i]);
			bool found = false;

			for (size_t k = 0; k < calls.count && !found; k++)
				found = streq(calls.items[k], name);
			for (size_t k = 0; k < COUNT(in_no_group) && !found; k++)
				found = streq(in_no_group[k], name);
			if (!found)
				fail_msg("%s is in no group", name);
		}
	}
}

static void every_name_in_a_group_is_a_call(void **state)
{
	_cleanup_strv_ struct strv groups = {0};

	policy_group_names(&groups);
	for (size_t i = 0; i < groups.count; i++) {
		_cleanup_strv_ struct strv calls = {0};

		policy_group_calls(groups.items[i], &calls);
		assert_true(calls.count > 0);
		for (size_t k = 0; k < calls.count; k++)
			if (policy_call_number(policy_arch_native(), calls.items[k]) ==
			    POLICY_CALL_UNKNOWN)
				fail_msg("@%s: %s is no call", groups.items[i], calls.items[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_filter_says_what_its_text_says),
		cmocka_unit_test(what_no_policy_may_allow_is_denied),
		cmocka_unit_test(namespaces_are_denied_unless_the_sandbox_nests),
		cmocka_unit_test(foreign_calls_end_the_program_and_unknown_ones_are_enosys),
		cmocka_unit_test(every_known_call_is_in_a_group),
		cmocka_unit_test(every_name_in_a_group_is_a_call),
	};

	/* The user's own policies have no part in this. */
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
