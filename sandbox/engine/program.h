// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/entry.h"

/*
 * Confine the calling process, which was forked off for it, and execute the plan's program. @root
 * is the root directory, @proc a /proc that was opened before it, @peer the terminal (-1: none),
 * @mapped the two event descriptors over which pid 1 maps the ids of a range. Failures go to the
 * channel.
 */
noreturn void program_run(const struct entry *entry, int root, int proc, int peer, int mapped[2]);
