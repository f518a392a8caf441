// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* What the proxy of one bus needs. */
struct proxy {
	char *program;    /* xdg-dbus-proxy */
	char *directory;  /* of the host, where it listens */
	const char *name; /* of its socket there */
	char *address;    /* of the bus: "path:/run/…" or "abstract:NAME" */
	const char *info; /* what /.flatpak-info says; NULL: there is none */
};

/*
 * Make the root in which the proxy runs, and go there. It has the system's programs and libraries,
 * the socket of the bus as /bus, the directory where it listens as /proxy, and the identity that
 * portals look for. Nothing of the user's files.
 */
int proxy_root(const struct proxy *proxy, struct error *e);

/*
 * Give up everything but what carrying messages takes: capabilities, new privileges, files but for
 * those of its root, and the system calls that profiles/seccomp/dbus-proxy.policy does not list.
 */
int proxy_confine(const struct proxy *proxy, struct error *e);
