// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System call names, through libseccomp's tables.
 *
 * libseccomp answers for one name or one number; it has no list of all. The list is made by asking
 * for every number that may be one, which takes a fraction of a millisecond for an architecture and
 * happens only where a policy is compiled.
 */
#include "language/policy_calls.h"
#include "base/string.h"

#include <seccomp.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct policy_arch policy_arches[] = {
	{"x86_64", {"amd64", "x86-64"}, SCMP_ARCH_X86_64, true},
	{"x86", {"i386", "i686"}, SCMP_ARCH_X86, false},
	{"x32", {NULL}, SCMP_ARCH_X32, true},
	{"arm64", {"aarch64"}, SCMP_ARCH_AARCH64, true},
	{"arm", {"armhf"}, SCMP_ARCH_ARM, false},
	{"riscv64", {NULL}, SCMP_ARCH_RISCV64, true},
	{"ppc64le", {"powerpc64le", "ppc64el"}, SCMP_ARCH_PPC64LE, true},
	{"ppc64", {"powerpc64"}, SCMP_ARCH_PPC64, true},
	{"ppc", {"powerpc"}, SCMP_ARCH_PPC, false},
	{"s390x", {NULL}, SCMP_ARCH_S390X, true},
	{"s390", {NULL}, SCMP_ARCH_S390, false},
	{"mipsel64", {"mips64el"}, SCMP_ARCH_MIPSEL64, true},
	{"mipsel64n32", {NULL}, SCMP_ARCH_MIPSEL64N32, false},
	{"mipsel", {NULL}, SCMP_ARCH_MIPSEL, false},
	{"mips64", {NULL}, SCMP_ARCH_MIPS64, true},
	{"mips64n32", {NULL}, SCMP_ARCH_MIPS64N32, false},
	{"mips", {NULL}, SCMP_ARCH_MIPS, false},
	{"parisc64", {"hppa64"}, SCMP_ARCH_PARISC64, true},
	{"parisc", {"hppa"}, SCMP_ARCH_PARISC, false},
};
const size_t policy_arch_count = sizeof(policy_arches) / sizeof(policy_arches[0]);

#define X32_BIT 0x40000000U

/* Calls of Linux 5.18 to 6.18, numbered alike everywhere (include/uapi/asm-generic/unistd.h and
 * the architectures' syscall.tbl). libseccomp is asked first. */
static const struct {
	const char *name;
	uint32_t number;
} newer_calls[] = {
	{"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
	{"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
	{"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
	{"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
	{"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
	{"file_setattr", 469},
};

/* The same, for one architecture only. */
static const struct {
	const char *name;
	uint32_t token, number;
} newer_own_calls[] = {
	{"uretprobe", SCMP_ARCH_X86_64, 335},
	{"uprobe", SCMP_ARCH_X86_64, 336},
	{"riscv_hwprobe", SCMP_ARCH_RISCV64, 258},
};

int policy_arch_find(const char *name)
{
	for (size_t i = 0; i < policy_arch_count; i++) {
		if (streq(policy_arches[i].name, name))
			return (int)i;
		for (size_t k = 0; k < COUNT(policy_arches[i].aliases); k++)
			if (policy_arches[i].aliases[k] && streq(policy_arches[i].aliases[k], name))
				return (int)i;
	}
	return -1;
}

static int arch_by_token(uint32_t token)
{
	for (size_t i = 0; i < policy_arch_count; i++)
		if (policy_arches[i].token == token)
			return (int)i;
	return -1;
}

unsigned int policy_arch_native(void)
{
	int arch = arch_by_token(seccomp_arch_native());

	return arch < 0 ? 0 : (unsigned int)arch;
}

uint32_t policy_arch_audit(unsigned int arch)
{
	return policy_arches[arch].token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64
							  : policy_arches[arch].token;
}

int policy_arch_of(uint32_t audit_arch, uint32_t number)
{
	if (audit_arch == SCMP_ARCH_X86_64 && number >= X32_BIT && number != UINT32_MAX)
		return arch_by_token(SCMP_ARCH_X32);
	return arch_by_token(audit_arch);
}

/* What the numbers of the architecture's newer calls begin at. */
static uint32_t number_base(uint32_t token)
{
	switch (token) {
	case SCMP_ARCH_X32:
		return X32_BIT;
	case SCMP_ARCH_MIPS:
	case SCMP_ARCH_MIPSEL:
		return 4000;
	case SCMP_ARCH_MIPS64:
	case SCMP_ARCH_MIPSEL64:
		return 5000;
	case SCMP_ARCH_MIPS64N32:
	case SCMP_ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}

static long newer_number(uint32_t token, const char *name)
{
	for (size_t i = 0; i < COUNT(newer_calls); i++)
		if (streq(newer_calls[i].name, name))
			return (long)newer_calls[i].number + (long)number_base(token);
	for (size_t i = 0; i < COUNT(newer_own_calls); i++)
		if (newer_own_calls[i].token == token && streq(newer_own_calls[i].name, name))
			return newer_own_calls[i].number;
	return POLICY_CALL_UNKNOWN;
}

long policy_call_number(unsigned int arch, const char *name)
{
	uint32_t token = policy_arches[arch].token;
	int number = seccomp_syscall_resolve_name_arch(token, name);
	long newer;

	if (number >= 0)
		return number;
	newer = newer_number(token, name);
	if (newer >= 0)
		return newer;
	/* libseccomp numbers calls that an architecture lacks below zero. */
	if (number != __NR_SCMP_ERROR)
		return POLICY_CALL_ABSENT;
	for (size_t i = 0; i < COUNT(newer_own_calls); i++)
		if (streq(newer_own_calls[i].name, name))
			return POLICY_CALL_ABSENT;
	return POLICY_CALL_UNKNOWN;
}

char *policy_call_name(unsigned int arch, uint32_t number)
{
	uint32_t token = policy_arches[arch].token;
	char *name = NULL;

	if (number <= INT32_MAX)
		name = seccomp_syscall_resolve_num_arch(token, (int)number);
	if (name)
		return name;
	for (size_t i = 0; i < COUNT(newer_calls); i++)
		if (newer_calls[i].number + number_base(token) == number)
			return xstrdup(newer_calls[i].name);
	for (size_t i = 0; i < COUNT(newer_own_calls); i++)
		if (newer_own_calls[i].token == token && newer_own_calls[i].number == number)
			return xstrdup(newer_own_calls[i].name);
	return NULL;
}

const uint32_t *policy_calls_known(unsigned int arch, size_t *ret_count)
{
	/* ARM's private calls (breakpoint, cacheflush, …) sit far above the others. */
	static const uint32_t arm_private = 0x0f0000;
	static struct {
		uint32_t *items;
		size_t count, capacity;
		bool complete;
	} lists[COUNT(policy_arches)];
	uint32_t token = policy_arches[arch].token, base = number_base(token);

	for (uint32_t i = 0; !lists[arch].complete && i < 1024 + 16; i++) {
		uint32_t number = i < 1024 ? base + i : arm_private + i - 1024;
		_cleanup_free_ char *name = NULL;

		if (i >= 1024 && token != SCMP_ARCH_ARM)
			break;
		name = policy_call_name(arch, number);
		if (name)
			*vector_add(&lists[arch]) = number;
	}
	lists[arch].complete = true;
	*ret_count = lists[arch].count;
	return lists[arch].items;
}

const struct strv *policy_call_names(void)
{
	/* Made once; they stay until the end. */
	static struct strv names;

	if (names.count)
		return &names;
	for (unsigned int arch = 0; arch < policy_arch_count; arch++) {
		size_t count;
		const uint32_t *known = policy_calls_known(arch, &count);

		for (size_t i = 0; i < count; i++) {
			char *name = policy_call_name(arch, known[i]);

			if (name)
				strv_take(&names, name);
		}
	}
	strv_sort(&names);
	return &names;
}

const char *policy_call_nearest(const char *name)
{
	const struct strv *names = policy_call_names();

	return string_nearest(name, (const char *const *)names->items, names->count);
}
