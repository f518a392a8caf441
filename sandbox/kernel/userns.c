// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/userns.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int write_file(int proc, const char *path, const char *text)
{
	_cleanup_fd_ int fd = openat(proc, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

int userns_map_self(int proc, uid_t inside_uid, uid_t outside_uid, gid_t inside_gid,
		    gid_t outside_gid)
{
	char map[64];
	int r;

	r = write_file(proc, "self/setgroups", "deny");
	/* A kernel before 3.19, or a map made by a parent who allowed it: the map itself will tell.
	 */
	if (r < 0 && r != -ENOENT && r != -EPERM)
		return r;
	snprintf(map, sizeof(map), "%u %u 1\n", inside_uid, outside_uid);
	r = write_file(proc, "self/uid_map", map);
	if (r < 0)
		return r;
	snprintf(map, sizeof(map), "%u %u 1\n", inside_gid, outside_gid);
	return write_file(proc, "self/gid_map", map);
}

/* A line of a map must lie within one line of the parent's: 0 is the caller's own id there, the
 * rest is subordinate. */
static void identity(char *map, size_t size, uint64_t count)
{
	snprintf(map, size, "0 0 1\n1 1 %llu\n", (unsigned long long)count);
}

int userns_map_identity(int proc, pid_t pid, uint64_t uid_count, uint64_t gid_count)
{
	char path[64], map[64];
	int r;

	snprintf(path, sizeof(path), "%d/uid_map", pid);
	identity(map, sizeof(map), uid_count);
	r = write_file(proc, path, map);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%d/gid_map", pid);
	identity(map, sizeof(map), gid_count);
	return write_file(proc, path, map);
}

int userns_limit(int proc, unsigned count)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", count);
	return write_file(proc, "sys/user/max_user_namespaces", text);
}
