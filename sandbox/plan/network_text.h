// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * What people write about the network, checked where it is read: the helper that obeys it has the
 * last word, but a slip of the pen is to be told with the place it was made in.
 */

/*
 * A rule of --allow and --deny: [PROTOCOL:]HOST[:PORT[-PORT]][+tls=ech|+tls=any], PROTOCOL tcp, udp or icmp,
 * HOST a name, *.NAME, an address, a network as ADDRESS/BITS, or "*"; an address of IPv6 in
 * brackets where a port follows. Names are what goes over the wire: letters, digits and - in
 * labels of at most 63, 253 in all. 1 where it goes by a name, 0 where not, or -EINVAL with what is wrong.
 */
int network_rule_check(const char *rule, struct error *e);

/* An address of IPv4 or IPv6, nothing else. */
int network_address_check(const char *text, struct error *e);

/* A port that leads from the host into the sandbox. */
struct published {
	struct sockaddr_storage address; /* on the host, with the port; 127.0.0.1 unless said */
	socklen_t length;
	uint16_t inside; /* the port in the sandbox */
	bool udp;
};

/* [IP:]PORT[:PORT][/tcp|/udp], the first the host's; an address of IPv6 in brackets. */
int network_publish_parse(const char *text, struct published *ret, struct error *e);

/* A decimal number from 1 to 65535. */
int network_port_parse(const char *text, uint16_t *ret, struct error *e);
