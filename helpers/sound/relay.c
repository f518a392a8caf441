// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections, each with two sides. What one side says comes in frames (pulsecore/pstream.c): a head of five numbers, and
 * as many bytes as the first of them says. A frame of no channel is a message, which is read whole; others are sound,
 * and pass as they come. Descriptors that come along are not received, so the kernel closes them.
 */
#include "relay.h"

#include "pulse.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HEAD = 20,
	CONNECTIONS = 64,
	LONGEST_COMMAND = 256 * 1024,      /* that a client may say */
	LONGEST_MESSAGE = 4 * 1024 * 1024, /* or a server: its lists can be long */
	LONGEST_SOUND = 16 * 1024 * 1024,  /* as servers have it (FRAME_SIZE_MAX_ALLOW) */
	MOST_WAITING = 512 * 1024,         /* bytes for a side that does not read */
};

struct side {
	int fd;
	uint8_t head[HEAD];
	size_t have;           /* of the head */
	uint32_t left;         /* of what is behind it */
	struct strbuf message; /* as far as it was read */
	struct strbuf waiting; /* to be said to this side */
	size_t said;           /* of that */
};

struct connection {
	struct side client, server;
	struct pulse pulse;
	bool ending; /* one side has gone: what waits is said, and that is all */
};

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_message(const struct side *side)
{
	return number(side->head + 4) == UINT32_MAX;
}

/* A message to @side. */
static void say(struct side *side, const void *data, size_t length)
{
	uint8_t head[HEAD] = {(uint8_t)(length >> 24),
			      (uint8_t)(length >> 16),
			      (uint8_t)(length >> 8),
			      (uint8_t)length,
			      0xff,
			      0xff,
			      0xff,
			      0xff};

	strbuf_append(&side->waiting, (const char *)head, HEAD);
	strbuf_append(&side->waiting, data, length);
}

static bool take_command(struct connection *connection)
{
	const struct strbuf *message = &connection->client.message;
	_cleanup_strbuf_ struct strbuf command = {0};
	uint8_t refusal[PULSE_REFUSAL];
	uint32_t tag;

	switch (pulse_command(&connection->pulse, (const uint8_t *)message->text, message->length,
			      &command, &tag)) {
	case PULSE_FORWARD:
		say(&connection->server, command.text, command.length);
		return true;
	case PULSE_REFUSE:
		pulse_refusal(tag, refusal);
		say(&connection->client, refusal, sizeof(refusal));
		return true;
	default:
		return false;
	}
}

static bool take_message(struct connection *connection, struct side *from)
{
	bool fine = true;

	if (from == &connection->client) {
		fine = take_command(connection);
	} else {
		pulse_answer(&connection->pulse, (const uint8_t *)from->message.text,
			     from->message.length);
		say(&connection->client, from->message.text, from->message.length);
	}
	strbuf_free(&from->message);
	from->message = (struct strbuf){0};
	return fine;
}

/* The head is there. False: it is none that may be. */
static bool begin(const struct connection *connection, struct side *from, struct side *to)
{
	bool client = from == &connection->client;
	uint32_t flags = number(from->head + 16), limit = LONGEST_SOUND;

	/* Of flags, only how sound is placed may be: the others are of memory that is shared. */
	if (flags & (is_message(from) ? UINT32_MAX : 0xffffff00))
		return false;
	if (is_message(from))
		limit = client ? LONGEST_COMMAND : LONGEST_MESSAGE;
	from->left = number(from->head);
	if (!from->left || from->left > limit)
		return false;
	if (!is_message(from))
		strbuf_append(&to->waiting, (const char *)from->head, HEAD);
	return true;
}

/* What @from said. False: it ends here. */
static bool take(struct connection *connection, struct side *from, const char *data, size_t length)
{
	struct side *to = from == &connection->client ? &connection->server : &connection->client;

	while (length) {
		size_t part = from->have < HEAD ? HEAD - from->have : from->left;

		if (part > length)
			part = length;
		if (from->have < HEAD) {
			memcpy(from->head + from->have, data, part);
			from->have += part;
			if (from->have == HEAD && !begin(connection, from, to))
				return false;
		} else {
			strbuf_append(is_message(from) ? &from->message : &to->waiting, data, part);
			from->left -= (uint32_t)part;
			if (!from->left && is_message(from) && !take_message(connection, from))
				return false;
			from->have = from->left ? HEAD : 0;
		}
		data += part;
		length -= part;
	}
	return true;
}

static bool hear(struct connection *connection, struct side *side)
{
	char data[64 * 1024];
	ssize_t length = read(side->fd, data, sizeof(data));

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	return length > 0 && take(connection, side, data, (size_t)length);
}

static bool flush(struct side *side)
{
	while (side->said < side->waiting.length) {
		ssize_t length = send(side->fd, side->waiting.text + side->said,
				      side->waiting.length - side->said, MSG_NOSIGNAL);

		if (length < 0)
			return errno == EAGAIN || errno == EINTR;
		side->said += (size_t)length;
	}
	strbuf_free(&side->waiting);
	side->waiting = (struct strbuf){0};
	side->said = 0;
	return true;
}

static short wanted(const struct connection *connection, const struct side *side)
{
	const struct side *other =
		side == &connection->client ? &connection->server : &connection->client;
	bool hears = !connection->ending && other->waiting.length < MOST_WAITING &&
		     side->waiting.length < MOST_WAITING;

	return (short)((hears ? POLLIN : 0) | (side->waiting.length ? POLLOUT : 0));
}

/* What poll(2) found. False: the connection is over. */
static bool turn(struct connection *connection, short client, short server)
{
	bool fine = true;

	if (!connection->ending && (client & (POLLIN | POLLHUP | POLLERR)) &&
	    (wanted(connection, &connection->client) & POLLIN))
		fine = hear(connection, &connection->client);
	if (!connection->ending && (server & (POLLIN | POLLHUP | POLLERR)) &&
	    (wanted(connection, &connection->server) & POLLIN))
		fine &= hear(connection, &connection->server);
	if (!fine)
		connection->ending = true;
	if (!flush(&connection->client) || !flush(&connection->server))
		return false;
	return !connection->ending ||
	       (connection->client.waiting.length && !(client & (POLLHUP | POLLERR)));
}

static void close_connection(struct connection *connection)
{
	for (int i = 0; i < 2; i++) {
		struct side *side = i ? &connection->server : &connection->client;

		fd_close(side->fd);
		strbuf_free(&side->message);
		strbuf_free(&side->waiting);
	}
	free(connection);
}

/* NULL where nobody waits, or the server can't be reached. */
static struct connection *accept_one(int listener, const char *server, bool record)
{
	_cleanup_fd_ int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct connection *connection;
	_cleanup_fd_ int fd = -1;

	if (client < 0)
		return NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", server);
	/* With what is said goes who says it, by which PulseAudio knows its user. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return NULL;
	connection = xcalloc(1, sizeof(*connection));
	connection->client.fd = TAKE_FD(client);
	connection->server.fd = TAKE_FD(fd);
	connection->pulse.record = record;
	return connection;
}

void relay_serve(int listener, const char *server, bool record)
{
	struct connection *connections[CONNECTIONS] = {0};
	struct pollfd fds[1 + 2 * CONNECTIONS];
	size_t count = 0, kept;

	for (;;) {
		fds[0] = (struct pollfd){count < CONNECTIONS ? listener : -1, POLLIN, 0};
		for (size_t i = 0; i < count; i++) {
			struct connection *each = connections[i];

			fds[1 + 2 * i] =
				(struct pollfd){each->client.fd, wanted(each, &each->client), 0};
			fds[2 + 2 * i] =
				(struct pollfd){each->server.fd, wanted(each, &each->server), 0};
		}
		if (poll(fds, 1 + 2 * count, -1) < 0)
			continue;
		kept = 0;
		for (size_t i = 0; i < count; i++) {
			if (turn(connections[i], fds[1 + 2 * i].revents, fds[2 + 2 * i].revents))
				connections[kept++] = connections[i];
			else
				close_connection(connections[i]);
		}
		count = kept;
		if (fds[0].revents) {
			struct connection *new = accept_one(listener, server, record);

			if (new)
				connections[count++] = new;
		}
	}
}
