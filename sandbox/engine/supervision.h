// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <signal.h>
#include <stddef.h>

/*
 * Something else to wait for while the sandbox runs: a helper, a control socket, events of a
 * cgroup. @ready is called when @fd has any of @events, or an error; with the same @data. It may
 * set @fd to -1 and then is not called again. A negative return ends the sandbox, with @e as the
 * reason.
 */
struct watch {
	int fd;
	short events;
	int (*ready)(struct watch *watch, short revents, struct error *e);
	void *data;
};

enum { WATCHES = 16 };

struct network;
struct late_sockets;

/* A limit that somebody who watches has seen reached. */
enum limit_hit { HIT_NONE, HIT_TIME, HIT_MEMORY };

/* The launcher's side of a running sandbox. */
struct supervision {
	int signals;   /* signalfd(2) of everything that can be caught */
	sigset_t mask; /* the caller's, to go back to */
	struct watch watches[WATCHES];
	size_t watch_count;
	struct network *network;      /* NULL: the sandbox has none of its own */
	struct late_sockets *sockets; /* whose names go once the sandbox has them */
	/* Returns when what the sandbox is going to mount is there. NULL: it is. */
	int (*stands)(void *data, struct error *e);
	void *stands_data;
	enum limit_hit hit; /* set by a watch; ends the sandbox */
	/* Where pid 1 sends its namespaces (engine/exec.h): @fd is the receiver's, -1 where one
	 * can't be had. NULL: nobody asked. */
	void (*namespace_came)(void *data, int which, int fd);
	void *namespace_data;
};

/* Have @watch waited for, until supervise() returns; also from within a @ready. */
void supervise_watch(struct supervision *supervision, const struct watch *watch);
