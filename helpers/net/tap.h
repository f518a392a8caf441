// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct net;

/* Take up the tap of the attachment; its frames go to attempt.c, datagram.c and libslirp. */
int tap_begin(struct net *net, struct error *e);
void tap_end(struct net *net);

/* Send a frame into the sandbox; one that does not fit is dropped, as on any wire. */
void tap_send(struct net *net, const uint8_t *data, size_t length);
