// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.h"

#include <stddef.h>
#include <stdint.h>

struct net;

/* Send a frame into the sandbox; one that does not fit is dropped, as on any wire. */
void wire_send(struct net *net, const uint8_t *data, size_t length);

/* Answer @frame as a router would that can't pass it on. */
void wire_unreachable(struct net *net, const struct frame *frame, enum frame_reason reason);

/* Answer @syn so that connect(2) inside fails with @code, or in its own time where that says it. */
void wire_fail(struct net *net, const struct frame *syn, int code);
