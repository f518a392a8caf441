// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/seccomp.h"

#include <errno.h>
#include <sys/prctl.h>

/*
 * The filters of hutch's own processes, once they have nothing to set up any more. Made by compile_policies from
 * profiles/seccomp/launcher.policy, init.policy, guardian.policy and log.policy.
 */
extern const struct sock_filter launcher_filter[], init_filter[], guardian_filter[], log_filter[];
extern const size_t launcher_filter_count, init_filter_count, guardian_filter_count,
	log_filter_count;

/* From here on the calling process has no way to gain privileges and keeps only what the filter lets through. 0 or
 * -errno. */
static inline int own_filter_apply(const struct sock_filter *instructions, size_t count)
{
	const struct filter filter = {.instructions = instructions, .count = count};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return seccomp_apply(&filter, 0);
}
