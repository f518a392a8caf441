// SPDX-License-Identifier: GPL-2.0-or-later
#include "namespaces.h"

#include "base/fd.h"
#include "kernel/rights.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

void namespaces_close(struct namespaces *namespaces)
{
	namespaces->user = fd_close(namespaces->user);
	namespaces->net = fd_close(namespaces->net);
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* One's own namespace can't be entered, and needn't be; the network namespace must be another. */
static int check(struct namespaces *namespaces, struct error *e)
{
	if (same_file(namespaces->net, "/proc/self/ns/net"))
		return error_set(e, EINVAL, "that is the network that hutch-net itself is in");
	if (namespaces->user >= 0 && same_file(namespaces->user, "/proc/self/ns/user"))
		namespaces->user = fd_close(namespaces->user);
	return 0;
}

int namespaces_of(pid_t target, struct namespaces *ret, int *ret_pidfd, struct error *e)
{
	char path[64];
	_cleanup_fd_ int netns = -1, userns = -1, pidfd = sys_pidfd_open(target, 0);
	int r;

	if (pidfd < 0)
		return error_errno(e, errno, "--target %d", target);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", target);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return error_errno(e, errno, "--target %d: %s", target, path);
	userns = ioctl(netns, NS_GET_USERNS);
	if (userns < 0) {
		error_errno(e, errno, "--target %d: the owner of its network namespace", target);
		return error_remedy(e, "a process whose user namespace was made by you, as with "
				       "unshare -Urn");
	}
	*ret = (struct namespaces){TAKE_FD(userns), TAKE_FD(netns)};
	r = check(ret, e);
	if (r < 0)
		namespaces_close(ret);
	else
		*ret_pidfd = TAKE_FD(pidfd);
	return r;
}

int namespaces_receive(int control, struct namespaces *ret, struct error *e)
{
	int fds[2], r;
	char nothing;
	ssize_t got = rights_receive(control, &nothing, 1, fds, 2, 0);

	if (got < 0)
		return error_errno(e, (int)-got, "waiting for the sandbox's network");
	*ret = (struct namespaces){fds[0], fds[1]};
	if (got != 1 || fds[0] < 0 || fds[1] < 0)
		r = error_set(e, EPIPE, "no network of a sandbox came");
	else
		r = check(ret, e);
	if (r < 0)
		namespaces_close(ret);
	return r;
}
