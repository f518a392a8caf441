// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ECONNRESET: the peer is gone and had not read all that was sent to it. The kernel says so once (SO_ERROR), and before the
 * messages that the peer left; those come when one asks again, and behind them the end (for who sends, EPIPE).
 */
#include "kernel/rights.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int rights_send(int socket, const void *data, size_t length, const int *fds, size_t count,
		int flags)
{
	char control[CMSG_SPACE(RIGHTS_MAX * sizeof(int))] = {0};
	struct iovec part = {(void *)data, length};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > RIGHTS_MAX)
		return -EINVAL;
	if (count) {
		struct cmsghdr *rights;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	while (sendmsg(socket, &header, flags | MSG_NOSIGNAL) < 0)
		if (errno != EINTR && errno != ECONNRESET)
			return -errno;
	return 0;
}

ssize_t rights_receive(int socket, void *data, size_t size, int *ret_fds, size_t max, int flags)
{
	char control[CMSG_SPACE(RIGHTS_MAX * sizeof(int))] = {0};
	struct iovec part = {data, size};
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *rights;
	ssize_t got;

	for (size_t i = 0; i < max; i++)
		ret_fds[i] = -1;
	do
		got = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0)
		return -errno;
	rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
		size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof(int));
			if (i < max)
				ret_fds[i] = fd;
			else
				close(fd);
		}
	}
	return got;
}
