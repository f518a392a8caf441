// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Where a sandbox whose links are asked for has the socket for them. */
#define LINKS "/run/hutch-links"

/* As xdg-open(1) has them. */
enum status { OPENED, USAGE, NO_FILE, NO_TOOL, FAILED };

/*
 * Outside: who connects at @listener names an address, and the portal on the bus at @address (bus_address.h) asks the user
 * before it is opened. One after the other. Does not return, but with a status where it can't begin.
 */
int serve_links(int listener, const char *address);

/* Inside: name @url at that socket, and wait. -ENOENT where there is no such socket, else a status. */
int serve_ask(const char *url);
