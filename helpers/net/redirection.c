// SPDX-License-Identifier: GPL-2.0-or-later
/* See setup.c for why this is not done with the rest. */
#include "redirection.h"

#include "control.h"
#include "net.h"
#include "setup_link.h"
#include "setup_redirection.h"
#include "tap.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/log.h"
#include "kernel/capability.h"
#include "kernel/sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds that a kernel may take to load what the rules need; as long as a launcher waits. */
#define PATIENCE 20000

struct redirection {
	struct net *net;
	struct watch watch; /* the child's word */
	struct timer timer;
};

/* How it went. */
struct outcome {
	struct error missing; /* what the kernel has not, or code 0 */
	struct error unknown; /* why nobody knows what was set, or code 0 */
};

/* Enter, and be left with one capability and, beside the standard ones, one descriptor: nothing of what
 * the helper holds is this one's. The number of that descriptor. */
static int enter(const struct namespaces *namespaces, int socket, struct error *e)
{
	int r = setup_enter(namespaces, e);

	if (r < 0)
		return r;
	if (dup2(socket, 3) < 0 || sys_close_range(4, ~0U, 0) < 0)
		return error_errno(e, errno, "closing descriptors");
	r = capability_keep_only(CAP_NET_ADMIN);
	return r < 0 ? error_errno(e, -r, "giving up capabilities") : 3;
}

static _Noreturn void run_child(const struct net *net, const struct namespaces *namespaces,
				int socket)
{
	const struct layout *layout = &net->options->layout;
	const struct attachment *at = &net->attachment;
	struct outcome outcome = {.missing = at->no_redirection};

	/* Once its parent has confined itself, no signal of the parent's end comes (Landlock). */
	alarm(PATIENCE / 1000);
	socket = enter(namespaces, socket, &outcome.unknown);
	if (socket >= 0 && !outcome.missing.code &&
	    setup_redirection(layout, at->tap >= 0, at->ipv6, &outcome.missing) >= 0)
		setup_routing(layout, at->ipv6, &outcome.missing, &outcome.unknown);
	_exit(send(socket, &outcome, sizeof(outcome), MSG_NOSIGNAL) < 0);
}

int redirection_begin(struct net *net, const struct namespaces *namespaces, struct error *e)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	child = fork();
	if (child == 0)
		run_child(net, namespaces, pair[1]);
	fd_close(pair[1]);
	if (child < 0) {
		error_errno(e, errno, "fork");
		fd_close(pair[0]);
		return -e->code;
	}
	net->redirection = xcalloc(1, sizeof(*net->redirection));
	net->redirection->net = net;
	net->redirection->watch.fd = pair[0];
	return 0;
}

void redirection_end(struct net *net)
{
	struct redirection *redirection = net->redirection;

	if (!redirection)
		return;
	timer_clear(net->loop, &redirection->timer);
	loop_close(net->loop, &redirection->watch);
	loop_free(net->loop, redirection);
	net->redirection = NULL;
}

/* Take up what the child says, if need be once it does. */
static void conclude(struct net *net, int flags)
{
	struct attachment *at = &net->attachment;
	struct outcome outcome;
	ssize_t got = recv(net->redirection->watch.fd, &outcome, sizeof(outcome), flags);

	if (got != sizeof(outcome))
		error_set(&outcome.unknown, EPIPE, "the process that redirects TCP %s",
			  got < 0 ? "is too slow" : "is gone");
	if (outcome.unknown.code) {
		at->tcp = TCP_NONE;
		setup_note(at, "%.300s; there is no TCP", outcome.unknown.text);
	} else if (!outcome.missing.code) {
		at->tcp = at->tap < 0 ? TCP_ACCEPT_FIRST : TCP_TPROXY;
	} else if (at->tap < 0) {
		at->tcp = TCP_NONE;
		setup_note(at, "neither a tap nor a redirection: %.300s", outcome.missing.text);
	} else {
		at->tcp = TCP_SLIRP;
		setup_note(at, "%.300s; TCP goes through libslirp, which is slower",
			   outcome.missing.text);
	}
	redirection_end(net);
}

int redirection_wait(struct net *net, struct error *e)
{
	struct attachment *at = &net->attachment;
	size_t before = strlen(at->notes);

	conclude(net, 0);
	return at->tcp == TCP_NONE ? error_set(e, EOPNOTSUPP, "%s", at->notes + before + !!before)
				   : 0;
}

static void conclude_late(struct net *net)
{
	net->attachment.notes[0] = '\0'; /* were told */
	conclude(net, MSG_DONTWAIT);
	if (net->attachment.tcp == TCP_NONE)
		log_line("%s", net->attachment.notes);
	control_concluded(net);
	tap_let_go(net);
}

static void ready(struct watch *watch, uint32_t events)
{
	conclude_late(container_of(watch, struct redirection, watch)->net);
}

static void expired(struct timer *timer)
{
	conclude_late(container_of(timer, struct redirection, timer)->net);
}

int redirection_follow(struct net *net, struct error *e)
{
	struct redirection *redirection = net->redirection;
	int r;

	redirection->watch.ready = ready;
	redirection->timer.expired = expired;
	timer_set(net->loop, &redirection->timer, PATIENCE);
	r = loop_add(net->loop, &redirection->watch, EPOLLIN);
	return r < 0 ? error_errno(e, -r, "watching the process that redirects TCP") : 0;
}
