// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/report.h"

/*
 * Carry the plan out: start the sandbox, stand by it (signals, terminal, time limit) until it ends,
 * and fill @ret. 0 when the program
 * ran, however it ended; else -errno, and nothing ran.
 */
int launch(const struct plan *plan, struct report *ret, struct error *e);
