// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/*
 * Be pid 1 of the sandbox: reap, pass signals from outside on to @program (its process group where
 * the sender asks for it), tell @channel when it stops and how it ended, and end, whereupon the
 * kernel kills whatever is left. @proc is a /proc to read the security state of the ended program
 * from (-1: not asked for). All signals must be blocked.
 */
noreturn void init_run(pid_t program, int channel, int proc);

/* The value that a queued signal carries when it is meant for the program's process group. */
enum { SIGNAL_TO_PROGRAM = 0, SIGNAL_TO_GROUP = 1 };
