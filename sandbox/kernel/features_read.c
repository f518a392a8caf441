// SPDX-License-Identifier: GPL-2.0-or-later
/* Small files of /proc and /sys: one value each, and none where there is no such file. */
#include "kernel/features.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool features_read_line(const char *path, char *ret, size_t size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t got;

	ret[0] = '\0';
	if (fd < 0)
		return false;
	got = read(fd, ret, size - 1);
	if (got < 0)
		return false;
	ret[got] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

long features_read_number(const char *path, long otherwise)
{
	char text[32], *end;
	long number;

	if (!features_read_line(path, text, sizeof(text)))
		return otherwise;
	number = strtol(text, &end, 10);
	return end == text ? otherwise : number;
}
