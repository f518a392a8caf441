// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client.h"

#include <stdbool.h>

/* What is to be opened: an address, or a file or directory. */
struct opening {
	const char *url; /* NULL: the descriptor */
	int fd;
	bool directory;
	bool asked; /* the user is asked, whatever was chosen before */
};

/*
 * Have the desktop's portal open it (org.freedesktop.portal.OpenURI), and wait for what comes of it: the portal drops a
 * request whose sender has gone. 0 where it was opened, or -errno.
 */
int portal_open(struct client *client, const struct opening *what, struct error *e);
