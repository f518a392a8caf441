// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/seccomp_reach.h"

#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

/* The numbers of one architecture's calls; the table is of what the kernel that hutch was built for
 * can execute. */
struct numbers {
	uint32_t arch;
	int unshare, clone, clone3;
	int keys[3]; /* add_key, request_key, keyctl */
};

static const struct numbers architectures[] = {
#if defined(__x86_64__)
	{AUDIT_ARCH_X86_64,
	 SYS_unshare,
	 SYS_clone,
	 SYS_clone3,
	 {SYS_add_key, SYS_request_key, SYS_keyctl}},
	/* x32: the same numbers with a bit on top */
	{AUDIT_ARCH_X86_64,
	 SYS_unshare | 0x40000000,
	 SYS_clone | 0x40000000,
	 SYS_clone3 | 0x40000000,
	 {SYS_add_key | 0x40000000, SYS_request_key | 0x40000000, SYS_keyctl | 0x40000000}},
	{AUDIT_ARCH_I386, 310, 120, 435, {286, 287, 288}},
#elif defined(__aarch64__)
	{AUDIT_ARCH_AARCH64,
	 SYS_unshare,
	 SYS_clone,
	 SYS_clone3,
	 {SYS_add_key, SYS_request_key, SYS_keyctl}},
	{AUDIT_ARCH_ARM, 337, 120, 435, {309, 310, 311}},
#endif
};

/* Whether the call is denied with @first as its first argument. clone3(2) has its flags in memory,
 * where no filter reads them. */
static bool denies(const struct filter *filter, uint32_t arch, int nr, uint64_t first)
{
	const struct seccomp_data data = {.nr = nr, .arch = arch, .args = {first}};
	uint32_t value;

	return seccomp_simulate(filter->instructions, filter->count, &data, &value, NULL) == 0 &&
	       seccomp_denies(value);
}

/* An architecture that is not in the table can't be vouched for. */
static bool empty(const struct filter *filter)
{
	return filter->count == 0 || sizeof(architectures) == 0;
}

/* Whether a user namespace is denied by the call @nr, of which the flags are the first argument: alone, as a fork, and with each
 * other bit, of which the kernel ignores some. */
static bool denies_flags(const struct filter *filter, uint32_t arch, int nr)
{
	for (int bit = 0; bit < 64; bit++) {
		uint64_t flags = CLONE_NEWUSER | 1ULL << bit;

		if (!denies(filter, arch, nr, flags) || !denies(filter, arch, nr, flags | SIGCHLD))
			return false;
	}
	return true;
}

bool seccomp_denies_user_namespaces(const struct filter *filter)
{
	if (empty(filter))
		return false;
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		const struct numbers *of = &architectures[i];

		if (!denies_flags(filter, of->arch, of->unshare) ||
		    !denies_flags(filter, of->arch, of->clone) ||
		    !denies(filter, of->arch, of->clone3, 0))
			return false;
	}
	return true;
}

bool seccomp_denies_keyrings(const struct filter *filter)
{
	enum { OPERATIONS = 64 }; /* more than keyctl(2) has */

	if (empty(filter))
		return false;
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
		for (size_t k = 0; k < 3; k++)
			for (uint64_t first = 0; first < OPERATIONS; first++)
				if (!denies(filter, architectures[i].arch, architectures[i].keys[k],
					    first))
					return false;
	return true;
}
