// SPDX-License-Identifier: GPL-2.0-or-later
#include "acceptor.h"

#include "net.h"
#include "shortage.h"

#include <errno.h>

/* Connections accepted before others get their turn. */
#define ACCEPT_SHARE 64

/* When to look again after descriptors had run out. */
#define RETRY_TIME 100

/* There was no descriptor for the next connection: end it. False: there was none. */
static bool turn_away(const struct acceptor *acceptor, int code)
{
	struct sockaddr_storage peer;
	int fd = shortage_accept(acceptor->watch.fd, &peer);

	if (fd >= 0)
		acceptor->turned_away(acceptor, fd, (struct sockaddr *)&peer, code);
	shortage_over();
	return fd >= 0;
}

static void accept_some(struct acceptor *acceptor)
{
	for (int i = 0; i < ACCEPT_SHARE; i++) {
		struct sockaddr_storage peer;
		socklen_t length = sizeof(peer);
		int fd = accept4(acceptor->watch.fd, (struct sockaddr *)&peer, &length,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		int code = fd < 0 ? errno : 0;

		if (code == EAGAIN)
			return;
		if (is_shortage(code) && turn_away(acceptor, code))
			continue;
		if (is_shortage(code) || code == ENOBUFS || code == ENOMEM) {
			timer_set(acceptor->net->loop, &acceptor->timer, RETRY_TIME);
			return;
		}
		/* Else that one was lost meanwhile. */
		if (!code)
			acceptor->accepted(acceptor, fd, (struct sockaddr *)&peer);
	}
	task_queue(acceptor->net->loop, &acceptor->task);
}

static void ready(struct watch *watch, uint32_t events)
{
	accept_some(container_of(watch, struct acceptor, watch));
}

static void task_run(struct task *task)
{
	accept_some(container_of(task, struct acceptor, task));
}

static void expired(struct timer *timer)
{
	accept_some(container_of(timer, struct acceptor, timer));
}

int acceptor_begin(struct acceptor *acceptor, int fd)
{
	acceptor->watch = (struct watch){.fd = fd, .ready = ready};
	acceptor->task.run = task_run;
	acceptor->timer.expired = expired;
	return loop_add(acceptor->net->loop, &acceptor->watch, EPOLLIN | EPOLLET);
}

void acceptor_end(struct acceptor *acceptor)
{
	task_clear(acceptor->net->loop, &acceptor->task);
	timer_clear(acceptor->net->loop, &acceptor->timer);
	loop_close(acceptor->net->loop, &acceptor->watch);
}
