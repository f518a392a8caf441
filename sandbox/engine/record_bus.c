// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * xdg-dbus-proxy tells of nothing but what it filters, and there is no rule that lets everything
 * through. So the program is given sockets of ours in place of the buses'; each connection there is
 * one to the host's bus, and bytes and descriptors are carried both ways as they come. What the
 * program says is read along the way: after the lines of the authentication, which end with BEGIN,
 * one message after the other. What can't be read is carried all the same, and no more is read of
 * that connection.
 *
 * One side is read only when all that it said before has been written to the other: so no more than
 * one piece each way is kept, and whoever is slow slows the other.
 */
#include "engine/record_bus.h"

#include "base/bus_wire.h"
#include "base/fd.h"
#include "base/string.h"
#include "kernel/rights.h"
#include "kernel/tracee.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 65536, CLIENTS = 256 };

/* One way of a connection. */
struct way {
	char data[PIECE];
	size_t begin, end; /* of what is to be written yet */
	int fds[RIGHTS_MAX];
	size_t count; /* of descriptors that go with the first of it */
};

struct bus_client {
	enum plan_bus_which which;
	int sockets[2]; /* the program's, the bus's */
	struct way ways[2];
	char by[NAME_MAX + 1];

	bool begun;     /* BEGIN was said */
	bool blind;     /* no more is read of it */
	uint8_t *bytes; /* of the message that is not whole yet */
	size_t length, capacity;
};

static const char *const variables[2] = {
	[BUS_SESSION] = "DBUS_SESSION_BUS_ADDRESS",
	[BUS_SYSTEM] = "DBUS_SYSTEM_BUS_ADDRESS",
};

static int make_socket(const char *path, struct error *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return error_errno(e, ENAMETOOLONG, "%s", path);
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return error_errno(e, errno, "%s", path);
	return TAKE_FD(fd);
}

static char *make_directory(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *path = xasprintf("%s/hutch-learn.XXXXXX",
			       runtime && runtime[0] == '/' && access(runtime, W_OK) == 0 ? runtime
											  : "/tmp");

	if (mkdtemp(path))
		return path;
	free(path);
	return NULL;
}

int bus_watch_start(struct bus_watch *watch, char *const addresses[2], struct error *e)
{
	watch->buses[0].listener = watch->buses[1].listener = -1;
	if (!addresses[0] && !addresses[1])
		return 0;
	watch->directory = make_directory();
	if (!watch->directory)
		return error_errno(e, errno, "a directory for the sockets of the message buses");
	for (int i = 0; i < 2; i++) {
		int fd;

		if (!addresses[i])
			continue;
		watch->buses[i].address = xstrdup(addresses[i]);
		watch->buses[i].path = xasprintf("%s/%s", watch->directory, plan_bus_names[i]);
		fd = make_socket(watch->buses[i].path, e);
		if (fd < 0)
			return fd;
		watch->buses[i].listener = fd;
	}
	return 0;
}

void bus_watch_announce(const struct bus_watch *watch)
{
	for (int i = 0; i < 2; i++) {
		char text[sizeof("unix:path=") + PATH_MAX];

		if (!watch->buses[i].path)
			continue;
		snprintf(text, sizeof(text), "unix:path=%s", watch->buses[i].path);
		setenv(variables[i], text, 1);
	}
}

bool bus_watch_has(const struct bus_watch *watch, const char *path)
{
	for (int i = 0; i < 2; i++)
		if (watch->buses[i].path && streq(watch->buses[i].path, path))
			return true;
	return false;
}

static void client_free(struct bus_client *client)
{
	for (int i = 0; i < 2; i++) {
		fd_close(client->sockets[i]);
		for (size_t k = 0; k < client->ways[i].count; k++)
			fd_close(client->ways[i].fds[k]);
	}
	free(client->bytes);
	free(client);
}

static int connect_to(const char *bus)
{
	const char *path = startswith(bus, "path:"), *name = startswith(bus, "abstract:");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *text = path ? path : name ? name : "";
	size_t length = strlen(text);
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !length || length + 1 >= sizeof(address.sun_path))
		return -1;
	/* An abstract name has a NUL byte in front, a path one behind. */
	memcpy(address.sun_path + !path, text, length);
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1)) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* Who is at the other end. */
static void look_who(const struct bus_watch *watch, int socket, char by[NAME_MAX + 1])
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	char path[PATH_MAX], self[PATH_MAX];
	const char *slash;

	snprintf(by, NAME_MAX + 1, "?");
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
	    tracee_link(peer.pid, "exe", path, sizeof(path)) < 0)
		return;
	slash = strrchr(path, '/');
	if (tracee_link(getpid(), "exe", self, sizeof(self)) > 0 && streq(self, path))
		snprintf(by, NAME_MAX + 1, "%s", watch->program);
	else
		snprintf(by, NAME_MAX + 1, "%.255s", slash ? slash + 1 : path);
}

static void accept_client(struct bus_watch *watch, enum plan_bus_which which)
{
	int theirs = accept4(watch->buses[which].listener, NULL, NULL, SOCK_CLOEXEC), bus;
	struct bus_client *client;

	if (theirs < 0)
		return;
	bus = watch->clients.count < CLIENTS ? connect_to(watch->buses[which].address) : -1;
	if (bus < 0) {
		fd_close(theirs);
		return;
	}
	client = xcalloc(1, sizeof(*client));
	client->which = which;
	client->sockets[0] = theirs;
	client->sockets[1] = bus;
	look_who(watch, theirs, client->by);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are held */
	*vector_add(&watch->clients) = client;
}

static void take_message(struct bus_watch *watch, struct bus_client *client, size_t length)
{
	struct wire_message message;
	struct messaged messaged = {.system = client->which == BUS_SYSTEM, .by = client->by};
	_cleanup_free_ char *method = NULL;

	if (!wire_message_read(client->bytes, length, &message) || message.type != WIRE_CALL)
		return;
	method = xasprintf("%s.%s", message.interface, message.member);
	messaged.name = (char *)message.destination;
	messaged.method = method;
	messaged.path = (char *)message.path;
	if (streq(message.destination, "org.freedesktop.DBus")) {
		/* The bus itself everybody may talk to; but not have any name there. */
		if (!streq(message.member, "RequestName"))
			return;
		messaged.own = true;
		messaged.name = (char *)wire_in_string(&message.body);
		messaged.method = messaged.path = (char *)"";
		if (message.body.wrong)
			return;
	}
	/* A connection's number stands for a name that was looked up before. */
	if (messaged.name[0] && messaged.name[0] != ':')
		recording_message(watch->recording, &messaged);
}

/* Drop the first @length of the bytes kept. */
static void drop(struct bus_client *client, size_t length)
{
	client->length -= length;
	memmove(client->bytes, client->bytes + length, client->length);
}

/* What the program said next. */
static void listen_in(struct bus_watch *watch, struct bus_client *client, const char *data,
		      size_t length)
{
	static const char begin[] = "\nBEGIN\r\n";

	if (client->blind)
		return;
	if (client->length + length > client->capacity) {
		client->capacity = (client->length + length) * 2;
		client->bytes = xreallocarray(client->bytes, client->capacity, 1);
	}
	memcpy(client->bytes + client->length, data, length);
	client->length += length;
	if (!client->begun) {
		const uint8_t *at = memmem(client->bytes, client->length, begin, strlen(begin));

		client->begun = at != NULL;
		client->blind = !at && client->length > PIECE;
		if (!at)
			return;
		drop(client, (size_t)(at - client->bytes) + strlen(begin));
	}
	while (client->length >= WIRE_FIXED) {
		size_t whole = wire_message_length(client->bytes);

		if (!whole) {
			client->blind = true;
			watch->recording->unread++;
			return;
		}
		if (client->length < whole)
			return;
		take_message(watch, client, whole);
		drop(client, whole);
	}
}

/* Read what the side @from says. False at its end. */
static bool read_side(struct bus_watch *watch, struct bus_client *client, int from)
{
	struct way *way = &client->ways[from];
	ssize_t got = rights_receive(client->sockets[from], way->data, sizeof(way->data), way->fds,
				     RIGHTS_MAX, MSG_DONTWAIT);

	if (got <= 0)
		return got == -EAGAIN;
	way->begin = 0;
	way->end = (size_t)got;
	for (way->count = 0; way->count < RIGHTS_MAX && way->fds[way->count] >= 0; way->count++)
		;
	if (from == 0)
		listen_in(watch, client, way->data, way->end);
	return true;
}

/* Write what is left of that way; false where nobody takes it. */
static bool write_side(struct bus_client *client, int from)
{
	struct way *way = &client->ways[from];
	struct iovec part = {way->data + way->begin, way->end - way->begin};
	char control[CMSG_SPACE(RIGHTS_MAX * sizeof(int))] = {0};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (way->count) {
		struct cmsghdr *rights;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(way->count * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(way->count * sizeof(int));
		memcpy(CMSG_DATA(rights), way->fds, way->count * sizeof(int));
	}
	sent = sendmsg(client->sockets[!from], &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	for (size_t i = 0; i < way->count; i++)
		fd_close(way->fds[i]);
	way->count = 0;
	way->begin += (size_t)sent;
	return true;
}

static bool is_waiting(const struct way *way)
{
	return way->begin < way->end;
}

void bus_watch_poll(const struct bus_watch *watch, struct pollfds *fds)
{
	for (int i = 0; i < 2; i++)
		*vector_add(&fds->list) = (struct pollfd){
			watch->directory ? watch->buses[i].listener : -1, POLLIN, 0};
	vector_each (client, &watch->clients)
		for (int side = 0; side < 2; side++) {
			const struct bus_client *of = *client;
			short events = (short)((is_waiting(&of->ways[side]) ? 0 : POLLIN) |
					       (is_waiting(&of->ways[!side]) ? POLLOUT : 0));

			*vector_add(&fds->list) = (struct pollfd){of->sockets[side], events, 0};
		}
}

/* False where the connection is at its end. */
static bool serve(struct bus_watch *watch, struct bus_client *client, const struct pollfd fds[2])
{
	for (int side = 0; side < 2; side++) {
		if ((fds[side].revents & POLLOUT) && is_waiting(&client->ways[!side]) &&
		    !write_side(client, !side))
			return false;
		if (is_waiting(&client->ways[side])) {
			/* It has gone, and what it said is not written yet. */
			if (!(fds[side].revents & (POLLHUP | POLLERR)))
				continue;
		} else if (fds[side].revents & (POLLIN | POLLHUP | POLLERR)) {
			if (!read_side(watch, client, side))
				return false;
		}
		if (is_waiting(&client->ways[side]) && !write_side(client, side))
			return false;
	}
	return true;
}

void bus_watch_ready(struct bus_watch *watch, const struct pollfd *fds, size_t count)
{
	size_t clients = (count - 2) / 2, kept = 0;

	for (size_t i = 0; i < clients; i++) {
		struct bus_client *client = watch->clients.items[i];

		if (serve(watch, client, fds + 2 + 2 * i))
			watch->clients.items[kept++] = client;
		else
			client_free(client);
	}
	watch->clients.count = kept;
	for (int i = 0; i < 2; i++)
		if (fds[i].revents)
			accept_client(watch, (enum plan_bus_which)i);
}

void bus_watch_stop(struct bus_watch *watch)
{
	vector_each (client, &watch->clients)
		client_free(*client);
	vector_free(&watch->clients);
	for (int i = 0; watch->directory && i < 2; i++) {
		if (watch->buses[i].path)
			unlink(watch->buses[i].path);
		fd_close(watch->buses[i].listener);
		free(watch->buses[i].path);
		free(watch->buses[i].address);
	}
	if (watch->directory)
		rmdir(watch->directory);
	free(watch->directory);
}
