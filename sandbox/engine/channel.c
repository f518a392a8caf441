// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Only as much of the union as the kind uses travels. */
static size_t message_length(const struct message *message)
{
	size_t head = offsetof(struct message, error);

	switch (message->kind) {
	case MESSAGE_ERROR:
		return head + sizeof(message->error);
	case MESSAGE_STOPPED:
	case MESSAGE_ENDED:
		return head + sizeof(message->ending);
	case MESSAGE_NOTE:
		return head + sizeof(message->text);
	case MESSAGE_TERMINAL:
	case MESSAGE_LISTENER:
	case MESSAGE_GO:
	case MESSAGE_READY:
		break;
	}
	return head;
}

int channel_send(int channel, const struct message *message, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {(void *)message, message_length(message)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *rights;

		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &fd, sizeof(int));
	}
	while (sendmsg(channel, &header, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int channel_receive(int channel, struct message *ret, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {ret, sizeof(*ret)};
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *rights;
	ssize_t got;

	if (ret_fd)
		*ret_fd = -1;
	do
		got = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (got == 0)
		return 0;
	rights = CMSG_FIRSTHDR(&header);
	if (ret_fd && rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(rights), sizeof(int));
	if ((size_t)got < offsetof(struct message, error) || (size_t)got != message_length(ret))
		return -EBADMSG;
	return 1;
}
