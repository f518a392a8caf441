// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine.h"

#include "net_filters.h"

#include "base/fd.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>

/* Nothing outside can be signalled, and no file be opened but to read below @directories (NULL-terminated); those that are
 * not there are left out. */
static int restrict_files(const char *const *directories, struct error *e)
{
	int abi = landlock_abi(), r;
	_cleanup_fd_ int ruleset = -1;

	if (!abi)
		return 0;
	ruleset = landlock_create(abi, true);
	r = ruleset < 0 ? ruleset : 0;
	for (; r >= 0 && *directories; directories++) {
		_cleanup_fd_ int fd = open(*directories, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			r = landlock_allow(ruleset, abi, fd, LANDLOCK_READ);
	}
	if (r >= 0)
		r = landlock_enforce(ruleset);
	return r < 0 ? error_errno(e, -r, "Landlock") : 0;
}

static const char *const nothing[] = {NULL};

static int confine(const struct filter *filter, const char *const *directories, struct error *e)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(e, errno, "prctl");
	r = capability_drop_own();
	if (r < 0)
		return error_errno(e, -r, "giving up capabilities");
	r = restrict_files(directories, e);
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

	return confine(&filter, nothing, e);
}

int confine_maker(struct error *e)
{
	const struct filter filter = {
		.instructions = net_maker_filter,
		.count = net_maker_filter_count,
	};

	return confine(&filter, nothing, e);
}

int confine_follower(const char *const *directories, struct error *e)
{
	const struct filter filter = {
		.instructions = net_follower_filter,
		.count = net_follower_filter_count,
	};

	return confine(&filter, directories, e);
}
