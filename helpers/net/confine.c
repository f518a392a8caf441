// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine.h"

#include "net_filters.h"

#include "base/fd.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"

#include <errno.h>
#include <sys/prctl.h>

/* No rule in it: no file can be opened, and nothing outside be signalled. */
static int no_files(struct error *e)
{
	int abi = landlock_abi(), r;
	_cleanup_fd_ int ruleset = -1;

	if (!abi)
		return 0;
	ruleset = landlock_create(abi, true);
	r = ruleset < 0 ? ruleset : landlock_enforce(ruleset);
	return r < 0 ? error_errno(e, -r, "Landlock") : 0;
}

static int confine(const struct filter *filter, struct error *e)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(e, errno, "prctl");
	r = capability_drop_own();
	if (r < 0)
		return error_errno(e, -r, "giving up capabilities");
	r = no_files(e);
	if (r < 0)
		return r;
	r = seccomp_apply(filter, 0);
	return r < 0 ? error_errno(e, -r, "seccomp") : 0;
}

int confine_helper(struct error *e)
{
	const struct filter filter = {
		.instructions = net_helper_filter,
		.count = net_helper_filter_count,
	};

	return confine(&filter, e);
}

int confine_maker(struct error *e)
{
	const struct filter filter = {
		.instructions = net_maker_filter,
		.count = net_maker_filter_count,
	};

	return confine(&filter, e);
}
