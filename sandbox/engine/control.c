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
#include "engine/report.h"

#include "base/fd.h"
#include "engine/control_message.h"
#include "engine/exec.h"
#include "engine/init.h"
#include "engine/network.h"
#include "kernel/path.h"
#include "kernel/rights.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More than these are turned away. */
enum { CONNECTIONS = 64 };

/* Arguments and variables of an exec, in bytes. */
enum { STRINGS_MAX = 4 << 20 };

enum connection_state {
	FRESH,    /* nothing was asked yet */
	WAITING,  /* for the end of the sandbox */
	EXECUTES, /* .wish waits for the namespaces */
	CHILD,    /* not a connection: the pidfd of what stands by an exec */
};

struct connection {
	int fd;
	enum connection_state state;
	struct exec_wish *wish;
	pid_t child;
	struct connection *next;
};

struct control {
	struct control_context context;
	int listener;
	int epoll; /* -1: nobody asked yet */
	int64_t started;
	struct connection *connections;
	size_t count;
	bool asked, complete; /* the namespaces were asked for; all are there */
	int namespaces[EXEC_NAMESPACES];
};

static void drop(struct control *control, struct connection *connection)
{
	struct connection **at = &control->connections;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	control->count--;
	/* Closing would not do: what stands by an exec has it open too. */
	epoll_ctl(control->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	fd_close(connection->fd);
	if (connection->wish)
		exec_wish_free(connection->wish);
	free(connection);
}

static void send_answer(const struct connection *connection, struct control_answer *answer, int fd)
{
	answer->version = CONTROL_VERSION;
	rights_send(connection->fd, answer, sizeof(*answer), &fd, fd >= 0, MSG_DONTWAIT);
}

static void refuse(const struct connection *connection, int code, const char *text)
{
	struct control_answer refusal = {.code = code};

	snprintf(refusal.text, sizeof(refusal.text), "%s", text);
	send_answer(connection, &refusal, -1);
}

static void answer_status(const struct control *control, const struct connection *connection)
{
	const struct plan *plan = control->context.entry->plan;
	struct control_answer reply = {0};
	struct control_status *status = &reply.status;
	size_t used = 0;

	status->init = control->context.child;
	status->started = control->started;
	status->bare = !plan->namespaces;
	status->network = (plan->namespaces & CLONE_NEWNET) != 0;
	if (control->context.box->fd >= 0)
		snprintf(status->box, sizeof(status->box), "%s", control->context.box->path);
	snprintf(status->home, sizeof(status->home), "%s", plan->home ? plan->home : "");
	snprintf(status->profile, sizeof(status->profile), "%s", plan->profile);
	for (size_t i = 0; i < plan->arguments.count && used < sizeof(status->command); i++)
		used += (size_t)snprintf(status->command + used, sizeof(status->command) - used,
					 "%s%s", i ? " " : "", plan->arguments.items[i]);
	send_answer(connection, &reply, -1);
}

static void answer_plan(const struct control *control, const struct connection *connection)
{
	const struct report *report = control->context.report;
	_cleanup_free_ char *text =
		report->describe
			? report->describe(control->context.entry->plan, report->describe_data)
			: NULL;
	_cleanup_fd_ int file = memfd_create("plan", MFD_CLOEXEC);
	int r = !text ? -ENOTSUP : file < 0 ? -errno : fd_write_all(file, text, strlen(text));

	if (r < 0)
		refuse(connection, -r, "the plan cannot be told");
	else
		send_answer(connection, &(struct control_answer){0}, file);
}

static bool is_ours(int namespace)
{
	struct stat ours, theirs;

	return namespace >= 0 && stat(CONTROL_USER_NAMESPACE, &ours) == 0 &&
	       fstat(namespace, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

static struct connection *add(struct control *control, int fd, enum connection_state state)
{
	struct connection *connection = xcalloc(1, sizeof(*connection));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

	connection->fd = fd;
	connection->state = state;
	connection->next = control->connections;
	control->connections = connection;
	control->count++;
	if (epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return connection;
	drop(control, connection);
	return NULL;
}

/* Whoever asks for exec takes failures as the child side tells them. */
static void fail_exec(int channel, const struct error *e)
{
	const struct message message = {.kind = MESSAGE_ERROR, .error = *e};

	channel_send(channel, &message, -1);
}

/* The strings of the file @fd, all NUL-terminated. 0 or -errno. */
static int read_strings(const struct control_request *request, int fd, struct exec_wish *wish)
{
	_cleanup_free_ char *text = NULL;
	struct error ignored = {0};
	size_t length, at = 0;
	struct stat status;
	int r;

	/* Reading anything else could make the launcher wait. */
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return -EINVAL;
	r = fd_read_all(fd, "the request", STRINGS_MAX, &text, &length, &ignored);
	if (r < 0)
		return r;
	if (!length || text[length - 1])
		return -EBADMSG;
	for (size_t i = 0; i <= (size_t)request->arguments + request->variables; i++) {
		const char *string = text + at;

		if (at >= length)
			return -EBADMSG;
		at += strlen(string) + 1;
		if (i < request->arguments)
			strv_add(&wish->arguments, string);
		else if (i < (size_t)request->arguments + request->variables)
			strv_add(&wish->variables, string);
		else if (*string)
			wish->directory = xstrdup(string);
	}
	for (size_t i = 0; i < wish->variables.count; i++)
		if (!strchr(wish->variables.items[i], '='))
			return -EBADMSG;
	return wish->arguments.count ? 0 : -EBADMSG;
}

static void start_exec(struct control *control, struct connection *connection)
{
	struct error e = {0};
	pid_t child;
	int pidfd;

	child = exec_start(control->context.entry, control->namespaces, control->context.box->fd,
			   connection->wish, &e);
	if (child < 0)
		fail_exec(connection->fd, &e);
	drop(control, connection);
	pidfd = child < 0 ? -1 : sys_pidfd_open(child, 0);
	if (pidfd >= 0 && (connection = add(control, pidfd, CHILD)))
		connection->child = child;
}

/* One of pid 1's namespaces came; the last one comes last. */
static void namespace_came(void *data, int which, int fd)
{
	struct control *control = data;
	struct error e = {0};
	int r;

	/* Only what was asked for: pid 1 could be made to send them by somebody else. */
	if (!control->asked || control->complete || which < 0 || which >= EXEC_NAMESPACES) {
		fd_close(fd);
		return;
	}
	fd_close(control->namespaces[which]);
	control->namespaces[which] = fd;
	if (which != EXEC_NAMESPACES - 1)
		return;
	r = exec_check_namespaces(control->context.entry->plan, control->namespaces, &e);
	control->complete = r == 0;
	control->asked = r == 0;
	for (struct connection *connection = control->connections, *next; connection;
	     connection = next) {
		next = connection->next;
		if (connection->state != EXECUTES)
			continue;
		if (r == 0) {
			start_exec(control, connection);
		} else {
			fail_exec(connection->fd, &e);
			drop(control, connection);
		}
	}
}

/* True where the connection stays. */
static bool handle_exec(struct control *control, struct connection *connection,
			const struct control_request *request, int fds[CONTROL_FDS])
{
	const struct control_context *context = &control->context;
	struct exec_wish *wish = xcalloc(1, sizeof(*wish));
	struct error e = {0};
	int r;

	connection->wish = wish;
	wish->channel = fcntl(connection->fd, F_DUPFD_CLOEXEC, 3);
	wish->own_terminal = request->own_terminal;
	wish->terminals = request->terminals;
	for (int i = 0; i <= 2; i++)
		wish->standard[i] = TAKE_FD(fds[CONTROL_FD_STANDARD + i]);
	r = read_strings(request, fds[CONTROL_FD_STRINGS], wish);
	if (r < 0) {
		error_errno(&e, -r, "what was asked for");
		goto fail;
	}
	if (!context->entry->plan->namespaces) {
		error_set(&e, ENOTSUP, "exec: a sandbox without namespaces can't be entered");
		goto fail;
	}
	for (int i = 0; i <= 2; i++) {
		if (wish->standard[i] < 0) {
			error_set(&e, EBADF, "exec: descriptors 0 to 2 are missing");
			goto fail;
		}
		if (path_leads_out(wish->standard[i])) {
			error_set(&e, EISDIR,
				  "descriptor %d: an open directory would lead out of the sandbox",
				  i);
			goto fail;
		}
	}
	/* What stands by it reads from it, waiting. */
	fcntl(wish->channel, F_SETFL, 0);
	if (control->complete) {
		start_exec(control, connection);
		return true;
	}
	connection->state = EXECUTES;
	if (!control->asked) {
		context->supervision->namespace_came = namespace_came;
		context->supervision->namespace_data = control;
		r = init_tell(context->init, SIGUSR1, SIGNAL_NAMESPACES);
		if (r < 0) {
			error_errno(&e, -r, "exec: asking pid 1 of the sandbox");
			goto fail;
		}
		control->asked = true;
	}
	return true;
fail:
	fail_exec(connection->fd, &e);
	return false;
}

/* The network's rules only ever get tighter. */
static int handle_deny(struct control *control, const struct control_request *request)
{
	struct network *network = control->context.supervision->network;

	if (!network || !memchr(request->rule, '\0', sizeof(request->rule)))
		return -ENETUNREACH;
	return network_deny(network, request->rule);
}

/* True where the connection stays. */
static bool handle(struct control *control, struct connection *connection,
		   const struct control_request *request, int fds[CONTROL_FDS])
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
		r = init_end(context->init, !context->entry->plan->namespaces);
		break;
	case CONTROL_WAIT:
		connection->state = WAITING;
		return true;
	case CONTROL_DENY:
		r = handle_deny(control, request);
		break;
	case CONTROL_EXEC:
		return handle_exec(control, connection, request, fds);
	default:
		refuse(connection, ENOTSUP, "no such request");
		return false;
	}
	if (r < 0)
		refuse(connection, -r, error_name(-r));
	else
		send_answer(connection, &(struct control_answer){0}, -1);
	return false;
}

static void read_request(struct control *control, struct connection *connection)
{
	struct control_request request;
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	int fds[CONTROL_FDS];
	bool stays = false;
	ssize_t got;

	if (connection->state == CHILD) {
		waitpid(connection->child, NULL, WNOHANG);
		drop(control, connection);
		return;
	}
	got = rights_receive(connection->fd, &request, sizeof(request), fds, CONTROL_FDS,
			     MSG_DONTWAIT);
	if (got == -EAGAIN)
		return;
	getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	if (got <= 0 || connection->state != FRESH)
		; /* it hung up, or has said all it may */
	else if (peer.uid != geteuid() || !is_ours(fds[CONTROL_FD_NAMESPACE]))
		refuse(connection, EPERM, "only its user may ask, and not from another sandbox");
	else if (got != sizeof(request) || request.version != CONTROL_VERSION)
		refuse(connection, EPROTO, "it was started by another version of hutch");
	else
		stays = handle(control, connection, &request, fds);
	for (int i = 0; i < CONTROL_FDS; i++)
		fd_close(fds[i]);
	if (!stays)
		drop(control, connection);
}

static void take_connections(struct control *control)
{
	int fd;

	while ((fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (control->count < CONNECTIONS)
			add(control, fd, FRESH);
		else
			fd_close(fd);
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
		.namespaces = {-1, -1, -1, -1, -1, -1, -1, -1},
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
	while (control->connections) {
		struct connection *connection = control->connections;

		if (connection->state == WAITING)
			send_answer(connection, &ended, -1);
		/* Its program is dead, so it comes to its end. */
		if (connection->state == CHILD)
			waitpid(connection->child, NULL, 0);
		drop(control, connection);
	}
	for (int i = 0; i < EXEC_NAMESPACES; i++)
		fd_close(control->namespaces[i]);
	fd_close(control->epoll);
	free(control);
}
