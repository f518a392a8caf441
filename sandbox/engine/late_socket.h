// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stddef.h>

enum { LATE_SOCKETS = 3 };

/*
 * Sockets of a sandbox's own, made before it and mounted into it (a `late` mount of the plan). They have a name on the host
 * only until the sandbox has them.
 */
struct late_sockets {
	const char *names[LATE_SOCKETS]; /* the plan's, as long as they are there */
	size_t count;
};

/* A socket that listens at @path, for this user alone; the descriptor, close-on-exec and not waiting, or -errno. */
int late_socket_make(struct late_sockets *sockets, const char *path, struct error *e);

/* The sandbox has them, or there will be none: nobody needs their names. */
void late_sockets_forget(struct late_sockets *sockets);
