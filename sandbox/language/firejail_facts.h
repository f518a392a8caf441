// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

/* What a profile of firejail's says, in our terms; paths are absolute and as the host has them. */

struct firejail_facts {
	struct strv shown;    /* in the home, to be written to */
	struct strv excepted; /* the same, where not only what is named is there (.whitelist) */
	struct strv made;     /* directories among them that are made where they are missing */
	struct strv files;    /* those that are files */
	struct strv read_only, read_write, hidden, tmpfs, noexec;
	struct strv shown_read_only;

	bool bus_closed, bus_filtered; /* of the session; else it is open there */
	struct strv bus;               /* "session.own = NAME" */

	struct strv words, environment, limits;
	char *hostname, *wall;

	bool whitelist;    /* all that is not named in the home is hidden there, too */
	bool private_home; /* and what is named as well */
	bool no_network, no_internet, no_display, no_gpu, no_sound, no_video, no_keys;
	bool narrower; /* only parts of the system are shown */

	struct strv left; /* what could not be taken over, and why */
};

/* The user's home where it is one, and not the whole system; else a path that nothing is below. */
const char *firejail_home(void);

void firejail_facts_free(struct firejail_facts *facts);

/* Append the profile that @facts make, of the file called @name. */
void firejail_write(const struct firejail_facts *facts, const char *name, struct strbuf *out);
