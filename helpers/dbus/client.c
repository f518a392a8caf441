// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client of D-Bus, for the few calls that hutch's own programs make. No library: what runs inside
 * a sandbox has to run in whatever root that has, and what runs outside starts in a millisecond.
 */
#include "client.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void client_wait_longer(struct client *client, int64_t milliseconds)
{
	client->end = now() + milliseconds;
}

void client_close(struct client *client)
{
	fd_close(client->fd);
	free(client->data);
	*client = CLIENT_NONE;
}

static int wait_for(const struct client *client, short events)
{
	struct pollfd fd = {.fd = client->fd, .events = events};
	int64_t left = client->end - now();
	int r = left > 0 ? poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left) : 0;

	return r > 0 ? 0 : r == 0 ? -ETIMEDOUT : errno == EINTR ? 0 : -errno;
}

static int read_bytes(const struct client *client, void *data, size_t length)
{
	uint8_t *at = data;

	while (length) {
		ssize_t n = recv(client->fd, at, length, MSG_DONTWAIT);
		int r;

		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		r = n < 0 ? wait_for(client, POLLIN) : 0;
		if (r < 0)
			return r;
		at += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Send all, the descriptor with the first of it. */
static int send_bytes(const struct client *client, const void *data, size_t length, int descriptor)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.space = {0}};
	const uint8_t *at = data;

	while (length) {
		struct iovec part = {(void *)at, length};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t n;
		int r;

		if (descriptor >= 0) {
			message.msg_control = &control;
			message.msg_controllen = sizeof(control);
			control.header.cmsg_level = SOL_SOCKET;
			control.header.cmsg_type = SCM_RIGHTS;
			control.header.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
		}
		n = sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		r = n < 0 ? wait_for(client, POLLOUT) : 0;
		if (r < 0)
			return r;
		if (n > 0) {
			descriptor = -1;
			at += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* A line of the authentication, byte by byte: what follows the last one is a message. */
static int read_line(const struct client *client, char *line, size_t size)
{
	for (size_t length = 0; length + 1 < size;) {
		int r = read_bytes(client, line + length, 1);

		if (r < 0)
			return r;
		if (line[length] == '\n') {
			line[length] = '\0';
			return 0;
		}
		length++;
	}
	return -EMSGSIZE;
}

static int authenticate(const struct client *client)
{
	char text[200], number[16];
	size_t length = 1;
	int r;

	/* A NUL byte begins, with which kernels once sent credentials. */
	text[0] = '\0';
	snprintf(number, sizeof(number), "%u", getuid());
	length += (size_t)snprintf(text + 1, sizeof(text) - 1, "AUTH EXTERNAL ");
	for (const char *digit = number; *digit; digit++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%02x",
					   (unsigned)*digit);
	length += (size_t)snprintf(text + length, sizeof(text) - length, "\r\n");
	r = send_bytes(client, text, length, -1);
	if (r == 0)
		r = read_line(client, text, sizeof(text));
	if (r == 0 && !startswith(text, "OK "))
		r = -EACCES;
	if (r == 0)
		r = send_bytes(client, "NEGOTIATE_UNIX_FD\r\n", 19, -1);
	if (r == 0)
		r = read_line(client, text, sizeof(text));
	if (r == 0 && !startswith(text, "AGREE_UNIX_FD"))
		r = -EOPNOTSUPP;
	return r < 0 ? r : send_bytes(client, "BEGIN\r\n", 7, -1);
}

static int connect_to(const char *address)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *path = startswith(address, "path:"), *name = startswith(address, "abstract:");
	size_t length = strlen(path ? path : name ? name : "");

	if (fd < 0)
		return -errno;
	if (!length || length + 1 >= sizeof(where.sun_path))
		return length ? -ENAMETOOLONG : -EINVAL;
	memcpy(where.sun_path + (name ? 1 : 0), path ? path : name, length);
	if (connect(fd, (struct sockaddr *)&where,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int client_connect(struct client *client, const char *address, int patience, struct error *e)
{
	struct wire_message hello;
	int r;

	*client = CLIENT_NONE;
	client_wait_longer(client, patience);
	r = connect_to(address);
	if (r < 0)
		return error_errno(e, -r, "the bus at %s", address);
	client->fd = r;
	r = authenticate(client);
	if (r < 0)
		return error_errno(e, -r, "the bus at %s: introducing ourselves", address);
	return client_call(client,
			   &(struct wire_call){.destination = "org.freedesktop.DBus",
					       .path = "/org/freedesktop/DBus",
					       .interface = "org.freedesktop.DBus",
					       .member = "Hello"},
			   -1, &hello, e);
}

int client_next(struct client *client, struct wire_message *ret, struct error *e)
{
	uint8_t fixed[WIRE_FIXED];
	size_t length;
	int r = read_bytes(client, fixed, sizeof(fixed));

	length = r < 0 ? 0 : wire_message_length(fixed);
	if (r == 0 && !length)
		r = -EBADMSG;
	if (r == 0) {
		free(client->data);
		client->data = xcalloc(length, 1);
		memcpy(client->data, fixed, sizeof(fixed));
		r = read_bytes(client, client->data + sizeof(fixed), length - sizeof(fixed));
	}
	if (r == 0 && !wire_message_read(client->data, length, ret))
		r = -EBADMSG;
	return r < 0 ? error_errno(e, -r, "the bus") : 0;
}

int client_call(struct client *client, const struct wire_call *call, int descriptor,
		struct wire_message *ret, struct error *e)
{
	struct wire_out out = {0};
	int r;

	wire_call_write(&out, call, ++client->serial);
	r = send_bytes(client, out.data, out.length, descriptor);
	wire_free(&out);
	if (r < 0)
		return error_errno(e, -r, "the bus");
	do {
		r = client_next(client, ret, e);
		if (r < 0)
			return error_wrap(e, "%s", call->member);
	} while ((ret->type != WIRE_RETURN && ret->type != WIRE_ERROR) ||
		 ret->reply_to != client->serial);
	if (ret->type == WIRE_RETURN)
		return 0;
	return error_set(e, EREMOTEIO, "%s: %s%s%s", call->member, ret->error,
			 *ret->signature == 's' ? ": " : "",
			 *ret->signature == 's' ? wire_in_string(&ret->body) : "");
}
