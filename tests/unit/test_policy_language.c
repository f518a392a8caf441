// SPDX-License-Identifier: GPL-2.0-or-later
/* What single statements mean, verdict by verdict, with no help from the evaluator. */
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
#include "language/policy_constants.h"

#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALLOW        SECCOMP_RET_ALLOW
#define KILL         SECCOMP_RET_KILL_PROCESS
#define ERRNO(code)  (SECCOMP_RET_ERRNO | (code))

static const struct policy_options no_files = {.no_files = true};

struct expectation {
	const char *text;
	const char *call;
	uint64_t a0, a1, a2;
	uint32_t verdict;
	bool nested;
};

static uint32_t verdict(const struct expectation *x, const char *arch_name, uint32_t audit_arch,
			uint32_t number)
{
	unsigned int arch = (unsigned int)policy_arch_find(arch_name);
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	_cleanup_program_ struct policy_program program = {0};
	struct seccomp_data data = {
		.nr = (int)number, .arch = audit_arch, .args = {x->a0, x->a1, x->a2}};
	uint32_t value = 0;
	struct error e = {0};

	policy_parse(&policy, "test", NULL, x->text, strlen(x->text), false, &no_files);
	if (policy_resolve(&policy, arch, x->nested, &rules) < 0)
		fail_msg("%s: %s", x->text, policy.diagnostics.items[0].text);
	assert_int_equal(policy_compile(&rules, &program, &e), 0);
	assert_int_equal(seccomp_simulate(program.items, program.count, &data, &value, NULL), 0);
	return value;
}

static void expect(const struct expectation *cases, size_t count)
{
	unsigned int arch = (unsigned int)policy_arch_find("x86_64");

	for (size_t i = 0; i < count; i++) {
		const struct expectation *x = &cases[i];
		uint32_t got = verdict(x, "x86_64", AUDIT_ARCH_X86_64,
				       (uint32_t)policy_call_number(arch, x->call));

		if (got != x->verdict)
			fail_msg("\"%s\": %s(%llx, %llx, %llx): %08x, expected %08x", x->text,
				 x->call, (unsigned long long)x->a0, (unsigned long long)x->a1,
				 (unsigned long long)x->a2, got, x->verdict);
	}
}

static void what_the_library_reads_means_what_it_means_there(void **state)
{
	static const struct expectation cases[] = {
		{"read: 1", "read", 0, 0, 0, ALLOW},
		{"read: 1", "write", 0, 0, 0, KILL},
		{"read: return EIO", "read", 0, 0, 0, ERRNO(EIO)},
		{"read: return 5", "read", 0, 0, 0, ERRNO(5)},
		{"read: return", "read", 0, 0, 0, KILL},
		{"read: arg0 == 1", "read", 1, 0, 0, ALLOW},
		{"read: arg0 == 1", "read", 2, 0, 0, KILL},
		/* allow where it holds, the error where it doesn't */
		{"read: arg0 == 1; return EIO", "read", 1, 0, 0, ALLOW},
		{"read: arg0 == 1; return EIO", "read", 2, 0, 0, ERRNO(EIO)},
		{"read: arg0 == 1; return", "read", 1, 0, 0, ALLOW},
		{"read: arg0 == 1; return", "read", 2, 0, 0, KILL},
		{"0: arg0 == 1; return EIO", "read", 1, 0, 0, ALLOW},
		/* && binds closer */
		{"read: arg0 == 1 || arg1 == 2 && arg2 == 3", "read", 1, 9, 9, ALLOW},
		{"read: arg0 == 1 || arg1 == 2 && arg2 == 3", "read", 9, 2, 3, ALLOW},
		{"read: arg0 == 1 || arg1 == 2 && arg2 == 3", "read", 9, 2, 9, KILL},
		/* all comparisons are unsigned and 64 bits wide */
		{"read: arg0 < 5", "read", -1ULL, 0, 0, KILL},
		{"read: arg0 > 5", "read", -1ULL, 0, 0, ALLOW},
		{"read: arg0 == -1", "read", -1ULL, 0, 0, ALLOW},
		{"read: arg0 == -1", "read", 0xffffffff, 0, 0, KILL},
		{"read: arg0 == 1", "read", 1ULL << 32 | 1, 0, 0, KILL},
		{"read: arg0 < 0x100000001", "read", 0x100000000, 0, 0, ALLOW},
		{"read: arg0 < 0x100000001", "read", 0x100000001, 0, 0, KILL},
		{"read: arg0 <= 0x100000001", "read", 0x100000001, 0, 0, ALLOW},
		{"read: arg0 >= 0x100000001", "read", 0xffffffff, 0, 0, KILL},
		{"read: arg0 >= 0x100000001", "read", 0x200000000, 0, 0, ALLOW},
		{"read: arg0 != 0x100000001", "read", 1, 0, 0, ALLOW},
		{"read: arg0 != 0x100000001", "read", 0x100000001, 0, 0, KILL},
		/* &: any of the bits; in: none but the bits */
		{"mmap: arg2 & PROT_EXEC", "mmap", 0, 0, PROT_EXEC | PROT_READ, ALLOW},
		{"mmap: arg2 & PROT_EXEC", "mmap", 0, 0, PROT_READ, KILL},
		{"mmap: arg2 & PROT_EXEC|PROT_WRITE", "mmap", 0, 0, PROT_WRITE, ALLOW},
		{"mmap: arg2 in ~PROT_EXEC", "mmap", 0, 0, PROT_READ | PROT_WRITE, ALLOW},
		{"mmap: arg2 in ~PROT_EXEC", "mmap", 0, 0, PROT_EXEC, KILL},
		{"mmap: arg2 in PROT_READ|PROT_WRITE", "mmap", 0, 0, 1ULL << 40, KILL},
		{"mmap: arg2 in ~(PROT_EXEC|PROT_WRITE)", "mmap", 0, 0, PROT_WRITE, KILL},
		{"mmap: arg2 in 0", "mmap", 0, 0, 0, ALLOW},
		/* forms of numbers */
		{"read: arg0 == 0x1F", "read", 31, 0, 0, ALLOW},
		{"read: arg0 == 017", "read", 15, 0, 0, ALLOW},
		{"read: arg0 == 0", "read", 0, 0, 0, ALLOW},
		{"read: arg0 == -0x10", "read", -16ULL, 0, 0, ALLOW},
		{"read: arg0 == 18446744073709551615", "read", -1ULL, 0, 0, ALLOW},
		{"read: arg00 == 3", "read", 3, 0, 0, ALLOW},
	};

	expect(cases, COUNT(cases));
}

static void what_only_the_compiler_reads_means_what_it_means_there(void **state)
{
	static const struct expectation cases[] = {
		{"read: allow", "read", 0, 0, 0, ALLOW},
		{"read: kill", "read", 0, 0, 0, KILL},
		{"read: kill-process", "read", 0, 0, 0, KILL},
		{"read: kill-thread", "read", 0, 0, 0, SECCOMP_RET_KILL_THREAD},
		{"read: trap", "read", 0, 0, 0, SECCOMP_RET_TRAP},
		{"read: trace", "read", 0, 0, 0, SECCOMP_RET_TRACE},
		{"read: log", "read", 0, 0, 0, SECCOMP_RET_LOG},
		{"read: user-notify", "read", 0, 0, 0, SECCOMP_RET_USER_NOTIF},
		{"kill: allow", "kill", 0, 0, 0, ALLOW},
		{"@default trap\nread: 1", "write", 0, 0, 0, SECCOMP_RET_TRAP},
		{"{ read, write }: 1", "write", 0, 0, 0, ALLOW},
		/* in braces, and in sets, the verdict is the one where the expression holds */
		{"read: { arg0 == 1; return EIO }", "read", 1, 0, 0, ERRNO(EIO)},
		{"read: { arg0 == 1; return EIO }", "read", 2, 0, 0, KILL},
		{"read: { arg0 == 1; return EIO, allow }", "read", 2, 0, 0, ALLOW},
		{"read: { arg0 == 1, return EIO }", "read", 1, 0, 0, ALLOW},
		{"read: { arg0 == 1, return EIO }", "read", 2, 0, 0, ERRNO(EIO)},
		{"{ read, write }: arg0 == 1; return EIO", "read", 1, 0, 0, ERRNO(EIO)},
		{"read: arg0 == 1; kill", "read", 1, 0, 0, KILL},
		{"read: arg0 == 1; trap", "read", 2, 0, 0, KILL},
		{"read: arg0 == 1; trap", "read", 1, 0, 0, SECCOMP_RET_TRAP},
		/* the first that holds */
		{"read: { arg0 > 1; return EIO, arg0 > 2; return EPERM }", "read", 3, 0, 0,
		 ERRNO(EIO)},
		{"read: arg0 == 1\nread: arg0 == 2\nread: return EIO", "read", 2, 0, 0, ALLOW},
		{"read: arg0 == 1\nread: arg0 == 2\nread: return EIO", "read", 3, 0, 0, ERRNO(EIO)},
		{"read[arch=x86_64]: 1\nread[arch=arm]: return EIO", "read", 0, 0, 0, ALLOW},
		{"read[arch=arm]: 1", "read", 0, 0, 0, KILL},
		{"@denylist\nread: return EIO", "write", 0, 0, 0, ALLOW},
		{"@denylist\nread: return EIO", "read", 0, 0, 0, ERRNO(EIO)},
		{"@denylist\nread: arg0 == 1; return EIO", "read", 1, 0, 0, ERRNO(EIO)},
		{"@denylist\nread: arg0 == 1; return EIO", "read", 2, 0, 0, ALLOW},
		{"read: \\\n  arg0 == 1 || \\\n  arg0 == 2", "read", 2, 0, 0, ALLOW},
	};

	expect(cases, COUNT(cases));
}

static void additions_of_our_own(void **state)
{
	static const struct expectation cases[] = {
		{"ioctl: { int1 == TIOCSTI; return EPERM, allow }", "ioctl", 0, TIOCSTI, 0,
		 ERRNO(EPERM)},
		{"ioctl: { int1 == TIOCSTI; return EPERM, allow }", "ioctl", 0,
		 TIOCSTI | 0xffULL << 32, 0, ERRNO(EPERM)},
		{"ioctl: { arg1 == TIOCSTI; return EPERM, allow }", "ioctl", 0,
		 TIOCSTI | 0xffULL << 32, 0, ALLOW},
		{"kill: int0 == -1", "kill", 0xffffffff, 0, 0, ALLOW},
		{"clone: int0 in ~CLONE_NEWUSER", "clone", 17, 0, 0, ALLOW},
		{"clone: int0 in ~CLONE_NEWUSER", "clone", CLONE_NEWUSER, 0, 0, KILL},
		{"read: arg0 & 0xff00 == 0x1200", "read", 0xff12ff, 0, 0, ALLOW},
		{"read: arg0 & 0xff00 == 0x1200", "read", 0xff13ff, 0, 0, KILL},
		{"read: arg0 & 0xff00000000 == 0x1200000000", "read", 0x1200000000, 0, 0, ALLOW},
		{"read: arg0 & 0xff00000000 == 0x1200000000", "read", 0x12, 0, 0, KILL},
		{"@basic-io: allow", "read", 0, 0, 0, ALLOW},
		{"basic-io@systemd: allow", "read", 0, 0, 0, ALLOW},
		{"@basic-io: allow", "openat", 0, 0, 0, KILL},
		{"@basic-io: allow\nread: return EIO", "read", 0, 0, 0, ERRNO(EIO)},
		{"read: return EIO\n@basic-io: allow", "read", 0, 0, 0, ERRNO(EIO)},
		{"read: return EIO\n@basic-io: allow", "write", 0, 0, 0, ALLOW},
		{"@basic-io: allow\n@basic-io: return EIO", "write", 0, 0, 0, ERRNO(EIO)},
		{"@known: allow", "mount", 0, 0, 0, ALLOW},
		{"@default: allow", "getpid", 0, 0, 0, ALLOW},
		{"@default return EPERM\n@unknown return ENOSYS", "mount", 0, 0, 0, ERRNO(EPERM)},
		{"read: return EIO\nread[replace=yes]: 1", "read", 0, 0, 0, ALLOW},
		{"read: arg0 == 1\nread[replace=yes]: arg0 == 2", "read", 1, 0, 0, KILL},
		{"read[replace=yes]: 1\n@basic-io: return EIO", "read", 0, 0, 0, ALLOW},
		{"read[nested=yes]: 1", "read", 0, 0, 0, KILL},
		{"read[nested=yes]: 1", "read", 0, 0, 0, ALLOW, .nested = true},
		{"read[nested=no]: 1", "read", 0, 0, 0, KILL, .nested = true},
		{"clone: arg0 == CLONE_INTO_CGROUP", "clone", 0x200000000ULL, 0, 0, ALLOW},
	};

	expect(cases, COUNT(cases));
}

static void other_architectures_are_refused_unless_named(void **state)
{
	static const struct {
		const char *text;
		uint32_t arch, number;
		uint64_t argument;
		uint32_t verdict;
	} cases[] = {
		{"read: 1", AUDIT_ARCH_I386, 3, 0, KILL},
		{"@arch x86\nread: 1", AUDIT_ARCH_I386, 3, 0, ALLOW},
		{"@arch x86\nread: 1", AUDIT_ARCH_X86_64, 0, 0, ALLOW},
		{"@arch x86\nread: 1", AUDIT_ARCH_ARM, 3, 0, KILL},
		{"@arch x86\nread[arch=x86]: 1", AUDIT_ARCH_X86_64, 0, 0, KILL},
		/* 32-bit registers: -1 has 32 bits */
		{"@arch x86\nread: arg0 == -1", AUDIT_ARCH_I386, 3, 0xffffffff, ALLOW},
		{"@arch x86\nread: arg0 in ~1", AUDIT_ARCH_I386, 3, 0xfffffffe, ALLOW},
		{"read: 1", AUDIT_ARCH_X86_64, 0x40000000, 0, KILL},
		{"@arch x32\nread: 1", AUDIT_ARCH_X86_64, 0x40000000, 0, ALLOW},
		{"@arch x32\nread: 1", AUDIT_ARCH_X86_64, 0x40000001, 0, KILL},
		{"@default return EPERM\n@unknown return ENOSYS", AUDIT_ARCH_X86_64, 5000, 0,
		 ERRNO(ENOSYS)},
		{"@default return EPERM\n@unknown return ENOSYS", AUDIT_ARCH_X86_64, 0xffffffff, 0,
		 ERRNO(ENOSYS)},
		{"@default return EPERM", AUDIT_ARCH_X86_64, 5000, 0, ERRNO(EPERM)},
		{"5000: 1", AUDIT_ARCH_X86_64, 5000, 0, ALLOW},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct expectation x = {.text = cases[i].text, .a0 = cases[i].argument};
		uint32_t got = verdict(&x, "x86_64", cases[i].arch, cases[i].number);

		if (got != cases[i].verdict)
			fail_msg("\"%s\" arch %x number %u: %08x", cases[i].text, cases[i].arch,
				 cases[i].number, got);
	}
}

static void constants_of_every_header_an_author_uses(void **state)
{
	static const char *const names[] = {
		"O_CLOEXEC",       "O_TMPFILE",       "PROT_EXEC",       "MAP_FIXED",
		"CLONE_NEWUSER",   "CLONE_NEWTIME",   "AF_NETLINK",      "AF_VSOCK",
		"SOCK_STREAM",     "SOCK_CLOEXEC",    "PR_SET_NAME",     "PR_SET_VMA",
		"TIOCSTI",         "TIOCLINUX",       "TCGETS",          "MADV_DONTNEED",
		"MADV_FREE",       "SIGKILL",         "SIGABRT",         "EPERM",
		"ENOSYS",          "F_SETFL",         "F_ADD_SEALS",     "PTRACE_ATTACH",
		"SO_PEERCRED",     "SOL_SOCKET",      "IPPROTO_TCP",     "TCP_NODELAY",
		"NETLINK_ROUTE",   "FUTEX_WAIT",      "SCHED_IDLE",      "RLIMIT_NOFILE",
		"FIONREAD",        "SIOCGIFFLAGS",    "TUNSETIFF",       "KVM_RUN",
		"BLKGETSIZE64",    "FS_IOC_GETFLAGS", "UFFDIO_API",      "VHOST_SET_OWNER",
		"S_IFCHR",         "AT_EMPTY_PATH",   "PER_LINUX",       "ADDR_NO_RANDOMIZE",
		"KCMP_FILE",       "GRND_NONBLOCK",   "EFD_CLOEXEC",     "EPOLL_CTL_ADD",
		"IN_CLOSE_WRITE",  "MS_BIND",         "KEYCTL_READ",     "BPF_PROG_LOAD",
		"CLOCK_MONOTONIC", "ARCH_SET_FS",     "MFD_CLOEXEC",     "PIDFD_NONBLOCK",
		"IPC_CREAT",       "LOOP_SET_FD",     "VIDIOC_QUERYCAP", "USBDEVFS_RESET",
	};
	uint64_t value;

	for (size_t i = 0; i < COUNT(names); i++)
		if (!policy_constant(names[i], &value))
			fail_msg("%s is unknown", names[i]);
	assert_true(policy_constant("TIOCSTI", &value));
	assert_int_equal(value, TIOCSTI);
	assert_true(policy_constant("AT_FDCWD", &value));
	assert_int_equal(value, (uint64_t)-100);
	assert_false(policy_constant("NO_SUCH", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_library_reads_means_what_it_means_there),
		cmocka_unit_test(what_only_the_compiler_reads_means_what_it_means_there),
		cmocka_unit_test(additions_of_our_own),
		cmocka_unit_test(other_architectures_are_refused_unless_named),
		cmocka_unit_test(constants_of_every_header_an_author_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
