// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP ports of the host that lead into the sandbox: one socket of the sandbox's for each client, so
 * that answers find their way back. A client that was silent for a while is forgotten, and when there
 * are too many, the one that was silent for longest.
 */
#include "publish_udp.h"

#include "maker.h"
#include "net.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 128
#define EXPIRY  120000 /* milliseconds */

/* Datagrams taken before others get their turn. */
#define SHARE 64

struct client {
	struct published_udp *published;
	struct watch watch; /* its socket inside; fd -1: free */
	struct sockaddr_storage peer;
	socklen_t length;
	int64_t used;
	bool second; /* nobody is on loopback: it is the sandbox's other address */
};

struct published_udp {
	struct net *net;
	struct watch watch;
	struct task task;
	struct timer timer;
	uint16_t port;
	struct client clients[CLIENTS];
};

static uint8_t buffer[65536];

static bool same_peer(const struct client *client, const struct sockaddr_storage *peer)
{
	struct address a, b;
	uint16_t a_port, b_port;

	return address_from_sockaddr((const struct sockaddr *)&client->peer, &a, &a_port) &&
	       address_from_sockaddr((const struct sockaddr *)peer, &b, &b_port) &&
	       a_port == b_port && address_equal(&a, &b);
}

static void forget(struct client *client)
{
	loop_close(client->published->net->loop, &client->watch);
}

static void expired(struct timer *timer)
{
	struct published_udp *published = container_of(timer, struct published_udp, timer);
	int64_t now = loop_now(published->net->loop);
	bool any = false;

	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &published->clients[i];

		if (client->watch.fd >= 0 && now - client->used > EXPIRY)
			forget(client);
		any = any || client->watch.fd >= 0;
	}
	if (any)
		timer_set(published->net->loop, timer, EXPIRY / 2);
}

/* Servers listen on loopback or on everything, seldom on the sandbox's own address alone. */
static bool connect_inside(struct client *client)
{
	const struct address loopback = {.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	struct published_udp *published = client->published;
	const struct layout *layout = &published->net->options->layout;
	struct sockaddr_storage to;
	socklen_t length = address_to_sockaddr(client->second ? &layout->guest4.address : &loopback,
					       published->port, &to);

	return connect(client->watch.fd, (struct sockaddr *)&to, length) == 0;
}

static void answer(struct watch *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);
	struct net *net = client->published->net;

	for (int i = 0; i < SHARE; i++) {
		ssize_t n = recv(watch->fd, buffer, sizeof(buffer), 0);

		if (n < 0 && errno == ECONNREFUSED && !client->second) {
			client->second = true;
			if (!connect_inside(client))
				return;
			continue;
		}
		if (n < 0)
			return;
		client->used = loop_now(net->loop);
		if (limit_ask(&net->up, (size_t)n) < (size_t)n)
			continue;
		limit_spend(&net->up, (size_t)n);
		net->counters.datagrams_up++;
		net->counters.total.up += (uint64_t)n;
		sendto(client->published->watch.fd, buffer, (size_t)n, MSG_NOSIGNAL,
		       (struct sockaddr *)&client->peer, client->length);
	}
}

/* The client that @peer is, new or known; NULL where it can't be served. */
static struct client *find(struct published_udp *published, const struct sockaddr_storage *peer,
			   socklen_t length)
{
	struct net *net = published->net;
	struct client *place = &published->clients[0];
	int fd;

	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &published->clients[i];

		if (client->watch.fd >= 0 && same_peer(client, peer))
			return client;
		if (place->watch.fd >= 0 && (client->watch.fd < 0 || client->used < place->used))
			place = client;
	}
	fd = maker_socket(net->attachment.maker, AF_INET, SOCK_DGRAM);
	if (fd < 0)
		return NULL;
	if (place->watch.fd >= 0)
		forget(place);
	*place = (struct client){
		.published = published,
		.watch = {.fd = fd, .ready = answer},
		.peer = *peer,
		.length = length,
	};
	if (!connect_inside(place) || loop_add(net->loop, &place->watch, EPOLLIN) < 0) {
		forget(place);
		return NULL;
	}
	if (!published->timer.slot)
		timer_set(net->loop, &published->timer, EXPIRY / 2);
	return place;
}

static void take_some(struct published_udp *published)
{
	struct net *net = published->net;

	for (int i = 0; i < SHARE; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t length = sizeof(peer);
		ssize_t n = recvfrom(published->watch.fd, buffer, sizeof(buffer), 0,
				     (struct sockaddr *)&peer, &length);
		struct client *client;

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			continue; /* an answer that was not wanted */
		client = find(published, &peer, length);
		if (!client || limit_ask(&net->down, (size_t)n) < (size_t)n) {
			net->counters.dropped++;
			continue;
		}
		limit_spend(&net->down, (size_t)n);
		client->used = loop_now(net->loop);
		net->counters.datagrams_down++;
		net->counters.total.down += (uint64_t)n;
		/* The first that nobody takes says so: then it is tried where else one may be. */
		if (send(client->watch.fd, buffer, (size_t)n, MSG_NOSIGNAL) < 0 &&
		    errno == ECONNREFUSED && !client->second) {
			client->second = true;
			if (connect_inside(client))
				send(client->watch.fd, buffer, (size_t)n, MSG_NOSIGNAL);
		}
	}
	task_queue(net->loop, &published->task);
}

static void ready(struct watch *watch, uint32_t events)
{
	take_some(container_of(watch, struct published_udp, watch));
}

static void task_run(struct task *task)
{
	take_some(container_of(task, struct published_udp, task));
}

int publish_udp_begin(struct net *net, const struct publication *what, struct published_udp **ret)
{
	struct sockaddr_storage address;
	socklen_t length = address_to_sockaddr(&what->address, what->host_port, &address);
	_cleanup_fd_ int fd =
		socket(what->address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct published_udp *new;
	const int yes = 1;
	int r;

	if (fd < 0)
		return -errno;
	if (what->address.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	new = xcalloc(1, sizeof(*new));
	*new = (struct published_udp){
		.net = net,
		.watch = {.fd = fd, .ready = ready},
		.task.run = task_run,
		.timer.expired = expired,
		.port = what->port,
	};
	for (size_t i = 0; i < CLIENTS; i++)
		new->clients[i].watch.fd = -1;
	r = loop_add(net->loop, &new->watch, EPOLLIN | EPOLLET);
	if (r < 0) {
		free(new);
		return r;
	}
	TAKE_FD(fd);
	*ret = new;
	return 0;
}

void publish_udp_end(struct published_udp *published)
{
	struct loop *loop;

	if (!published)
		return;
	loop = published->net->loop;
	for (size_t i = 0; i < CLIENTS; i++)
		if (published->clients[i].watch.fd >= 0)
			forget(&published->clients[i]);
	timer_clear(loop, &published->timer);
	task_clear(loop, &published->task);
	loop_close(loop, &published->watch);
	free(published);
}
