// SPDX-License-Identifier: GPL-2.0-or-later
#include "echo.h"

#include "net.h"
#include "wire.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Pings at a time; one that starts when all are in use takes the place of the most silent. */
#define ECHOES 32

struct echo {
	struct net *net;
	struct watch watch; /* used == 0: free */
	struct address inside, outside, real;
	uint16_t identifier;
	uint8_t ethernet[14]; /* header of the answers */
	int64_t used;
};

static struct echo echoes[ECHOES];
static uint8_t message[65536];

static void answer(struct watch *watch, uint32_t events)
{
	struct echo *echo = container_of(watch, struct echo, watch);
	struct net *net = echo->net;
	static uint8_t frame[FRAME_LIMIT];
	ssize_t n;

	while ((n = recv(watch->fd, message, sizeof(message) - 64, 0)) >= 0) {
		size_t length;

		if (n < 8 || message[0] != ICMP6_ECHO_REPLY)
			continue;
		/* The kernel has numbered it by the socket; the program knows its own number. */
		message[4] = (uint8_t)(echo->identifier >> 8);
		message[5] = (uint8_t)echo->identifier;
		length = frame_icmp6(echo->ethernet, &echo->outside, &echo->inside, message,
				     (size_t)n, frame);
		net->counters.datagrams_down++;
		net->counters.total.down += length;
		wire_send(net, frame, length);
	}
}

static void forget(struct echo *echo)
{
	if (!echo->used)
		return;
	loop_close(echo->net->loop, &echo->watch);
	echo->used = 0;
}

static struct echo *find(struct net *net, const struct frame *frame, const struct address *real,
			 uint16_t identifier)
{
	struct echo *place = &echoes[0];
	int fd;

	for (size_t i = 0; i < ECHOES; i++) {
		struct echo *echo = &echoes[i];

		if (echo->used && echo->identifier == identifier &&
		    address_equal(&echo->inside, &frame->source) &&
		    address_equal(&echo->outside, &frame->destination) &&
		    address_equal(&echo->real, real))
			return echo;
		if (echo->used < place->used)
			place = echo;
	}
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	if (fd < 0)
		return NULL;
	forget(place);
	*place = (struct echo){
		.net = net,
		.watch = {.fd = fd, .ready = answer},
		.inside = frame->source,
		.outside = frame->destination,
		.real = *real,
		.identifier = identifier,
	};
	memcpy(place->ethernet, frame->data, sizeof(place->ethernet));
	frame_turn(place->ethernet);
	if (loop_add(net->loop, &place->watch, EPOLLIN) < 0) {
		fd_close(fd);
		return NULL;
	}
	return place;
}

void echo_take(struct net *net, const struct frame *frame, const struct address *real)
{
	const uint8_t *icmp = frame->data + frame->transport;
	size_t length = frame->length - frame->transport;
	struct sockaddr_storage to;
	socklen_t to_length = address_to_sockaddr(real, 0, &to);
	struct echo *echo = find(net, frame, real, (uint16_t)(icmp[4] << 8 | icmp[5]));

	if (!echo) {
		net->counters.dropped++;
		return;
	}
	echo->used = loop_now(net->loop);
	sendto(echo->watch.fd, icmp, length, MSG_NOSIGNAL, (struct sockaddr *)&to, to_length);
}

void echo_end(struct net *net)
{
	for (size_t i = 0; i < ECHOES; i++)
		forget(&echoes[i]);
}
