// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/xattr.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Linux's own bound (xattr(7)). */
enum { VALUE_SIZE = 65536 };

/* An O_PATH descriptor and the name that leads to it; neither follows a link. */
struct handle {
	int fd;
	char path[32];
};

static int open_handle(int parent, const char *name, struct handle *ret)
{
	ret->fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (ret->fd < 0)
		return -errno;
	snprintf(ret->path, sizeof(ret->path), "/proc/self/fd/%d", ret->fd);
	return 0;
}

ssize_t xattr_get(int parent, const char *name, const char *attribute, void *value, size_t size)
{
	struct handle handle;
	ssize_t length;
	int r = open_handle(parent, name, &handle);

	if (r < 0)
		return r;
	length = getxattr(handle.path, attribute, value, size);
	if (length < 0)
		length = errno == EOPNOTSUPP ? -ENODATA : -errno;
	fd_close(handle.fd);
	return length;
}

/* Not ours to copy or compare: what overlayfs keeps, and what the kernel or root sets. */
static bool is_left_out(const char *attribute, bool raw)
{
	if (startswith(attribute, XATTR_OVERLAY))
		return !raw;
	return !startswith(attribute, "user.") && !startswith(attribute, "system.posix_acl_");
}

static ssize_t list(const struct handle *handle, char **ret)
{
	/* Hardly any file has one: asked for the size first, since the answer is mostly none. */
	ssize_t length = listxattr(handle->path, NULL, 0);

	if (length > 0) {
		*ret = xcalloc(1, (size_t)length);
		length = listxattr(handle->path, *ret, (size_t)length);
	}
	return length < 0 && errno != EOPNOTSUPP ? -errno : length < 0 ? 0 : length;
}

/* getxattr(2), also of a file that is closed to its own owner. */
static ssize_t read_value(const struct handle *handle, const char *attribute, char *value)
{
	ssize_t length = getxattr(handle->path, attribute, value, VALUE_SIZE);
	struct stat status;
	int code;

	if (length >= 0 || errno != EACCES || fstat(handle->fd, &status) < 0 ||
	    chmod(handle->path, (status.st_mode & 07777) | 0400) < 0)
		return length;
	length = getxattr(handle->path, attribute, value, VALUE_SIZE);
	code = errno;
	(void)!chmod(handle->path, status.st_mode & 07777);
	errno = code;
	return length;
}

static int copy_one(const struct handle *from, const struct handle *to, const char *attribute,
		    char *value)
{
	ssize_t length = read_value(from, attribute, value);

	if (length < 0)
		return errno == ENODATA ? 0 : -errno;
	if (setxattr(to->path, attribute, value, (size_t)length, 0) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == EPERM || errno == EACCES ? 0 : -errno;
}

int xattr_copy(int from, const char *from_name, int to, const char *to_name, bool raw)
{
	struct handle source = {-1}, target = {-1};
	_cleanup_free_ char *names = NULL, *value = NULL;
	ssize_t length = 0;
	int r = open_handle(from, from_name, &source);

	if (r == 0) {
		length = list(&source, &names);
		r = length < 0 ? (int)length : 0;
	}
	for (ssize_t at = 0; r == 0 && at < length; at += (ssize_t)strlen(names + at) + 1) {
		if (is_left_out(names + at, raw))
			continue;
		if (!value) {
			value = xcalloc(1, VALUE_SIZE);
			r = open_handle(to, to_name, &target);
		}
		if (r == 0)
			r = copy_one(&source, &target, names + at, value);
	}
	fd_close(source.fd);
	fd_close(target.fd);
	return r;
}

int xattr_remove_others(int from, const char *from_name, int to, const char *to_name)
{
	struct handle source = {-1}, target = {-1};
	_cleanup_free_ char *names = NULL;
	ssize_t length = 0;
	int r = open_handle(to, to_name, &target);

	if (r == 0)
		r = open_handle(from, from_name, &source);
	if (r == 0) {
		length = list(&target, &names);
		r = length < 0 ? (int)length : 0;
	}
	for (ssize_t at = 0; r == 0 && at < length; at += (ssize_t)strlen(names + at) + 1)
		if (!is_left_out(names + at, false) &&
		    getxattr(source.path, names + at, NULL, 0) < 0 && errno == ENODATA &&
		    removexattr(target.path, names + at) < 0 && errno != ENODATA)
			r = -errno;
	fd_close(source.fd);
	fd_close(target.fd);
	return r;
}

/* Whether @b has all that @a has, with the same values; counts them. */
static int has_all(const struct handle *a, const struct handle *b, size_t *ret_count)
{
	_cleanup_free_ char *names = NULL, *first = NULL, *second = NULL;
	ssize_t length = list(a, &names);
	size_t count = 0;

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t x, y;

		if (is_left_out(names + at, false))
			continue;
		if (!first) {
			first = xcalloc(1, VALUE_SIZE);
			second = xcalloc(1, VALUE_SIZE);
		}
		x = getxattr(a->path, names + at, first, VALUE_SIZE);
		y = getxattr(b->path, names + at, second, VALUE_SIZE);
		if (x != y || (x > 0 && memcmp(first, second, (size_t)x) != 0))
			return 0;
		count++;
	}
	*ret_count = count;
	return length < 0 ? (int)length : 1;
}

int xattr_same(int a, const char *a_name, int b, const char *b_name)
{
	struct handle first = {-1}, second = {-1};
	size_t here = 0, there = 0;
	int r = open_handle(a, a_name, &first);

	if (r == 0)
		r = open_handle(b, b_name, &second);
	if (r == 0)
		r = has_all(&first, &second, &here);
	if (r == 1)
		r = has_all(&second, &first, &there);
	fd_close(first.fd);
	fd_close(second.fd);
	return r == 1 ? here == there : r;
}
