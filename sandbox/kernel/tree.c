// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tree.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/string.h"
#include "base/vector.h"
#include "kernel/sys.h"
#include "kernel/xattr.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* Levels that removing goes down at a time: a descriptor each. */
enum { REMOVE_DEPTH = 200 };

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int open_directory(int parent, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	return fd < 0 ? -errno : fd;
}

int tree_open_directory(int parent, const char *name)
{
	struct stat status;
	int fd = open_directory(parent, name);

	if (fd != -EACCES || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(parent, name, 0500, AT_SYMLINK_NOFOLLOW) < 0)
		return fd;
	fd = open_directory(parent, name);
	(void)!fchmodat(parent, name, status.st_mode & 07777, AT_SYMLINK_NOFOLLOW);
	return fd;
}

/* What lies deeper than the stack reaches is moved up to @top first, under names with numbers. */
struct removing {
	int top;
	unsigned moved;
};

static void moved_name(char name[32], unsigned number)
{
	snprintf(name, 32, ".hutch-rm-%d-%u", getpid(), number);
}

static int remove_at(struct removing *removing, int parent, const char *name, int depth);

static int remove_inside(struct removing *removing, int fd, int depth)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!directory) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while ((entry = directory_next(directory, &r))) {
		int one = is_dot(entry->d_name)
				  ? 0
				  : remove_at(removing, dirfd(directory), entry->d_name, depth + 1);

		if (one < 0 && r == 0)
			r = one;
	}
	closedir(directory);
	return r;
}

static int remove_at(struct removing *removing, int parent, const char *name, int depth)
{
	char moved[32];
	int fd, r;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > REMOVE_DEPTH) {
		moved_name(moved, removing->moved++);
		return renameat(parent, name, removing->top, moved) < 0 ? -errno : 0;
	}
	/* overlayfs makes its working directory unreadable, and users make others so. */
	fd = open_directory(parent, name);
	if (fd == -EACCES && fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = open_directory(parent, name);
	if (fd >= 0) {
		struct stat status;

		if (fstat(fd, &status) == 0 && (status.st_mode & 0700) != 0700)
			fchmod(fd, 0700);
		r = remove_inside(removing, fd, depth);
		if (r < 0)
			return r;
	}
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int tree_remove(int parent, const char *name)
{
	struct removing removing = {parent, 0};
	int r = remove_at(&removing, parent, name, 0);

	for (unsigned i = 0; r == 0 && i < removing.moved; i++) {
		char moved[32];

		moved_name(moved, i);
		r = remove_at(&removing, parent, moved, 0);
	}
	return r;
}

static int copy_range(int from, int to, off_t start, off_t end)
{
	while (start < end) {
		off_t in = start, out = start;
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(end - start), 0);

		if (n < 0 &&
		    (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
			in = start;
			if (lseek(to, start, SEEK_SET) < 0)
				return -errno;
			n = sendfile(to, from, &in, (size_t)(end - start));
		}
		if (n < 0)
			return -errno;
		if (n == 0)
			break; /* it shrank meanwhile */
		start += n;
	}
	return 0;
}

/* The data of @from into the empty @to; holes stay holes. */
static int copy_data(int from, int to, off_t size)
{
	off_t data = 0;
	int r = 0;

	if (size == 0 || ioctl(to, FICLONE, from) == 0)
		return 0;
	if (ftruncate(to, size) < 0)
		return -errno;
	while (r == 0 && data < size) {
		off_t hole;

		data = lseek(from, data, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = copy_range(from, to, data, hole);
		data = hole;
	}
	return r;
}

int tree_set_attributes(int from, const char *from_name, const struct stat *status, int to,
			const char *to_name, unsigned how)
{
	struct timespec times[2] = {status->st_atim, status->st_mtim};
	int r;

	/* The owner before the permissions, as changing it takes setuid bits away. An owner that
	 * the user may not give stays the user. */
	(void)!fchownat(to, to_name, (uid_t)-1, status->st_gid, AT_SYMLINK_NOFOLLOW);
	(void)!fchownat(to, to_name, status->st_uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
	if (!S_ISLNK(status->st_mode)) {
		r = xattr_copy(from, from_name, to, to_name, how & TREE_RAW);
		if (r < 0)
			return r;
		if (fchmodat(to, to_name, status->st_mode & 07777, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
	}
	return utimensat(to, to_name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int tree_open_file(int parent, const char *name, const struct stat *status)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd >= 0 || errno != EACCES)
		return fd < 0 ? -errno : fd;
	/* Closed to its own owner, who may open it for a moment. */
	if (fchmodat(parent, name, 0400, AT_SYMLINK_NOFOLLOW) < 0)
		return -EACCES;
	fd = openat(parent, name, flags);
	(void)!fchmodat(parent, name, status->st_mode & 07777, AT_SYMLINK_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int copy_regular(int from, const char *from_name, const struct stat *status, int to,
			const char *to_name)
{
	_cleanup_fd_ int in = tree_open_file(from, from_name, status), out = -1;

	if (in < 0)
		return in;
	out = openat(to, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return out < 0 ? -errno : copy_data(in, out, status->st_size);
}

static int copy_link(int from, const char *from_name, int to, const char *to_name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, from_name, target, sizeof(target));

	if (length < 0 || length == sizeof(target))
		return length < 0 ? -errno : -ENAMETOOLONG;
	target[length] = '\0';
	return symlinkat(target, to, to_name) < 0 ? -errno : 0;
}

int tree_copy_one(int from, const char *from_name, const struct stat *status, int to,
		  const char *to_name, unsigned how)
{
	bool whiteout = S_ISCHR(status->st_mode) && status->st_rdev == 0;
	int r;

	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		r = copy_regular(from, from_name, status, to, to_name);
		break;
	case S_IFLNK:
		r = copy_link(from, from_name, to, to_name);
		break;
	case S_IFDIR:
		return mkdirat(to, to_name, 0700) < 0 ? -errno : 0;
	case S_IFIFO:
		r = mkfifoat(to, to_name, 0600) < 0 ? -errno : 0;
		break;
	case S_IFCHR:
		if (whiteout && (how & TREE_RAW))
			return mknodat(to, to_name, S_IFCHR, 0) < 0 ? -errno : 0;
		return -EOPNOTSUPP;
	default:
		return -EOPNOTSUPP;
	}
	return r < 0 ? r : tree_set_attributes(from, from_name, status, to, to_name, how);
}

int tree_copy_empty(int from, const char *from_name, const struct stat *status, int to,
		    const char *to_name)
{
	int fd, r;

	if (S_ISDIR(status->st_mode)) {
		r = mkdirat(to, to_name, 0700) < 0 ? -errno : 0;
	} else {
		fd = openat(to, to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		r = fd < 0 ? -errno : 0;
		fd_close(fd);
	}
	return r < 0 ? r : tree_set_attributes(from, from_name, status, to, to_name, 0);
}

/* Files of more than one name that were copied, by inode. */
struct linked {
	dev_t device;
	ino_t inode;
	char *path; /* of the copy, from the top */
};

struct copying {
	unsigned how;
	const struct tree_filter *filter; /* or NULL */
	int top;                          /* of the copy */
	VECTOR(struct linked) linked;
	struct strbuf path;
};

static int copy_at(struct copying *copying, int from, const char *from_name, int to,
		   const char *to_name, int depth);

/* Go on without what could not be copied, where the filter says so. */
static int failed(const struct copying *copying, int to, const char *name, int code)
{
	int r = copying->filter
			? copying->filter->failed(copying->filter->data, copying->path.text, code)
			: code;

	return r < 0 ? r : tree_remove(to, name);
}

static int copy_inside(struct copying *copying, int from, int to, int depth)
{
	DIR *directory = fdopendir(from);
	const struct dirent *entry;
	int r = 0;

	if (!directory) {
		r = -errno;
		fd_close(from);
		return r;
	}
	while (r == 0 && (entry = directory_next(directory, &r))) {
		size_t length = copying->path.length;

		if (is_dot(entry->d_name))
			continue;
		strbuf_printf(&copying->path, "%s%s", length ? "/" : "", entry->d_name);
		r = copy_at(copying, from, entry->d_name, to, entry->d_name, depth + 1);
		if (r < 0)
			r = failed(copying, to, entry->d_name, r);
		copying->path.length = length;
		copying->path.text[length] = '\0';
	}
	closedir(directory);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int copy_directory(struct copying *copying, int from, const char *from_name,
			  const struct stat *status, int to, const char *to_name, int depth)
{
	_cleanup_fd_ int below = -1;
	int in, r;

	if (depth > TREE_DEPTH)
		return -ELOOP;
	in = tree_open_directory(from, from_name);
	if (in < 0)
		return in;
	r = tree_copy_one(from, from_name, status, to, to_name, copying->how);
	below = r < 0 ? r : open_directory(to, to_name);
	if (below < 0) {
		fd_close(in);
		return below;
	}
	if (depth == 0)
		copying->top = below;
	r = copy_inside(copying, in, below, depth);
	return r < 0 ? r : tree_set_attributes(from, from_name, status, to, to_name, copying->how);
}

static int copy_at(struct copying *copying, int from, const char *from_name, int to,
		   const char *to_name, int depth)
{
	bool many;
	struct stat status;
	int r;

	if (fstatat(from, from_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (copying->filter && depth > 0) {
		r = copying->filter->take(copying->filter->data, copying->path.text, &status);
		if (r == TREE_EMPTY)
			return tree_copy_empty(from, from_name, &status, to, to_name);
		if (r != TREE_WHOLE)
			return r;
	}
	if (S_ISDIR(status.st_mode))
		return copy_directory(copying, from, from_name, &status, to, to_name, depth);
	many = status.st_nlink > 1 && depth > 0 && !S_ISCHR(status.st_mode);
	if (many)
		vector_each (known, &copying->linked)
			if (known->inode == status.st_ino && known->device == status.st_dev)
				return linkat(copying->top, known->path, to, to_name, 0) < 0
					       ? -errno
					       : 0;
	r = tree_copy_one(from, from_name, &status, to, to_name, copying->how);
	if (r == 0 && many)
		*vector_add(&copying->linked) =
			(struct linked){status.st_dev, status.st_ino, xstrdup(copying->path.text)};
	return r == -EOPNOTSUPP && depth > 0 ? 0 : r;
}

int tree_copy(int from, const char *from_name, int to, const char *to_name, unsigned how)
{
	return tree_copy_filtered(from, from_name, to, to_name, how, NULL);
}

int tree_copy_filtered(int from, const char *from_name, int to, const char *to_name, unsigned how,
		       const struct tree_filter *filter)
{
	struct copying copying = {.how = how, .filter = filter, .top = -1};
	int r = copy_at(&copying, from, from_name, to, to_name, 0);

	vector_each (linked, &copying.linked)
		free(linked->path);
	vector_free(&copying.linked);
	strbuf_free(&copying.path);
	return r;
}

bool tree_same_contents(int a, const char *a_name, const struct stat *status, int b,
			const char *b_name)
{
	_cleanup_fd_ int first = tree_open_file(a, a_name, status), second = -1;
	static char here[65536], there[sizeof(here)];

	second = openat(b, b_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	while (first >= 0 && second >= 0) {
		ssize_t x = read(first, here, sizeof(here));
		ssize_t y = x < 0 ? -1 : read(second, there, sizeof(there));

		if (x < 0 || x != y || memcmp(here, there, (size_t)x) != 0)
			return false;
		if (x == 0)
			return true;
	}
	return false;
}

static void measure_at(int parent, const char *name, uint64_t *files, uint64_t *bytes, int depth)
{
	struct stat status;
	const struct dirent *entry;
	DIR *directory;
	int fd;

	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	++*files;
	*bytes +=
		(uint64_t)status.st_blocks * 512 / (S_ISDIR(status.st_mode) ? 1 : status.st_nlink);
	if (!S_ISDIR(status.st_mode) || depth > TREE_DEPTH)
		return;
	fd = open_directory(parent, name);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (!is_dot(entry->d_name))
			measure_at(fd, entry->d_name, files, bytes, depth + 1);
	closedir(directory);
}

void tree_measure(int parent, const char *name, uint64_t *files, uint64_t *bytes)
{
	*files = *bytes = 0;
	measure_at(parent, name, files, bytes, 0);
}

int tree_open_parent(int top, const char *path, const char **ret_name)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	int fd = sys_openat2(top, parent, &how);

	*ret_name = !*path ? "." : slash ? slash + 1 : path;
	return fd < 0 ? -errno : fd;
}
