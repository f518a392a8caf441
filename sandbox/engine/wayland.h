// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/late_socket.h"
#include "engine/plan.h"
#include "engine/report.h"

/*
 * A compositor that knows security contexts gives a sandbox a socket of its own: who connects there
 * is known to be in a sandbox, and of which name, and gets none of what is not for such
 * (security-context-v1 of wayland-protocols).
 */
struct wayland {
	const struct plan *plan;
	int alive; /* a pipe that the compositor sees closed when the sandbox is gone */
};

#define WAYLAND_NONE ((struct wayland){.alive = -1})

/*
 * Whether the compositor that listens at @socket has security contexts: 1 or 0; -errno where it
 * can't be spoken with.
 */
int wayland_has_contexts(const char *socket, struct error *e);

/* Make the socket and have the compositor listen there, before the sandbox is made. 0 or -errno. */
int wayland_start(struct wayland *wayland, const struct plan *plan, struct late_sockets *sockets,
		  struct report *report, struct error *e);

/* The sandbox is gone; fine where nothing was started. */
void wayland_stop(struct wayland *wayland);
