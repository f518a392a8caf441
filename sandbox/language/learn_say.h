// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/learn_network.h"
#include "language/learn_offers.h"
#include "language/learn_paths.h"

/* What was learnt from a recording, on its way to become text. */

typedef VECTOR(struct lesson) lesson_list;
typedef VECTOR(const struct touched *) touched_list;

struct learning {
	struct offers offers;
	struct host host;
	struct learnt_network network;
	struct grant_bounds bounds;
	const struct strv *words; /* of the command line */
	char *runtime;            /* XDG_RUNTIME_DIR, or NULL */
	char *buses[2];           /* addresses of the session's and the system's; NULL: none */

	/* What is left to be shown, and what is only said; by what it is. */
	lesson_list plain, secret, risky, sockets;
	touched_list devices, usual, hidden, entered;
	const struct touched *past_us; /* a bus that was not used by way of our socket */
	struct grants paths;
};

/* Say it as a profile: words, paths, network, buses, system calls, and what is not granted. */
void learn_say(const struct learning *learning, struct strbuf *out);
