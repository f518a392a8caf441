// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/channel.h"

#include "kernel/rights.h"

#include <errno.h>

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
	case MESSAGE_NAMESPACE:
		return head + sizeof(message->namespace);
	case MESSAGE_SIGNAL:
		return head + sizeof(message->signal);
	case MESSAGE_TERMINAL:
	case MESSAGE_LISTENER:
	case MESSAGE_NETWORK:
	case MESSAGE_GO:
	case MESSAGE_READY:
		break;
	}
	return head;
}

int channel_send(int channel, const struct message *message, int fd)
{
	return rights_send(channel, message, message_length(message), &fd, fd >= 0, 0);
}

int channel_receive(int channel, struct message *ret, int *ret_fd)
{
	ssize_t got = rights_receive(channel, ret, sizeof(*ret), ret_fd, ret_fd != NULL, 0);

	if (got <= 0)
		return (int)got;
	if ((size_t)got < offsetof(struct message, error) || (size_t)got != message_length(ret))
		return -EBADMSG;
	return 1;
}
