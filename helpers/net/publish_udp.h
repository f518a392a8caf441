// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "options.h"

struct net;
struct published_udp;

/* Open the host's UDP port of @what; -errno. What comes there goes to its port of the sandbox. */
int publish_udp_begin(struct net *net, const struct publication *what, struct published_udp **ret);
void publish_udp_end(struct published_udp *published);
