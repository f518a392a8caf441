// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/path.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* How many dangling links path_make_directory() follows before it takes them for a loop; as the
 * kernel's limit. */
enum { MAX_LINKS = 40 };

int path_open_in(int root, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* EAGAIN: something on the way was renamed meanwhile, and ".." could not be checked
	 * (openat2(2)). */
	for (int tries = 0; tries < 1000; tries++) {
		fd = sys_openat2(root, path, &how);
		if (fd >= 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int path_open_host(const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	int fd = sys_openat2(AT_FDCWD, path, &how);

	return fd < 0 ? -errno : fd;
}

bool path_leads_out(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 &&
	       (S_ISDIR(status.st_mode) || (fcntl(fd, F_GETFL) & O_PATH));
}

int path_identify(int fd, struct file_identity *ret)
{
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0)
		return -errno;
	*ret = (struct file_identity){
		.device = makedev(status.stx_dev_major, status.stx_dev_minor),
		.inode = status.stx_ino,
		.mode = status.stx_mode,
	};
	return 0;
}

bool path_is_mount_root(int fd)
{
	struct statx status;

	return statx(fd, "", AT_EMPTY_PATH, 0, &status) == 0 &&
	       (status.stx_attributes_mask & status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

bool path_same_file(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       ((a->mode ^ b->mode) & S_IFMT) == 0;
}

/*
 * Split @path into its parent, copied to @parent, and its last component, copied to @name. False
 * where there is no name to make ("/", "", "..").
 */
static bool split(const char *path, char parent[PATH_MAX], char name[NAME_MAX + 1])
{
	size_t end = strlen(path), start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (start == end || end - start > NAME_MAX || start >= PATH_MAX)
		return false;
	memcpy(parent, path, start);
	parent[start] = '\0';
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Where a link that says @target and stands in the directory @parent leads, as a path from the
 * root. */
static int join_link(char joined[PATH_MAX], const char *parent, const char *target)
{
	int length = target[0] == '/' ? snprintf(joined, PATH_MAX, "%s", target)
				      : snprintf(joined, PATH_MAX, "%s/%s", parent, target);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int make_directory(int root, const char *path, mode_t mode, mode_t parents, int links);

/*
 * Make the missing @path with @make, after its parents. Where a dangling link stands in its place,
 * what the link points to is made instead.
 */
static int make_node(int root, const char *path, mode_t mode, mode_t parents, int links,
		     int open_flags, int (*make)(int parent, const char *name, mode_t mode))
{
	char parent[PATH_MAX], name[NAME_MAX + 1], target[PATH_MAX], joined[PATH_MAX];
	_cleanup_fd_ int directory = -1;
	ssize_t got;
	int fd, r;

	if (links > MAX_LINKS)
		return -ELOOP;
	if (!split(path, parent, name))
		return path_open_in(root, *path ? path : ".", open_flags);
	directory = make_directory(root, parent, parents, parents, links + 1);
	if (directory < 0)
		return directory;
	if (make(directory, name, mode) == 0) {
		fd = openat(directory, name, open_flags | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (errno != EEXIST)
		return -errno;
	got = readlinkat(directory, name, target, sizeof(target) - 1);
	if (got < 0) /* no link: somebody else made it in between, or it is of another type */
		return path_open_in(root, path, open_flags);
	target[got] = '\0';
	r = join_link(joined, parent, target);
	if (r < 0)
		return r;
	return make_node(root, joined, mode, parents, links + 1, open_flags, make);
}

static int make_directory(int root, const char *path, mode_t mode, mode_t parents, int links)
{
	int fd = path_open_in(root, *path ? path : ".", O_PATH | O_DIRECTORY);

	if (fd != -ENOENT)
		return fd;
	return make_node(root, path, mode, parents, links, O_PATH | O_DIRECTORY, mkdirat);
}

int path_make_directory(int root, const char *path, mode_t mode, mode_t parents)
{
	return make_directory(root, path, mode, parents, 0);
}

static int make_empty_file(int parent, const char *name, mode_t mode)
{
	int fd = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int path_make_file(int root, const char *path, mode_t mode, mode_t parents)
{
	int fd = path_open_in(root, path, O_PATH);

	if (fd != -ENOENT)
		return fd;
	return make_node(root, path, mode, parents, 0, O_PATH, make_empty_file);
}

int path_make_symlink(int root, const char *path, const char *target, mode_t parents)
{
	char parent[PATH_MAX], name[NAME_MAX + 1], existing[PATH_MAX];
	_cleanup_fd_ int directory = -1;
	ssize_t got;

	if (!split(path, parent, name))
		return -EINVAL;
	directory = make_directory(root, parent, parents, parents, 0);
	if (directory < 0)
		return directory;
	if (symlinkat(target, directory, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	got = readlinkat(directory, name, existing, sizeof(existing) - 1);
	if (got < 0)
		return -EEXIST;
	existing[got] = '\0';
	return strcmp(existing, target) == 0 ? 0 : -EEXIST;
}

int path_chmod(int root, const char *path, mode_t mode)
{
	/* There is no chmod of an O_PATH descriptor before Linux 6.6, and no /proc to go through. */
	_cleanup_fd_ int fd = path_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}
