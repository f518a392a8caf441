// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch stop NAME…: SIGTERM to the program, and after the grace time the end of everything inside.
 *
 * A launcher that is stopped (^Z) answers nothing; it is continued first, by its pidfd, and where
 * that does not help it is killed, whereupon the kernel ends the rest.
 */
#include "commands/instance.h"

#include "base/log.h"
#include "kernel/sys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

enum { DEFAULT_GRACE = 10000 /* ms */, SOON = 2000 };

/* Whether the launcher ends in that many milliseconds. */
static bool ends_within(const struct registry_peer *peer, int milliseconds)
{
	struct pollfd end = {.fd = peer->pidfd, .events = POLLIN};
	int r;

	while ((r = poll(&end, 1, milliseconds)) < 0 && errno == EINTR)
		;
	return r > 0;
}

static int ask(const char *name, enum control_kind kind, int number, struct error *e)
{
	struct control_request request = {.number = number, .group = 1};
	struct control_answer answer;

	return instance_ask(name, kind, request, SOON, &answer, NULL, e);
}

/* Ask the program, and where it does not end in time, end everything. */
static int end(const char *name, const struct registry_peer *peer, int grace, struct error *e)
{
	int r = 0;

	sys_pidfd_send_signal(peer->pidfd, SIGCONT);
	if (grace > 0) {
		/* What stands still hears nothing. */
		r = instance_pause(name, false, e);
		if (r == 0 || r == -EAGAIN) /* only just continued */
			r = ask(name, CONTROL_SIGNAL, SIGTERM, e);
		if (r == 0)
			r = ask(name, CONTROL_SIGNAL, SIGCONT, e);
		if ((r == 0 || r == -ENOENT) && ends_within(peer, grace))
			return 0;
	}
	r = ask(name, CONTROL_KILL, 0, e);
	if ((r == 0 || r == -ENOENT) && ends_within(peer, SOON))
		return 0;
	/* It does not answer, or does not come to its end: the sandbox dies with it. */
	if (sys_pidfd_send_signal(peer->pidfd, SIGKILL) < 0 && errno != ESRCH)
		return error_errno(e, errno, "%s: killing its launcher", name);
	ends_within(peer, SOON);
	return 0;
}

static int stop(const char *name, int grace, struct error *e)
{
	struct registry_peer peer = REGISTRY_PEER_NONE;
	int r = instance_connect(name, &peer, e);

	if (r == 0)
		r = end(name, &peer, grace, e);
	registry_peer_close(&peer);
	return r;
}

int command_stop(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {.grace = DEFAULT_GRACE};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_STOP, 1, &request, &line, &status, &e);
	if (r < 0)
		status = log_error(&e);
	for (size_t i = 0; r == 0 && i < request.arguments.count; i++) {
		e = (struct error){0};
		if (stop(request.arguments.items[i], (int)line.grace, &e) < 0)
			status = log_error(&e);
	}
	request_free(&request);
	return status;
}
