// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy.h"

#include "dbus_filters.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>

static int allow(int ruleset, int abi, const char *path, enum landlock_access access)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : landlock_allow(ruleset, abi, fd, access);
}

/* Only where it listens is there anything to be changed. */
static int confine_files(const struct proxy *proxy, struct error *e)
{
	int abi = landlock_abi(), r;
	_cleanup_fd_ int ruleset = -1;

	if (startswith(proxy->address, "abstract:"))
		abi = landlock_abi_unscoped(abi);
	if (!abi)
		return 0;
	ruleset = landlock_create(abi, true);
	r = ruleset < 0 ? ruleset : allow(ruleset, abi, "/", LANDLOCK_READ);
	if (r == 0)
		r = allow(ruleset, abi, "/proxy", LANDLOCK_WRITE);
	if (r == 0)
		r = landlock_enforce(ruleset);
	return r < 0 ? error_errno(e, -r, "Landlock") : 0;
}

int proxy_confine(const struct proxy *proxy, struct error *e)
{
	const struct filter filter = {
		.instructions = dbus_proxy_filter,
		.count = dbus_proxy_filter_count,
	};
	int r = capability_drop_all();

	if (r < 0)
		return error_errno(e, -r, "giving up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(e, errno, "no_new_privs");
	r = confine_files(proxy, e);
	if (r < 0)
		return r;
	r = seccomp_apply(&filter, 0);
	return r < 0 ? error_errno(e, -r, "seccomp") : 0;
}
