// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <sys/types.h>

/*
 * A process that keeps a scope alive, and gives it up when nobody used it for @seconds. It waits to
 * be told which scope it is: keeper_tell(); it ends when the caller does without. Its number, or
 * -errno; @ret_channel is for keeper_tell().
 */
pid_t keeper_start(const char *file, unsigned seconds, int *ret_channel, struct error *e);

/* The scope's directory, with the keeper in its sup/. */
int keeper_tell(int channel, const char *scope);
