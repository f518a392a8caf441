// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libslirp in our loop. It wants to be asked before each wait which descriptors it has and for how
 * long it may sleep, and to be told after. That is done only when something of its own has happened
 * (a frame, a descriptor, its time), so that other traffic does not pay for it: its descriptors are
 * in an epoll set of their own, which the loop watches as one.
 *
 * It answers neighbours, so it is there with every tap. It is asked for nothing else that it could
 * do: no DNS, DHCP or TFTP, no router advertisements (its timers never run), no way to the host's
 * loopback.
 */
#include "slirp.h"

#include "library.h"
#include "net.h"

#include "base/alloc.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libslirp.so.0"

/* Milliseconds that its idea of the time may be late by. */
#define CLOCK_STALE 50

/* What the epoll set has for a descriptor, and when that was asked for last. */
struct armed {
	short events;
	unsigned int round;
};

struct slirp {
	struct net *net;
	Slirp *stack;
	slirp_deliver_t *deliver;
	struct watch watch; /* of the epoll set */
	struct timer timer;
	struct task task;
	VECTOR(struct pollfd) polled;
	VECTOR(struct armed) armed; /* by descriptor */
	unsigned int round;
	int64_t served; /* when */
};

/* The functions used here, by their names. */
static struct {
	__typeof__(slirp_new) *new;
	__typeof__(slirp_cleanup) *cleanup;
	__typeof__(slirp_input) *input;
	__typeof__(slirp_pollfds_fill) *pollfds_fill;
	__typeof__(slirp_pollfds_poll) *pollfds_poll;
} library;

static const struct library_function functions[] = {
	{"slirp_new", &library.new},
	{"slirp_cleanup", &library.cleanup},
	{"slirp_input", &library.input},
	{"slirp_pollfds_fill", &library.pollfds_fill},
	{"slirp_pollfds_poll", &library.pollfds_poll},
};

static ssize_t send_packet(const void *data, size_t length, void *opaque)
{
	struct net *net = opaque;

	if (limit_ask(&net->down, length) < length) {
		net->counters.dropped++;
		return (ssize_t)length;
	}
	limit_spend(&net->down, length);
	net->counters.datagrams_down++;
	net->counters.total.down += length;
	net->slirp->deliver(net, data, length);
	return (ssize_t)length;
}

static void guest_error(const char *message, void *opaque)
{
	struct net *net = opaque;

	net->counters.dropped++;
}

static int64_t clock_ns(void *opaque)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Its only timer advertises the router, which the kernel inside knows already. */
static void *timer_new(SlirpTimerId id, void *callback_opaque, void *opaque)
{
	return opaque;
}

static void timer_free(void *timer, void *opaque)
{
}

static void timer_mod(void *timer, int64_t expires, void *opaque)
{
}

/* It sends on sockets that block, and a neighbour that doesn't answer would stop everybody. */
static void register_fd(int fd, void *opaque)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Before it is closed, and its number belongs to something else. */
static void unregister_fd(int fd, void *opaque)
{
	struct net *net = opaque;
	struct slirp *slirp = net->slirp;

	if (!slirp || fd < 0 || (size_t)fd >= slirp->armed.count || !slirp->armed.items[fd].events)
		return;
	slirp->armed.items[fd].events = 0;
	epoll_ctl(slirp->watch.fd, EPOLL_CTL_DEL, fd, NULL);
}

static void notify(void *opaque)
{
	struct net *net = opaque;

	if (net->slirp)
		task_queue(net->loop, &net->slirp->task);
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_ns,
	.timer_new_opaque = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = register_fd,
	.unregister_poll_fd = unregister_fd,
	.notify = notify,
};

static int add_poll(int fd, int events, void *opaque)
{
	struct slirp *slirp = opaque;
	struct pollfd *new = vector_add(&slirp->polled);

	new->fd = fd;
	if (events & SLIRP_POLL_IN)
		new->events |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		new->events |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		new->events |= POLLPRI;
	return (int)slirp->polled.count - 1;
}

static int get_revents(int index, void *opaque)
{
	const struct slirp *slirp = opaque;
	int events = 0;
	short got;

	if (index < 0 || (size_t)index >= slirp->polled.count)
		return 0;
	got = slirp->polled.items[index].revents;
	if (got & POLLIN)
		events |= SLIRP_POLL_IN;
	if (got & POLLOUT)
		events |= SLIRP_POLL_OUT;
	if (got & POLLPRI)
		events |= SLIRP_POLL_PRI;
	if (got & POLLERR)
		events |= SLIRP_POLL_ERR;
	if (got & POLLHUP)
		events |= SLIRP_POLL_HUP;
	return events;
}

static void arm(struct slirp *slirp, int fd, short events)
{
	struct epoll_event event = {.events = (uint32_t)(unsigned short)events, .data.fd = fd};
	struct armed *armed;

	while (slirp->armed.count <= (size_t)fd)
		vector_add(&slirp->armed);
	armed = &slirp->armed.items[fd];
	armed->round = slirp->round;
	if (armed->events == events)
		return;
	if (!armed->events)
		register_fd(fd, NULL); /* not every kind of socket is told of */
	epoll_ctl(slirp->watch.fd,
		  !events         ? EPOLL_CTL_DEL
		  : armed->events ? EPOLL_CTL_MOD
				  : EPOLL_CTL_ADD,
		  fd, &event);
	armed->events = events;
}

/* Ask which descriptors and what time it waits for, and wait for these. */
static void ask(struct slirp *slirp)
{
	uint32_t timeout = UINT32_MAX;

	slirp->polled.count = 0;
	slirp->round++;
	library.pollfds_fill(slirp->stack, &timeout, add_poll, slirp);
	vector_each (polled, &slirp->polled)
		arm(slirp, polled->fd, polled->events);
	/* Those that are not asked about any more. */
	for (size_t fd = 0; fd < slirp->armed.count; fd++)
		if (slirp->armed.items[fd].events && slirp->armed.items[fd].round != slirp->round)
			unregister_fd((int)fd, slirp->net);
	if (timeout == UINT32_MAX)
		timer_clear(slirp->net->loop, &slirp->timer);
	else
		timer_set(slirp->net->loop, &slirp->timer, timeout);
}

static void serve(struct slirp *slirp)
{
	int r = slirp->polled.count ? poll(slirp->polled.items, (nfds_t)slirp->polled.count, 0) : 0;

	slirp->served = loop_now(slirp->net->loop);
	library.pollfds_poll(slirp->stack, r < 0, get_revents, slirp);
	ask(slirp);
}

static void ready(struct watch *watch, uint32_t events)
{
	serve(container_of(watch, struct slirp, watch));
}

static void expired(struct timer *timer)
{
	serve(container_of(timer, struct slirp, timer));
}

/* After a frame came in: what waits for the sandbox's neighbour entry goes out only when it is
 * served. */
static void task_run(struct task *task)
{
	serve(container_of(task, struct slirp, task));
}

void slirp_take(struct net *net, const uint8_t *data, size_t length)
{
	if (!net->slirp)
		return;
	/* It knows the time only from when it was served last, and counts from there. */
	if (loop_now(net->loop) - net->slirp->served > CLOCK_STALE)
		serve(net->slirp);
	library.input(net->slirp->stack, data, (int)length);
	task_queue(net->loop, &net->slirp->task);
}

static struct in_addr network_mask(unsigned bits)
{
	return (struct in_addr){.s_addr = htonl(bits ? ~0U << (32 - bits) : 0)};
}

bool slirp_is_there(void)
{
	return library_is_there(LIBRARY);
}

int slirp_begin(struct net *net, slirp_deliver_t *deliver, struct error *e)
{
	const struct layout *layout = &net->options->layout;
	struct slirp *slirp;
	SlirpConfig config = {
		.version = 4,
		.in_enabled = true,
		.vnetmask = network_mask(layout->guest4.bits),
		.vhost = layout->gateway4.v4,
		.vdhcp_start = layout->guest4.address.v4,
		.vnameserver = layout->dns4.v4,
		.in6_enabled = true, /* where the sandbox has none, no packet of it comes */
		.vprefix_addr6 = layout->guest6.address.v6,
		.vprefix_len = (uint8_t)layout->guest6.bits,
		.vhost6 = layout->gateway6.v6,
		.vnameserver6 = layout->dns6.v6,
		.if_mtu = layout->mtu,
		.if_mru = layout->mtu,
		.disable_host_loopback = true,
		.disable_dns = true,
		.disable_dhcp = true,
	};
	int r = library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), e);

	if (r < 0)
		return error_remedy(e,
				    "install libslirp (Debian: libslirp0), which carries UDP and "
				    "ICMP");
	config.vnetwork.s_addr = layout->guest4.address.v4.s_addr & config.vnetmask.s_addr;
	for (unsigned bit = layout->guest6.bits; bit < 128; bit++)
		config.vprefix_addr6.s6_addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	slirp = xcalloc(1, sizeof(*slirp));
	slirp->net = net;
	slirp->deliver = deliver;
	net->slirp = slirp;
	slirp->watch = (struct watch){.fd = epoll_create1(EPOLL_CLOEXEC), .ready = ready};
	slirp->timer.expired = expired;
	slirp->task.run = task_run;
	slirp->stack = slirp->watch.fd < 0 ? NULL : library.new(&config, &callbacks, net);
	if (!slirp->stack) {
		r = errno;
		fd_close(slirp->watch.fd);
		free(slirp);
		net->slirp = NULL;
		return error_errno(e, r ? r : EINVAL, "libslirp");
	}
	r = loop_add(net->loop, &slirp->watch, EPOLLIN);
	serve(slirp);
	return r < 0 ? error_errno(e, -r, "watching libslirp's sockets") : 0;
}

void slirp_end(struct net *net)
{
	struct slirp *slirp = net->slirp;

	if (!slirp)
		return;
	timer_clear(net->loop, &slirp->timer);
	task_clear(net->loop, &slirp->task);
	library.cleanup(slirp->stack);
	net->slirp = NULL;
	loop_close(net->loop, &slirp->watch);
	vector_free(&slirp->polled);
	vector_free(&slirp->armed);
	free(slirp);
}
