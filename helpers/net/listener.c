// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listeners inside: the transparent one, to which every connection that leaves comes, and those
 * of --host-port.
 */
#include "listener.h"

#include "acceptor.h"
#include "attempt.h"
#include "net.h"

#include "base/alloc.h"

#include <netinet/in.h>
#include <stdlib.h>

struct listeners {
	size_t count;
	struct acceptor items[2 + 2 * SETUP_PORTS];
};

static void to_host_port(const struct acceptor *acceptor, int fd, const struct sockaddr *peer)
{
	const struct address loopback4 = {.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	const struct address loopback6 = {.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT};

	attempt_outward(acceptor->net, fd, peer->sa_family == AF_INET ? &loopback4 : &loopback6,
			acceptor->port, true);
}

static void to_anywhere(const struct acceptor *acceptor, int fd, const struct sockaddr *peer)
{
	attempt_accepted(acceptor->net, fd, peer);
}

static void turned_away(const struct acceptor *acceptor, int fd, const struct sockaddr *peer,
			int code)
{
	attempt_turned_away(acceptor->net, fd, peer, code);
}

/* @host_port: 0 for the transparent one. */
static int add_listener(struct net *net, int fd, uint16_t host_port)
{
	struct acceptor *listener = &net->listeners->items[net->listeners->count];

	if (fd < 0)
		return 0;
	net->listeners->count++;
	*listener = (struct acceptor){
		.net = net,
		.port = host_port,
		.accepted = host_port ? to_host_port : to_anywhere,
		.turned_away = turned_away,
	};
	return acceptor_begin(listener, fd);
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
	for (size_t i = 0; i < listeners->count; i++)
		acceptor_end(&listeners->items[i]);
	free(listeners);
	net->listeners = NULL;
}
