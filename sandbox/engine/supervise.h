// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "engine/supervision.h"

/* Begin, and take over the signals, before the child exists, so that none is lost. */
int supervise_prepare(struct supervision *supervision, struct error *e);

/*
 * Pass signals on, carry the terminal, watch the time, until the program ended. @channel leads to
 * the child, @init is the pidfd of its pid 1, or -1 where what is there takes signals over the
 * channel (exec). 0 when the program ran; else -errno with the child's
 * own message.
 */
int supervise(struct supervision *supervision, const struct plan *plan, int channel, int init,
	      struct report *ret, struct error *e);

/* Wait for what the sandbox mounts of helpers, and tell it; nothing where it does not wait. @channel as above. */
int supervise_let_mount(struct supervision *supervision, int channel, struct error *e);

/* Give the signals back. */
void supervise_done(struct supervision *supervision);
