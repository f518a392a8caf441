// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tracee.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int tracee_read(pid_t pid, uint64_t address, void *to, size_t length)
{
	struct iovec ours = {to, length}, theirs = {(void *)(uintptr_t)address, length};
	ssize_t got = process_vm_readv(pid, &ours, 1, &theirs, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == length ? 0 : -EFAULT;
}

ssize_t tracee_string(pid_t pid, uint64_t address, char *ret, size_t size)
{
	enum { PAGE = 4096, FIRST = 256 };
	size_t have = 0;

	/* Page by page, as the next one may not be there; and most strings are short. */
	while (have < size) {
		uint64_t at = address + have;
		size_t piece = PAGE - (size_t)(at % PAGE);
		const char *end;
		int r;

		if (piece > (have ? PAGE : FIRST))
			piece = have ? PAGE : FIRST;
		if (piece > size - have)
			piece = size - have;
		r = tracee_read(pid, at, ret + have, piece);
		if (r < 0)
			return r;
		end = memchr(ret + have, '\0', piece);
		if (end)
			return end - ret;
		have += piece;
	}
	return -ENAMETOOLONG;
}

ssize_t tracee_link(pid_t pid, const char *name, char *ret, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/%.30s", (int)pid, name);
	length = readlink(link, ret, size - 1);
	if (length < 0)
		return -errno;
	ret[length] = '\0';
	return length;
}

/* Whether two links of /proc lead to the same thing. */
static bool same(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

bool tracee_sees_our_root(pid_t pid)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/root", (int)pid);
	if (!same(link, "/"))
		return false;
	snprintf(link, sizeof(link), "/proc/%d/ns/mnt", (int)pid);
	return same(link, "/proc/self/ns/mnt");
}

int tracee_socket_kind(pid_t pid, int fd)
{
	/* The caller may be any thread; kernels before 6.9 know descriptors of the first one only. */
	enum { THREAD = O_EXCL };
	_cleanup_fd_ int pidfd = sys_pidfd_open(pid, THREAD), ours = -1;
	int kind;
	socklen_t length = sizeof(kind);

	if (pidfd < 0)
		pidfd = sys_pidfd_open(pid, 0);
	ours = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (ours < 0 || getsockopt(ours, SOL_SOCKET, SO_TYPE, &kind, &length) < 0)
		return -errno;
	return kind;
}
