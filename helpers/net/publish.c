// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports of the host that lead into the sandbox. A connection is accepted here and made inside with a
 * socket of the sandbox's (maker.h), then both are a relay. Datagrams: publish_udp.c.
 */
#include "publish.h"

#include "attempt.h"
#include "net.h"
#include "publish_udp.h"
#include "relay.h"
#include "shortage.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_SHARE 64
#define RETRY_TIME   100

struct published {
	struct watch watch;
	struct net *net;
	struct task task;
	struct timer timer;
	uint16_t port; /* inside */
	struct published_udp *udp;
};

/* There was no descriptor for the next connection: reset it. False: there was none. */
static bool turn_away(struct published *published, int code)
{
	const struct layout *layout = &published->net->options->layout;
	struct sockaddr_storage peer;
	int fd = shortage_accept(published->watch.fd, &peer);

	if (fd >= 0) {
		relay_reset(fd);
		shortage_tell(published->net, &layout->guest4.address, published->port, code);
	}
	shortage_over();
	return fd >= 0;
}

static void accept_some(struct published *published)
{
	for (int i = 0; i < ACCEPT_SHARE; i++) {
		int fd = accept4(published->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		int code = fd < 0 ? errno : 0;

		if (code == EAGAIN)
			return;
		if (is_shortage(code) && turn_away(published, code))
			continue;
		if (is_shortage(code) || code == ENOBUFS || code == ENOMEM) {
			timer_set(published->net->loop, &published->timer, RETRY_TIME);
			return;
		}
		if (fd >= 0)
			attempt_inward(published->net, fd, published->port);
	}
	task_queue(published->net->loop, &published->task);
}

static void ready(struct watch *watch, uint32_t events)
{
	accept_some(container_of(watch, struct published, watch));
}

static void task_run(struct task *task)
{
	accept_some(container_of(task, struct published, task));
}

static void expired(struct timer *timer)
{
	accept_some(container_of(timer, struct published, timer));
}

static int open_listener(const struct sockaddr *address, socklen_t length)
{
	_cleanup_fd_ int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;

	if (fd < 0)
		return -errno;
	/* A port that was published a minute ago is free. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	/* For what is accepted: see relay_begin(). */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, address, length) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int publish_tcp(struct net *net, struct published *new, const struct sockaddr *address,
		       socklen_t length, uint16_t port)
{
	int fd = open_listener(address, length);

	if (fd < 0)
		return fd;
	*new = (struct published){
		.watch = {.fd = fd, .ready = ready},
		.net = net,
		.task.run = task_run,
		.timer.expired = expired,
		.port = port,
	};
	return loop_add(net->loop, &new->watch, EPOLLIN | EPOLLET);
}

static int publish_one(struct net *net, const struct publication *what, struct published *new)
{
	struct sockaddr_storage address;
	socklen_t length = address_to_sockaddr(&what->address, what->host_port, &address);

	if (what->udp)
		return publish_udp_begin(net, what, &new->udp);
	return publish_tcp(net, new, (struct sockaddr *)&address, length, what->port);
}

int publish_begin(struct net *net, struct error *e)
{
	const struct options *options = net->options;

	net->published = xcalloc(OPTIONS_PUBLISHED, sizeof(*net->published));
	for (size_t i = 0; i < options->publication_count; i++) {
		const struct publication *what = &options->publications[i];
		struct published *new = &net->published[i];
		int r;

		new->watch.fd = -1;
		r = publish_one(net, what, new);
		if (r < 0) {
			error_errno(e, -r, "--publish %s", what->text);
			if (r == -EADDRINUSE)
				return error_remedy(e,
						    "another port of the host, as in --publish "
						    "%u:%u",
						    what->host_port < 60000 ? what->host_port + 1
									    : 8080,
						    what->port);
			if (r == -EACCES)
				return error_remedy(e, "a port above 1023: --publish %u:%u",
						    8000 + what->host_port, what->port);
			return r;
		}
	}
	return 0;
}

void publish_end(struct net *net)
{
	if (!net->published)
		return;
	for (size_t i = 0; i < net->options->publication_count; i++) {
		struct published *published = &net->published[i];

		publish_udp_end(published->udp);
		if (!published->net)
			continue;
		task_clear(net->loop, &published->task);
		timer_clear(net->loop, &published->timer);
		loop_close(net->loop, &published->watch);
	}
	free(net->published);
	net->published = NULL;
}
