// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/recording.h"

#include <poll.h>

struct bus_client;

/* A socket at which the program finds the host's message buses, and what passes is read. */
struct bus_watch {
	struct recording *recording;
	const char *program; /* as the launcher's own executable is called, see record_look.h */
	char *directory;     /* of the sockets; made for this run alone; NULL: there is no bus */
	struct {
		char *address; /* of the host's bus (base/bus_address.h); NULL: there is none */
		char *path;    /* of our socket */
		int listener;
	} buses[2]; /* BUS_SESSION, BUS_SYSTEM */
	VECTOR(struct bus_client *) clients;
};

/* Make the sockets for those buses that have an address in @addresses. Stopped by bus_watch_stop()
 * in all cases. */
int bus_watch_start(struct bus_watch *watch, char *const addresses[2], struct error *e);

/* Have the program find them there: in its own process, before it executes. */
void bus_watch_announce(const struct bus_watch *watch);

/* Whether @path is one of the sockets. */
bool bus_watch_has(const struct bus_watch *watch, const char *path);

/* What is to be waited for is added to @fds. */
struct pollfds {
	VECTOR(struct pollfd) list;
};
void bus_watch_poll(const struct bus_watch *watch, struct pollfds *fds);

/* It happened: @fds are those that bus_watch_poll() added. */
void bus_watch_ready(struct bus_watch *watch, const struct pollfd *fds, size_t count);

void bus_watch_stop(struct bus_watch *watch);
