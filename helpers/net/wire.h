// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

struct net;

/* Send a frame into the sandbox; one that does not fit is dropped, as on any wire. */
void wire_send(struct net *net, const uint8_t *data, size_t length);
