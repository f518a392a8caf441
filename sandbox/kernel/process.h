// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* What a process inherits, put in order. All return 0 or -errno and are async-signal-safe. */

/* Open /dev/null on each of 0, 1 and 2 that is closed, so that no descriptor of ours ever lands
 * there. */
int process_fill_standard_descriptors(void);

/* Every signal at its default disposition and none blocked. */
int process_reset_signals(void);

/* Close every descriptor above 2 at exec, except the @count ones of @keep, which stay open. */
int process_close_on_exec(const int *keep, size_t count);

/* Close every descriptor above 2 now, except the @count ones of @keep; negative ones there say
 * nothing. */
void process_close_all_but(const int *keep, size_t count);

/*
 * Overwrite the memory in which the kernel shows this process's arguments and environment to others
 * (/proc/PID/cmdline, environ): the arguments become @name. What was there is gone; copy before.
 */
void process_scrub(const char *name);

/*
 * Wait until the clock that files are stamped with (CLOCK_REALTIME_COARSE, a tick at a time) is past
 * @time of the exact one, so that what changes from then on is stamped later; at most a tick. Where
 * the clock was set back it does not wait for long.
 */
void process_wait_for_stamps(const struct timespec *time);

/* Bring up the loopback interface of this network namespace (one ioctl; a library would have to
 * allocate here). */
int process_loopback_up(void);

/*
 * Kill every child of this process, and those that become its children by that (for one that
 * orphans fall to, PR_SET_CHILD_SUBREAPER), until there is none. @proc is the /proc of its PID
 * namespace.
 */
void process_kill_children(int proc);
