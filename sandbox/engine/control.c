// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The launcher answers from its poll loop and never waits for a client: connections are taken, read
 * and answered without blocking, and one that says nothing costs a descriptor. Until the first one
 * comes, only the listening socket is watched; from then on an epoll(7) descriptor that holds it
 * and the connections.
 *
 * Who may ask. The directory is the user's alone. But a sandbox that was given the runtime
 * directory sees the socket too (the plan covers it there, and this is the second line): so each
 * request brings a descriptor of the asker's user namespace, which must be the launcher's own.
 * Nobody inside a sandbox can have one: /proc shows no process outside, and NS_GET_PARENT does not
 * lead out. A process number would prove nothing, since numbers are given again.
 */
#include "engine/control.h"

#include "base/fd.h"
#include "base/vector.h"
#include "engine/init.h"
#include "kernel/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More than these are turned away. */
enum { CONNECTIONS = 64 };

#define USER_NAMESPACE "/proc/self/ns/user"

struct connection {
	int fd;
	bool waiting; /* for the end of the sandbox */
};

struct control {
	struct control_context context;
	int listener;
	int epoll; /* -1: nobody asked yet */
	int64_t started;
	VECTOR(struct connection *) connections;
};

static void drop(struct control *control, struct connection *connection)
{
	for (size_t i = 0; i < control->connections.count; i++)
		if (control->connections.items[i] == connection)
			control->connections.items[i] =
				control->connections.items[--control->connections.count];
	fd_close(connection->fd); /* which takes it out of the epoll descriptor */
	free(connection);
}

static void answer(const struct connection *connection, struct control_answer *answer, int fd)
{
	answer->version = CONTROL_VERSION;
	rights_send(connection->fd, answer, sizeof(*answer), &fd, fd >= 0, MSG_DONTWAIT);
}

static void refuse(const struct connection *connection, int code, const char *text)
{
	struct control_answer refusal = {.code = code};

	snprintf(refusal.text, sizeof(refusal.text), "%s", text);
	answer(connection, &refusal, -1);
}

static void answer_status(const struct control *control, const struct connection *connection)
{
	const struct plan *plan = control->context.plan;
	struct control_answer reply = {0};
	struct control_status *status = &reply.status;
	size_t used = 0;

	status->init = control->context.child;
	status->started = control->started;
	status->bare = !plan->namespaces;
	snprintf(status->profile, sizeof(status->profile), "%s", plan->profile);
	for (size_t i = 0; i < plan->arguments.count && used < sizeof(status->command); i++)
		used += (size_t)snprintf(status->command + used, sizeof(status->command) - used,
					 "%s%s", i ? " " : "", plan->arguments.items[i]);
	answer(connection, &reply, -1);
}

static void answer_plan(const struct control *control, const struct connection *connection)
{
	const struct report *report = control->context.report;
	_cleanup_free_ char *text =
		report->describe ? report->describe(control->context.plan, report->describe_data)
				 : NULL;
	_cleanup_fd_ int file = memfd_create("plan", MFD_CLOEXEC);
	int r = !text ? -ENOTSUP : file < 0 ? -errno : fd_write_all(file, text, strlen(text));

	if (r < 0)
		refuse(connection, -r, "the plan cannot be told");
	else
		answer(connection, &(struct control_answer){0}, file);
}

static bool is_ours(int namespace)
{
	struct stat ours, theirs;

	return namespace >= 0 && stat(USER_NAMESPACE, &ours) == 0 &&
	       fstat(namespace, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

/* True where the connection stays. */
static bool handle(struct control *control, struct connection *connection,
		   const struct control_request *request)
{
	const struct control_context *context = &control->context;
	int r = 0;

	switch (request->kind) {
	case CONTROL_STATUS:
		answer_status(control, connection);
		return false;
	case CONTROL_PLAN:
		answer_plan(control, connection);
		return false;
	case CONTROL_SIGNAL:
		r = init_tell(context->init, request->number,
			      request->group ? SIGNAL_TO_GROUP : SIGNAL_TO_PROGRAM);
		break;
	case CONTROL_KILL:
		r = init_end(context->init, !context->plan->namespaces);
		break;
	case CONTROL_WAIT:
		connection->waiting = true;
		return true;
	default:
		refuse(connection, ENOTSUP, "no such request");
		return false;
	}
	if (r < 0)
		refuse(connection, -r, error_name(-r));
	else
		answer(connection, &(struct control_answer){0}, -1);
	return false;
}

static void read_request(struct control *control, struct connection *connection)
{
	struct control_request request;
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	_cleanup_fd_ int namespace = -1;
	ssize_t got = rights_receive(connection->fd, &request, sizeof(request), &namespace, 1,
				     MSG_DONTWAIT);
	bool stays = false;

	if (got == -EAGAIN)
		return;
	getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	if (got <= 0 || connection->waiting)
		; /* it hung up, or has said all it may */
	else if (peer.uid != geteuid() || !is_ours(namespace))
		refuse(connection, EPERM, "only its user may ask, and not from another sandbox");
	else if (got != sizeof(request) || request.version != CONTROL_VERSION)
		refuse(connection, EPROTO, "it was started by another version of hutch");
	else
		stays = handle(control, connection, &request);
	if (!stays)
		drop(control, connection);
}

static void take_connections(struct control *control)
{
	int fd;

	while ((fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct epoll_event event = {.events = EPOLLIN};
		struct connection *connection;

		if (control->connections.count >= CONNECTIONS) {
			fd_close(fd);
			continue;
		}
		connection = xcalloc(1, sizeof(*connection));
		connection->fd = fd;
		event.data.ptr = connection;
		*vector_add(&control->connections) = connection;
		if (epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
			drop(control, connection);
	}
}

/* Nothing that a client does ends the sandbox, so there is no error to hand back. */
static int control_ready(struct watch *watch, short revents, struct error *e)
{
	struct control *control = watch->data;
	struct epoll_event events[16], event = {.events = EPOLLIN};
	int count;

	if (control->epoll < 0) {
		control->epoll = epoll_create1(EPOLL_CLOEXEC);
		if (control->epoll < 0 ||
		    epoll_ctl(control->epoll, EPOLL_CTL_ADD, control->listener, &event) < 0) {
			watch->fd = -1;
			return 0;
		}
		watch->fd = control->epoll;
	}
	count = epoll_wait(control->epoll, events, sizeof(events) / sizeof(events[0]), 0);
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			read_request(control, events[i].data.ptr);
		else
			take_connections(control);
	}
	return 0;
}

struct control *control_begin(const struct control_context *context,
			      const struct registration *registration)
{
	struct control *control = xcalloc(1, sizeof(*control));
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	*control = (struct control){
		.context = *context,
		.listener = registration->listener,
		.epoll = -1,
		.started = (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000,
	};
	supervise_watch(context->supervision,
			&(struct watch){control->listener, POLLIN, control_ready, control});
	return control;
}

void control_end(struct control *control, int exit_status)
{
	struct control_answer ended = {.exit_status = exit_status};

	if (!control)
		return;
	while (control->connections.count) {
		struct connection *connection = control->connections.items[0];

		if (connection->waiting)
			answer(connection, &ended, -1);
		drop(control, connection);
	}
	fd_close(control->epoll);
	vector_free(&control->connections);
	free(control);
}

static int ended(const char *name, struct error *e)
{
	return error_set(e, ENOENT, "%s: it has just ended", name);
}

int control_ask(const struct registry_peer *peer, const char *name, struct control_request *request,
		int patience, struct control_answer *ret, int *ret_fd, struct error *e)
{
	_cleanup_fd_ int namespace = open(USER_NAMESPACE, O_RDONLY | O_CLOEXEC), fd = -1;
	struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
	struct control_answer reply;
	ssize_t got;
	int r;

	if (namespace < 0)
		return error_errno(e, errno, USER_NAMESPACE);
	request->version = CONTROL_VERSION;
	r = rights_send(peer->fd, request, sizeof(*request), &namespace, 1, 0);
	if (r == -EPIPE || r == -ECONNRESET)
		return ended(name, e);
	if (r < 0)
		return error_errno(e, -r, "%s: asking its launcher", name);
	while ((r = poll(&wait, 1, patience)) < 0)
		if (errno != EINTR)
			return error_errno(e, errno, "%s: waiting for its launcher", name);
	if (r == 0) {
		error_set(e, ETIMEDOUT, "%s: its launcher, process %d, does not answer", name,
			  peer->launcher);
		return error_remedy(e, "where it is stopped (^Z), continue it: kill -CONT %d",
				    peer->launcher);
	}
	got = rights_receive(peer->fd, &reply, sizeof(reply), &fd, 1, 0);
	if (got == 0 || got == -ECONNRESET)
		return ended(name, e);
	if (got < 0)
		return error_errno(e, (int)-got, "%s: its launcher's answer", name);
	if (got != sizeof(reply) || reply.version != CONTROL_VERSION)
		return error_set(e, EPROTO, "%s: it was started by another version of hutch", name);
	if (reply.code) {
		reply.text[sizeof(reply.text) - 1] = '\0';
		return error_set(e, reply.code, "%s: %s", name, reply.text);
	}
	*ret = reply;
	if (ret_fd)
		*ret_fd = TAKE_FD(fd);
	return 0;
}
