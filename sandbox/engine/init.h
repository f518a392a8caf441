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
 *
 * Without a PID namespace (@launcher is not 0) nothing is killed by the kernel. Then this process
 * is the one that orphans fall to (PR_SET_CHILD_SUBREAPER), @proc must be there, and init_run()
 * kills whatever is left: when the program ended, and when the process @launcher is no longer the
 * parent.
 */
noreturn void init_run(pid_t program, int channel, int proc, pid_t launcher);

/* The launcher's side: send pid 1, of which @init is the pidfd, the signal @number with the value
 * @value (below). 0 or -errno. */
int init_tell(int init, int number, int value);

/* End everything inside: the kernel does when pid 1 ends; without a PID namespace (@bare), what
 * stands in for pid 1. 0 or -errno. */
int init_end(int init, bool bare);

/*
 * The same where nothing is passed on and nothing is ended: tell @channel how @program ended, reap
 * until nothing is left, and end. The program is in its caller's session, which sends it what keys
 * mean.
 */
noreturn void init_linger(pid_t program, int channel);
/* pid 1's side: send @program, or its process group, a signal from outside. */
void init_deliver(pid_t program, int number, bool group);

/* The value that a queued signal carries: it is meant for the program, for its process group; or
 * (without a PID namespace) everything is to be killed; or it asks for the namespaces. */
enum { SIGNAL_TO_PROGRAM = 0, SIGNAL_TO_GROUP = 1, SIGNAL_END = 2, SIGNAL_NAMESPACES = 3 };
