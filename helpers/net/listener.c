// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listeners inside: the transparent one, to which every connection that leaves comes, and those
 * of --host-port.
 */
#include "listener.h"

#include "attempt.h"
#include "net.h"
#include "shortage.h"

#include "base/alloc.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Connections accepted before others get their turn. */
#define ACCEPT_SHARE 64

/* When to look again after descriptors had run out. */
#define RETRY_TIME 100

struct listener {
	struct watch watch;
	struct net *net;
	struct task task;
	struct timer timer; /* for when there are no descriptors */
	uint16_t host_port; /* 0 for the transparent one */
};

struct listeners {
	size_t count;
	struct listener items[2 + 2 * SETUP_PORTS];
};

/* There was no descriptor for the next connection of @listener: reset it. False: there was none. */
static bool turn_away(struct listener *listener, int code)
{
	struct sockaddr_storage peer;
	int fd = shortage_accept(listener->watch.fd, &peer);

	if (fd >= 0)
		attempt_turned_away(listener->net, fd, (struct sockaddr *)&peer, code);
	shortage_over();
	return fd >= 0;
}

static void accept_some(struct listener *listener)
{
	const struct address loopback4 = {.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	const struct address loopback6 = {.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT};

	for (int i = 0; i < ACCEPT_SHARE; i++) {
		struct sockaddr_storage peer;
		socklen_t length = sizeof(peer);
		int fd = accept4(listener->watch.fd, (struct sockaddr *)&peer, &length,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		int code = fd < 0 ? errno : 0;

		if (code == EAGAIN)
			return;
		if (is_shortage(code) && turn_away(listener, code))
			continue;
		if (is_shortage(code) || code == ENOBUFS || code == ENOMEM) {
			timer_set(listener->net->loop, &listener->timer, RETRY_TIME);
			return;
		}
		if (code)
			continue; /* that one was lost meanwhile */
		if (listener->host_port)
			attempt_outward(listener->net, fd,
					peer.ss_family == AF_INET ? &loopback4 : &loopback6,
					listener->host_port, true);
		else
			attempt_accepted(listener->net, fd, (struct sockaddr *)&peer);
	}
	task_queue(listener->net->loop, &listener->task);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	accept_some(container_of(watch, struct listener, watch));
}

static void listener_task(struct task *task)
{
	accept_some(container_of(task, struct listener, task));
}

static void listener_expired(struct timer *timer)
{
	accept_some(container_of(timer, struct listener, timer));
}

static int add_listener(struct net *net, int fd, uint16_t host_port)
{
	struct listener *listener = &net->listeners->items[net->listeners->count];

	if (fd < 0)
		return 0;
	net->listeners->count++;
	*listener = (struct listener){
		.watch = {.fd = fd, .ready = listener_ready},
		.net = net,
		.task.run = listener_task,
		.timer.expired = listener_expired,
		.host_port = host_port,
	};
	return loop_add(net->loop, &listener->watch, EPOLLIN | EPOLLET);
}

int listeners_begin(struct net *net, struct error *e)
{
	struct attachment *at = &net->attachment;
	int r = 0;

	net->listeners = xcalloc(1, sizeof(*net->listeners));
	for (int v6 = 0; v6 < 2 && r >= 0; v6++) {
		r = add_listener(net, at->listener[v6], 0);
		for (size_t i = 0; r >= 0 && i < net->options->layout.host_port_count; i++)
			r = add_listener(net, at->host_port[i][v6],
					 net->options->layout.host_ports[i]);
	}
	return r < 0 ? error_errno(e, -r, "watching the listeners inside") : 0;
}

void listeners_end(struct net *net)
{
	struct listeners *listeners = net->listeners;

	if (!listeners)
		return;
	for (size_t i = 0; i < listeners->count; i++) {
		task_clear(net->loop, &listeners->items[i].task);
		timer_clear(net->loop, &listeners->items[i].timer);
		loop_close(net->loop, &listeners->items[i].watch);
	}
	free(listeners);
	net->listeners = NULL;
}
