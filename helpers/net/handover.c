// SPDX-License-Identifier: GPL-2.0-or-later
#include "handover.h"

#include "base/fd.h"
#include "kernel/rights.h"

#include <errno.h>

int handover_send(int socket, const void *data, size_t length, int fd)
{
	return rights_send(socket, data, length, &fd, fd >= 0, 0);
}

int handover_receive(int socket, void *data, size_t length, int *ret_fd)
{
	int fd;
	ssize_t n = rights_receive(socket, data, length, &fd, 1, 0);

	if (n < 0)
		return (int)n;
	if ((size_t)n != length) {
		fd_close(fd);
		return n ? -EBADMSG : -EPIPE;
	}
	*ret_fd = fd;
	return 0;
}
