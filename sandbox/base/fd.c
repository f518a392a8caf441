// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/fd.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int fd_read_all(int fd, const char *name, size_t limit, char **ret_data, size_t *ret_length,
		struct error *e)
{
	size_t length = 0, capacity = 4096;
	char *data = xcalloc(capacity, 1);

	for (;;) {
		ssize_t got = read(fd, data + length, capacity - length - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int code = errno;

			free(data);
			return error_errno(e, code, "%s: reading", name);
		}
		if (got == 0)
			break;
		length += (size_t)got;
		if (length > limit) {
			free(data);
			return error_set(e, EFBIG, "%s: larger than %zu bytes", name, limit);
		}
		if (capacity - length < 2048) {
			capacity *= 2;
			data = xreallocarray(data, capacity, 1);
		}
	}
	data[length] = '\0';
	*ret_data = data;
	if (ret_length)
		*ret_length = length;
	return 0;
}

int fd_write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t put = write(fd, at, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

int fd_read_exactly(int fd, void *data, size_t length)
{
	char *at = data;

	while (length) {
		ssize_t got = read(fd, at, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EPIPE;
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

struct dirent *directory_next(DIR *directory, int *r)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(directory);
	if (!entry && errno)
		*r = -errno;
	return entry;
}
