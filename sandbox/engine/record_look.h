// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/record_bus.h"
#include "engine/recording.h"

#include <limits.h>
#include <linux/seccomp.h>

/* What was seen of one path of a call that has not been carried out yet. */
struct sight {
	char path[2 * PATH_MAX];
	unsigned access; /* 0: nothing */
	bool existed;
	mode_t type;
};

/* Looks at calls, one after the other; zero but for what is said to be set. */
struct onlooker {
	struct recording *recording; /* set */
	const char *program;         /* set: who is meant by this program's own executable */
	char self[PATH_MAX];         /* set: that executable */
	const struct bus_watch *bus; /* set: whose sockets are none of the program's affair */
	bool roots_differ;           /* a process may have a root or mount namespace of its own */

	/* of the call that is looked at */
	struct sight sights[2];
	struct contacted contact; /* .length 0: none */
	char by[PATH_MAX];        /* the program that makes it, where that is of interest */
	bool questioned, unread, elsewhere;
};

/*
 * Look at a call, whose caller stands still, before it is carried out: only then it can be seen what
 * was there before. Nothing is recorded yet.
 */
void onlooker_look(struct onlooker *onlooker, const struct seccomp_notif *request);

/* The caller was there until the end of the look: record what was seen. */
void onlooker_keep(struct onlooker *onlooker, const struct seccomp_notif *request);
