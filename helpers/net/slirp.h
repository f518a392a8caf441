// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;

/* libslirp behind the tap: neighbours, UDP, ICMP echo and, where nothing better is there, TCP. */
/* Gets a frame on its way into the sandbox. */
typedef void slirp_deliver_t(struct net *net, const uint8_t *data, size_t length);

/* Is it installed? A cheap look, which tells whether slirp_begin() can be left for later. */
bool slirp_is_there(void);

int slirp_begin(struct net *net, slirp_deliver_t *deliver, struct error *e);
void slirp_end(struct net *net);

/* A frame that the policy allows. */
void slirp_take(struct net *net, const uint8_t *data, size_t length);
