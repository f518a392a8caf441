// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "layout.h"
#include "namespaces.h"

#include "base/error.h"

/* What is made inside the sandbox's network namespace, and what is taken out of it. */

/* How TCP leaves the sandbox. */
enum tcp_way {
	TCP_TPROXY,       /* the SYN by the tap, then the kernel's own TCP */
	TCP_ACCEPT_FIRST, /* no tap: connections are accepted before their destination is asked */
	TCP_SLIRP,        /* no redirection: a TCP of libslirp's, packet by packet */
	TCP_PENDING,      /* one of those with a tap, and which is not known yet */
	TCP_NONE,         /* it will never be known */
};

extern const char *const tcp_way_names[];

/* Descriptors taken out, -1 where there is none; [0] for IPv4, [1] for IPv6. */
struct attachment {
	enum tcp_way tcp;
	bool ipv6;
	int tap;
	int listener[2]; /* transparent: gets every connection that leaves */
	int dns_udp[2], dns_tcp[2];
	int host_port[SETUP_PORTS][2]; /* listeners on loopback, one for each host port */
	int maker;                     /* a process inside that makes sockets on demand (maker.h) */
	struct error no_redirection;   /* why TCP can't be led to the listeners, or code 0 */
	char notes[512];               /* what is missing and what follows, one line each */
};

/* Add a line to the notes; what does not fit is left out. */
void setup_note(struct attachment *attachment, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Have a child make all in @namespaces but the redirection, so that TCP is pending (redirection.h). On
 * success everything in @ret is the caller's to close. The caller has one thread, and from then on
 * leaves its children to the kernel (SIGCHLD is ignored).
 */
int setup_make(const struct layout *layout, const struct namespaces *namespaces,
	       struct attachment *ret, struct error *e);

/* In a child: enter, never to be traced and never to outlive the caller. */
int setup_enter(const struct namespaces *namespaces, struct error *e);
