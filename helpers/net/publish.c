// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports of the host that lead into the sandbox. A connection is accepted here and made inside with a
 * socket of the sandbox's (maker.h), then both are a relay. Datagrams: publish_udp.c.
 */
#include "publish.h"

#include "acceptor.h"
#include "attempt.h"
#include "net.h"
#include "publish_udp.h"
#include "relay.h"
#include "shortage.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct published {
	struct acceptor acceptor; /* of TCP; its net is NULL for none */
	struct published_udp *udp;
};

static void accepted(const struct acceptor *acceptor, int fd, const struct sockaddr *peer)
{
	attempt_inward(acceptor->net, fd, acceptor->port);
}

static void turned_away(const struct acceptor *acceptor, int fd, const struct sockaddr *peer,
			int code)
{
	const struct layout *layout = &acceptor->net->options->layout;

	relay_reset(fd);
	shortage_tell(acceptor->net, &layout->guest4.address, acceptor->port, code);
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
	new->acceptor = (struct acceptor){
		.net = net, .port = port, .accepted = accepted, .turned_away = turned_away};
	return acceptor_begin(&new->acceptor, fd);
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
		if (published->acceptor.net)
			acceptor_end(&published->acceptor);
	}
	free(net->published);
	net->published = NULL;
}
