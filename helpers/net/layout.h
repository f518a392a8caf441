// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the network inside is laid out. */

#define SETUP_PORTS 64 /* --host-port, at most */

/* Where things are inside. */
struct layout {
	struct network guest4, guest6; /* the sandbox's own address, with its network's bits */
	struct address gateway4, gateway6;
	struct address dns4, dns6;
	unsigned int mtu;
	uint16_t host_ports[SETUP_PORTS];
	size_t host_port_count;
	bool publishes;                  /* sockets inside will be needed later, too */
	bool want_tap, want_redirection; /* false leaves it out, for tests of what then happens */
};

/* The marks, rule priorities and table that setup_routing() and setup_redirection() agree upon. */
enum {
	SETUP_MARK_SYN = 0x68,
	SETUP_PRIORITY_SYN = 100,
	SETUP_PRIORITY_TCP = 101,
	SETUP_TABLE = 0x68,
	SETUP_PORT = 1, /* of the transparent listener, on the gateway's address */
};

#define SETUP_TAP "tap0"

/* The congestion control of TCP that stays on the loopback interface (tcp(7)): one that every kernel
 * has and everybody may choose, and that does not pace, as the host's own (BBR) may. */
#define SETUP_CONGESTION "reno"
