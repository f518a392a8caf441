// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors over a unix socket (SCM_RIGHTS, unix(7)), one a message. */
#include "handover.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int handover_send(int socket, const void *data, size_t length, int fd)
{
	struct iovec part = {.iov_base = (void *)(size_t)data, .iov_len = length};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int handover_receive(int socket, void *data, size_t length, int *ret_fd)
{
	struct iovec part = {.iov_base = data, .iov_len = length};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t n;
	int fd = -1;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	if ((size_t)n != length) {
		fd_close(fd);
		return n ? -EBADMSG : -EPIPE;
	}
	*ret_fd = fd;
	return 0;
}
