// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Two conversations with the compositor, each on a connection of its own. The first asks which
 * interfaces there are, when the plan is made. The second, as the sandbox starts, hands over a
 * listening socket and a pipe, names the sandbox, and asks for an answer: only when that came, and no
 * error before it, the compositor has taken the context. It keeps it without the connection, until
 * the pipe's other end is closed: by us, or by the kernel where this process is killed.
 *
 * The socket has a name on the host only until the sandbox has mounted it. What the compositor says
 * is read within bounds of size and time, since a program that hangs or lies there must not hang us.
 */
#include "engine/wayland.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/wayland_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MANAGER "wp_security_context_manager_v1"
#define ENGINE  "io.hutch"

enum {
	PATIENCE = 5000,        /* ms for one conversation */
	MOST_BYTES = 256 * 1024 /* that the compositor may say in one */
};

/* Our names for objects; 1 is what every connection begins with. */
enum { DISPLAY = 1, REGISTRY, CALLBACK, CONTEXTS, CONTEXT, LAST_CALLBACK };

/* Opcodes, by the order in the protocols' files. */
enum { DISPLAY_SYNC, DISPLAY_GET_REGISTRY };
enum { DISPLAY_ERROR };
enum { REGISTRY_BIND };
enum { REGISTRY_GLOBAL };
enum { CALLBACK_DONE };
enum { CONTEXTS_CREATE_LISTENER = 1 };
enum { CONTEXT_SET_ENGINE = 1, CONTEXT_SET_APP, CONTEXT_SET_INSTANCE, CONTEXT_COMMIT };

struct conversation {
	int fd;
	int64_t end; /* ms */
	uint8_t bytes[2 * WAYLAND_LONGEST];
	size_t length, total;
	bool has_manager;
	uint32_t manager; /* its number among the globals */
};

static int64_t milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int make_address(const char *path, struct sockaddr_un *ret, struct error *e)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return error_errno(e, ENAMETOOLONG, "%s", path);
	strcpy(ret->sun_path, path);
	return 0;
}

static int begin(struct conversation *conversation, const char *path, struct error *e)
{
	struct sockaddr_un address;
	int r = make_address(path, &address, e);

	if (r < 0)
		return r;
	conversation->end = milliseconds() + PATIENCE;
	conversation->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (conversation->fd < 0 ||
	    connect(conversation->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_errno(e, errno, "Wayland: %s", path);
	return 0;
}

/* All at once: it is less than any socket's buffer holds. */
static int say(const struct conversation *conversation, struct wayland_request *request,
	       const int *fds, size_t count, struct error *e)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec data = {request->words, wayland_end(request)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	ssize_t sent;

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	if (!data.iov_len)
		return error_errno(e, EMSGSIZE, "Wayland");
	sent = sendmsg(conversation->fd, &message, MSG_NOSIGNAL);
	/* What it said before it hung up tells more than that it did. */
	if (sent < 0 && errno == EPIPE)
		return 0;
	if (sent < 0)
		return error_errno(e, errno, "Wayland: writing to the compositor");
	return (size_t)sent == data.iov_len
		       ? 0
		       : error_errno(e, EAGAIN, "Wayland: writing to the compositor");
}

static int say_numbers(const struct conversation *conversation, uint32_t object, uint16_t opcode,
		       uint32_t number, struct error *e)
{
	struct wayland_request request;

	wayland_begin(&request, object, opcode);
	wayland_add_number(&request, number);
	return say(conversation, &request, NULL, 0, e);
}

static int say_text(const struct conversation *conversation, uint16_t opcode, const char *text,
		    struct error *e)
{
	struct wayland_request request;

	wayland_begin(&request, CONTEXT, opcode);
	wayland_add_string(&request, text);
	return say(conversation, &request, NULL, 0, e);
}

static int not_understood(struct error *e)
{
	return error_set(e, EPROTO, "Wayland: the compositor said what is not understood");
}

static int heard_error(struct wayland_message *message, struct error *e)
{
	uint32_t object, code;
	char text[200];

	if (!wayland_take_number(message, &object) || !wayland_take_number(message, &code) ||
	    !wayland_take_string(message, text, sizeof(text)))
		return not_understood(e);
	return error_set(e, EPROTO, "Wayland: the compositor refused: %s", text);
}

static int heard_global(struct conversation *conversation, struct wayland_message *message,
			struct error *e)
{
	char interface[64];
	uint32_t number;

	if (!wayland_take_number(message, &number) ||
	    !wayland_take_string(message, interface, sizeof(interface)))
		return not_understood(e);
	if (streq(interface, MANAGER)) {
		conversation->has_manager = true;
		conversation->manager = number;
	}
	return 0;
}

/* 1 where it is the answer to @callback, 0, -errno. */
static int heard(struct conversation *conversation, struct wayland_message *message,
		 uint32_t callback, struct error *e)
{
	if (message->object == DISPLAY && message->opcode == DISPLAY_ERROR)
		return heard_error(message, e);
	if (message->object == REGISTRY && message->opcode == REGISTRY_GLOBAL)
		return heard_global(conversation, message, e);
	return message->object == callback && message->opcode == CALLBACK_DONE;
}

/* What is in the buffer, as far as it is whole. */
static int take(struct conversation *conversation, uint32_t callback, struct error *e)
{
	size_t used = 0;
	int r = 0;

	while (r == 0) {
		struct wayland_message message;
		int length = wayland_parse(conversation->bytes + used, conversation->length - used,
					   &message);

		if (length < 0)
			return not_understood(e);
		if (length == 0)
			break;
		r = heard(conversation, &message, callback, e);
		used += (size_t)length;
	}
	conversation->length -= used;
	memmove(conversation->bytes, conversation->bytes + used, conversation->length);
	return r;
}

/* More bytes into the buffer. Descriptors that came with them are dropped by the kernel. */
static int read_more(struct conversation *conversation, struct error *e)
{
	ssize_t got = recv(conversation->fd, conversation->bytes + conversation->length,
			   sizeof(conversation->bytes) - conversation->length, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return error_errno(e, errno, "Wayland: reading from the compositor");
	if (got == 0)
		return error_set(e, ECONNRESET, "Wayland: the compositor hung up");
	conversation->length += (size_t)got;
	conversation->total += (size_t)got;
	return conversation->total > MOST_BYTES ? not_understood(e) : 0;
}

/* Ask for an answer when all that was said before is done, and wait for it. */
static int round_trip(struct conversation *conversation, uint32_t callback, struct error *e)
{
	struct pollfd fd = {.fd = conversation->fd, .events = POLLIN};
	int64_t left;
	int r = say_numbers(conversation, DISPLAY, DISPLAY_SYNC, callback, e);

	while (r == 0) {
		left = conversation->end - milliseconds();
		if (left <= 0)
			return error_set(e, ETIMEDOUT,
					 "Wayland: the compositor does not answer within %d s",
					 PATIENCE / 1000);
		if (poll(&fd, 1, (int)left) <= 0)
			continue;
		r = read_more(conversation, e);
		if (r == 0)
			r = take(conversation, callback, e);
	}
	return r < 0 ? r : 0;
}

static int list_globals(struct conversation *conversation, struct error *e)
{
	int r = say_numbers(conversation, DISPLAY, DISPLAY_GET_REGISTRY, REGISTRY, e);

	return r < 0 ? r : round_trip(conversation, CALLBACK, e);
}

int wayland_has_contexts(const char *socket, struct error *e)
{
	struct conversation conversation = {.fd = -1};
	int r = begin(&conversation, socket, e);

	if (r == 0)
		r = list_globals(&conversation, e);
	fd_close(conversation.fd);
	return r < 0 ? r : conversation.has_manager;
}

static int bind_manager(const struct conversation *conversation, struct error *e)
{
	struct wayland_request request;

	wayland_begin(&request, REGISTRY, REGISTRY_BIND);
	wayland_add_number(&request, conversation->manager);
	wayland_add_string(&request, MANAGER);
	wayland_add_number(&request, 1);
	wayland_add_number(&request, CONTEXTS);
	return say(conversation, &request, NULL, 0, e);
}

static int create_listener(const struct conversation *conversation, int listener, int alive,
			   struct error *e)
{
	struct wayland_request request;

	wayland_begin(&request, CONTEXTS, CONTEXTS_CREATE_LISTENER);
	wayland_add_number(&request, CONTEXT);
	return say(conversation, &request, (const int[]){listener, alive}, 2, e);
}

static int make_context(struct conversation *conversation, const struct plan_wayland *plan,
			int listener, int alive, struct error *e)
{
	struct wayland_request commit;
	int r = list_globals(conversation, e);

	if (r == 0 && !conversation->has_manager)
		r = error_set(e, ENOTSUP, "Wayland: the compositor has no %s any more", MANAGER);
	if (r == 0)
		r = bind_manager(conversation, e);
	if (r == 0)
		r = create_listener(conversation, listener, alive, e);
	if (r == 0)
		r = say_text(conversation, CONTEXT_SET_ENGINE, ENGINE, e);
	if (r == 0)
		r = say_text(conversation, CONTEXT_SET_APP, plan->app, e);
	if (r == 0)
		r = say_text(conversation, CONTEXT_SET_INSTANCE, plan->instance, e);
	wayland_begin(&commit, CONTEXT, CONTEXT_COMMIT);
	if (r == 0)
		r = say(conversation, &commit, NULL, 0, e);
	return r < 0 ? r : round_trip(conversation, LAST_CALLBACK, e);
}

int wayland_start(struct wayland *wayland, const struct plan *plan, struct late_sockets *sockets,
		  struct report *report, struct error *e)
{
	struct conversation conversation = {.fd = -1};
	_cleanup_fd_ int listener = -1, theirs = -1;
	int pair[2], r;

	wayland->plan = plan;
	listener = late_socket_make(sockets, plan->wayland.own, e);
	if (listener < 0)
		return error_wrap(e, "Wayland");
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	theirs = pair[0];
	wayland->alive = pair[1];
	r = begin(&conversation, plan->wayland.host, e);
	if (r == 0)
		r = make_context(&conversation, &plan->wayland, listener, theirs, e);
	fd_close(conversation.fd);
	if (r < 0)
		return error_remedy(e, "[display] wayland = plain does without the security "
				       "context; hutch explain tells what that gives away");
	report->wayland_context = true;
	log_step("Wayland: the compositor listens for the sandbox, as %s", plan->wayland.app);
	return 0;
}

void wayland_stop(struct wayland *wayland)
{
	wayland->alive = fd_close(wayland->alive);
}
