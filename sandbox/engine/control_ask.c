// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/control_ask.h"

#include "base/fd.h"
#include "kernel/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How long a launcher may take for the first word of an exec. */
enum { EXEC_PATIENCE = 10000 /* ms */ };

static int ended(const char *name, struct error *e)
{
	return error_set(e, ENOENT, "%s: it has just ended", name);
}

/* @fds: those of the request but the first. */
static int send_request(const struct registry_peer *peer, const char *name,
			struct control_request *request, const int *fds, size_t count,
			struct error *e)
{
	_cleanup_fd_ int namespace = open(CONTROL_USER_NAMESPACE, O_RDONLY | O_CLOEXEC);
	int all[CONTROL_FDS] = {namespace}, r;

	if (namespace < 0)
		return error_errno(e, errno, CONTROL_USER_NAMESPACE);
	for (size_t i = 0; i < count; i++)
		all[i + 1] = fds[i];
	request->version = CONTROL_VERSION;
	r = rights_send(peer->fd, request, sizeof(*request), all, count + 1, 0);
	if (r == -EPIPE)
		return ended(name, e);
	return r < 0 ? error_errno(e, -r, "%s: asking its launcher", name) : 0;
}

static int wait_for_answer(const struct registry_peer *peer, const char *name, int patience,
			   struct error *e)
{
	struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
	int r;

	while ((r = poll(&wait, 1, patience)) < 0)
		if (errno != EINTR)
			return error_errno(e, errno, "%s: waiting for its launcher", name);
	if (r > 0)
		return 0;
	error_set(e, ETIMEDOUT, "%s: its launcher, process %d, does not answer", name,
		  peer->launcher);
	return error_remedy(e, "where it is stopped (^Z), continue it: kill -CONT %d",
			    peer->launcher);
}

int control_ask_begin(const struct registry_peer *peer, const char *name,
		      struct control_request *request, struct error *e)
{
	return send_request(peer, name, request, NULL, 0, e);
}

int control_ask_end(const struct registry_peer *peer, const char *name, int patience,
		    struct control_answer *ret, int *ret_fd, struct error *e)
{
	struct control_answer reply;
	_cleanup_fd_ int fd = -1;
	ssize_t got;
	int r = wait_for_answer(peer, name, patience, e);

	if (r < 0)
		return r;
	got = rights_receive(peer->fd, &reply, sizeof(reply), &fd, 1, 0);
	if (got == 0)
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

int control_ask(const struct registry_peer *peer, const char *name, struct control_request *request,
		int patience, struct control_answer *ret, int *ret_fd, struct error *e)
{
	int r = control_ask_begin(peer, name, request, e);

	return r < 0 ? r : control_ask_end(peer, name, patience, ret, ret_fd, e);
}

static int write_strings(int fd, const struct strv *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = fd_write_all(fd, list->items[i], strlen(list->items[i]) + 1);
	return r;
}

int control_ask_exec(const struct registry_peer *peer, const char *name,
		     const struct exec_wish *wish, struct error *e)
{
	struct control_request request = {
		.kind = CONTROL_EXEC,
		.arguments = (uint32_t)wish->arguments.count,
		.variables = (uint32_t)wish->variables.count,
		.own_terminal = wish->own_terminal,
		.terminals = wish->terminals,
	};
	const char *directory = wish->directory ? wish->directory : "";
	_cleanup_fd_ int strings = memfd_create("exec", MFD_CLOEXEC);
	const int fds[] = {strings, wish->standard[0], wish->standard[1], wish->standard[2]};
	int r = strings < 0 ? -errno : write_strings(strings, &wish->arguments);

	if (r == 0)
		r = write_strings(strings, &wish->variables);
	if (r == 0)
		r = fd_write_all(strings, directory, strlen(directory) + 1);
	if (r == 0 && lseek(strings, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(e, -r, "%s: what is to be started", name);
	r = send_request(peer, name, &request, fds, sizeof(fds) / sizeof(fds[0]), e);
	return r < 0 ? r : wait_for_answer(peer, name, EXEC_PATIENCE, e);
}
