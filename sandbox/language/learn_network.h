// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "engine/recording.h"
#include "plan/request.h"

/*
 * What network the addresses that were seen stand for. Names are not seen: a lookup is a message to
 * a name server, and what is connected to later is an address.
 */
struct learnt_network {
	enum net mode;
	struct strv evidence; /* one line each: what asks for the mode */
	struct strv ports;    /* of the host's loopback, that somebody else listens on */
	struct strv publish;  /* that the program listened on for other machines, as --publish */
	struct strv remarks;  /* one line each: what no mode gives */
};

void learn_network(const struct recording *recording, struct learnt_network *ret);
void learnt_network_free(struct learnt_network *network);
