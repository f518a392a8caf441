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
#include "language/policy_calls.h"
#include "language/policy_json.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALLOW        SECCOMP_RET_ALLOW
#define ERRNO(code)  (SECCOMP_RET_ERRNO | (code))

/* The verdict of the imported profile on a call of x86_64. */
static uint32_t verdict(const char *json, uint32_t audit_arch, int number, uint64_t a0, uint64_t a1)
{
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	_cleanup_program_ struct policy_program program = {0};
	_cleanup_strbuf_ struct strbuf text = {0};
	struct seccomp_data data = {.nr = number, .arch = audit_arch, .args = {a0, a1}};
	uint32_t value = 0;
	struct error e = {0};

	if (policy_import_json("test.json", json, strlen(json), &text, &e) < 0)
		fail_msg("%s", e.text);
	policy_parse(&policy, "imported", NULL, text.text, text.length, false, NULL);
	policy_resolve(&policy, (unsigned int)policy_arch_find("x86_64"), false, &rules);
	if (policy.errors)
		fail_msg("%s\n%s", policy.diagnostics.items[0].text, text.text);
	assert_int_equal(policy_compile(&rules, &program, &e), 0);
	assert_int_equal(seccomp_simulate(program.items, program.count, &data, &value, NULL), 0);
	return value;
}

#define PROFILE(default, syscalls) "{\"defaultAction\":\"" default "\",\"syscalls\":[" syscalls "]}"
#define ARG(index, value, two, op)                                                               \
	"{\"index\":" #index ",\"value\":" #value ",\"valueTwo\":" #two ",\"op\":\"SCMP_CMP_" op \
	"\"}"
#define ENTRY(name, action, more) \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define READ(more) PROFILE("SCMP_ACT_ERRNO", ENTRY("read", "ALLOW", more))

static void what_the_form_says_is_what_the_policy_does(void **state)
{
	static const struct {
		const char *json;
		int number;
		uint64_t a0, a1;
		uint32_t verdict;
	} cases[] = {
		{READ(""), 0, 0, 0, ALLOW},
		{READ(""), 1, 0, 0, ERRNO(EPERM)},
		{READ(""), 1000, 0, 0, ERRNO(ENOSYS)},
		{READ(",\"args\":[" ARG(0, 5, 0, "EQ") "]"), 0, 5, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "EQ") "]"), 0, 6, 0, ERRNO(EPERM)},
		{READ(",\"args\":[" ARG(0, 5, 0, "NE") "]"), 0, 6, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "LT") "]"), 0, 4, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "LT") "]"), 0, 5, 0, ERRNO(EPERM)},
		{READ(",\"args\":[" ARG(0, 5, 0, "LE") "]"), 0, 5, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "GE") "]"), 0, 5, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "GT") "]"), 0, 5, 0, ERRNO(EPERM)},
		{READ(",\"args\":[" ARG(0, 18446744073709551615, 0, "EQ") "]"), 0, -1ULL, 0, ALLOW},
		/* value is the mask, valueTwo what must be left */
		{READ(",\"args\":[" ARG(0, 2114060288, 0, "MASKED_EQ") "]"), 0, 17, 0, ALLOW},
		{READ(",\"args\":[" ARG(0, 2114060288, 0, "MASKED_EQ") "]"), 0, 0x10000000, 0,
		 ERRNO(EPERM)},
		{READ(",\"args\":[" ARG(0, 240, 16, "MASKED_EQ") "]"), 0, 0x1f, 0, ALLOW},
		/* all of them, but any where two look at the same argument */
		{READ(",\"args\":[" ARG(0, 5, 0, "EQ") "," ARG(1, 6, 0, "EQ") "]"), 0, 5, 6, ALLOW},
		{READ(",\"args\":[" ARG(0, 5, 0, "EQ") "," ARG(1, 6, 0, "EQ") "]"), 0, 5, 7,
		 ERRNO(EPERM)},
		{READ(",\"args\":[" ARG(0, 5, 0, "EQ") "," ARG(0, 6, 0, "EQ") "]"), 0, 6, 0, ALLOW},
		{PROFILE("SCMP_ACT_ERRNO",
			 ENTRY("read", "ALLOW", ",\"args\":[" ARG(0, 1, 0, "EQ") "]") "," ENTRY(
				 "read", "ALLOW", ",\"args\":[" ARG(0, 2, 0, "EQ") "]")),
		 0, 2, 0, ALLOW},
		{PROFILE("SCMP_ACT_ERRNO", ENTRY("read", "ERRNO", ",\"errnoRet\":38")), 0, 0, 0,
		 ERRNO(38)},
		{PROFILE("SCMP_ACT_ALLOW", ENTRY("read", "ERRNO", "")), 0, 0, 0, ERRNO(EPERM)},
		{PROFILE("SCMP_ACT_ALLOW", ENTRY("read", "ERRNO", "")), 1, 0, 0, ALLOW},
		{PROFILE("SCMP_ACT_ALLOW", ENTRY("read", "LOG", "")), 0, 0, 0, SECCOMP_RET_LOG},
		{PROFILE("SCMP_ACT_KILL_PROCESS", ENTRY("read", "TRAP", "")), 1, 0, 0,
		 SECCOMP_RET_KILL_PROCESS},
		{PROFILE("SCMP_ACT_KILL", ENTRY("read", "NOTIFY", "")), 0, 0, 0,
		 SECCOMP_RET_USER_NOTIF},
		/* names nobody knows are left out */
		{PROFILE("SCMP_ACT_ERRNO", ENTRY("no_such\\nwrite: 1\\n#", "ALLOW", "")), 1, 0, 0,
		 ERRNO(EPERM)},
		/* meant for containers with capabilities, other machines, newer kernels */
		{READ(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0, 0, 0, ERRNO(EPERM)},
		{READ(",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0, 0, 0, ALLOW},
		{READ(",\"includes\":{\"arches\":[\"s390x\"]}"), 0, 0, 0, ERRNO(EPERM)},
		{READ(",\"includes\":{\"minKernel\":\"4.8\"}"), 0, 0, 0, ALLOW},
		{READ(",\"includes\":{\"minKernel\":\"99.1\"}"), 0, 0, 0, ERRNO(EPERM)},
		/* a container's whole configuration */
		{"{\"linux\":{\"seccomp\":" READ("") "}}", 0, 0, 0, ALLOW},
	};

#ifndef __x86_64__
	skip();
#endif
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t got = verdict(cases[i].json, AUDIT_ARCH_X86_64, cases[i].number,
				       cases[i].a0, cases[i].a1);

		if (got != cases[i].verdict)
			fail_msg("%s: call %d: %08x", cases[i].json, cases[i].number, got);
	}
}

static void architectures_are_let_in_as_listed(void **state)
{
	const char *list =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_"
		"64\",\"SCMP_ARCH_X86\"],\"syscalls\":[" ENTRY("read", "ALLOW", "") "]}";
	const char *map = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":"
			  "\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],"
			  "\"syscalls\":[" ENTRY("read", "ALLOW", "") "]}";

#ifndef __x86_64__
	skip();
#endif
	assert_int_equal(verdict(list, AUDIT_ARCH_I386, 3, 0, 0), ALLOW);
	assert_int_equal(verdict(map, AUDIT_ARCH_I386, 3, 0, 0), ALLOW);
	assert_int_equal(verdict(map, AUDIT_ARCH_ARM, 3, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(verdict(READ(""), AUDIT_ARCH_I386, 3, 0, 0), SECCOMP_RET_KILL_PROCESS);
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{"", "no JSON object"},
		{"[]", "no JSON object"},
		{"{", "no JSON object"},
		{"{}", "defaultAction"},
		{"{\"defaultAction\":\"SCMP_ACT_SING\"}", "SCMP_ACT_SING"},
		{"{\"defaultAction\":\"SCMP_ACT_LOG\"}", "lets every call through"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000}",
		 "defaultErrnoRet"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":7}", "syscalls is no list"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[7]}", "no object"},
		{PROFILE("SCMP_ACT_ERRNO", ENTRY("read", "SING", "")), "unknown action"},
		{PROFILE("SCMP_ACT_ERRNO", "{\"names\":[5],\"action\":\"SCMP_ACT_ALLOW\"}"),
		 "a name is no text"},
		{READ(",\"args\":[" ARG(6, 5, 0, "EQ") "]"), "index, op or value"},
		{READ(",\"args\":[" ARG(0, 5, 0, "XX") "]"), "index, op or value"},
		{READ(",\"args\":[{}]"), "index, op or value"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_strbuf_ struct strbuf text = {0};
		struct error e = {0};

		assert_int_equal(policy_import_json("test.json", cases[i].json,
						    strlen(cases[i].json), &text, &e),
				 -EINVAL);
		if (!strstr(e.text, cases[i].text))
			fail_msg("%s: %s", cases[i].json, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_form_says_is_what_the_policy_does),
		cmocka_unit_test(architectures_are_let_in_as_listed),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
