// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/terminal_modes.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The launcher's side of a session with a terminal of its own: bytes between the user's terminal
 * and the master of the sandbox's pty, sizes, job control, and the modes back at the end. Made to
 * stand in the launcher's poll loop: no threads, and no call waits (but terminal_suspend(), which
 * stops this process).
 *
 *	struct terminal t = TERMINAL_NONE;
 *
 *	terminal_start(&t, master, 0, 1, e);        // then let the program go
 *	for (;;) {
 *		n = terminal_poll_fds(&t, fds, max);
 *		poll(fds, n + others, nearest(terminal_timeout(&t), other));
 *		terminal_events(&t, fds, n);
 *		// SIGWINCH: terminal_resize();  SIGCONT: terminal_resume();
 *		// the program stopped by a signal: terminal_suspend(), then send it SIGCONT
 *		// every process inside is gone: until terminal_flush(), go on polling; then
 *	}
 *	terminal_stop(&t);
 *
 * Inside, pid 1 leads the session (pty_lead_session()) and the program is a process group of its
 * own in the foreground (pty_set_foreground()): were the program itself to lead the session, its
 * group would be orphaned and the kernel would ignore ^Z. When the user's terminal goes away the
 * inner one hangs up; the kernel sends SIGHUP to the leader of the session alone, so pid 1 has to
 * pass it on to the program's group (or the launcher does, seeing terminal_hung_up()).
 *
 * The caller has SIGPIPE blocked or ignored.
 */

/* Descriptors that terminal_poll_fds() gives at most. */
#define TERMINAL_POLL_FDS 3

struct terminal_buffers;

struct terminal {
	int master; /* -1: none, or hung up */
	int in, out;
	bool in_terminal, out_terminal;
	bool in_ended;   /* nothing more comes from the user */
	bool in_waits;   /* `in` may block although it was said to be readable */
	bool out_waits;  /* the same of `out` */
	bool background; /* another job has the user's terminal */
	bool slave_gone; /* no process inside has the terminal open */
	struct terminal_modes modes;
	struct terminal_buffers *buffers;
};

#define TERMINAL_NONE                             \
	{                                         \
		.master = -1, .in = -1, .out = -1 \
	}

/*
 * Begin: the sandbox's terminal gets the modes and the size of the user's, which is then set raw,
 * if this process is in the foreground.
 *
 * @master is taken over, on failure too. @in_fd and @out_fd stay the caller's: they are opened
 * again where possible, and never made O_NONBLOCK, since that would change them for all who have
 * them. They may be different terminals, or no terminals.
 */
int terminal_start(struct terminal *t, int master, int in_fd, int out_fd, struct error *e);

/* What to poll for, at most TERMINAL_POLL_FDS entries; returns their number. */
size_t terminal_poll_fds(struct terminal *t, struct pollfd *fds, size_t max);

/* Milliseconds after which terminal_poll_fds() wants to be called again in any case; -1: never. */
int terminal_timeout(const struct terminal *t);

/* Move what can be moved without waiting, given poll's answer to what terminal_poll_fds() asked. */
void terminal_events(struct terminal *t, const struct pollfd *fds, size_t count);

/* The size of the user's terminal changed (SIGWINCH). */
void terminal_resize(struct terminal *t);

/*
 * The program inside was stopped by @signal: give the terminal back and stop too, so that the
 * user's shell sees a stopped job. With the stop signals of a terminal the whole process group
 * stops, as ^Z would have it; with SIGSTOP this process alone. Returns when continued, with the
 * terminal taken again, or at once where nobody could continue it (an orphaned process group) or
 * @signal was ignored from the start. In either case the caller then sends the program SIGCONT.
 */
void terminal_suspend(struct terminal *t, int signal);

/* This process was continued (SIGCONT), perhaps after a SIGSTOP that it never saw. */
void terminal_resume(struct terminal *t);

/* The user's terminal is gone, or what stood in its place takes no more. */
static inline bool terminal_hung_up(const struct terminal *t)
{
	return t->buffers && t->master < 0;
}

/*
 * After the last process inside ended: move what is left to the user. Returns true when all of it
 * is out, or can't be delivered any more; while it returns false, go on polling.
 */
bool terminal_flush(struct terminal *t);

/* Give the modes back and release everything. For a terminal that never started, does nothing. */
void terminal_stop(struct terminal *t);
