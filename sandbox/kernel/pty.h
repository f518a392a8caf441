// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

/*
 * Pseudo terminals and terminal modes (pty(7), ioctl_tty(2), termios(3)). Everything here is
 * async-signal-safe and allocates nothing.
 */

/*
 * Open a new pair: the master from @path relative to @directory (AT_FDCWD, or a descriptor of a
 * devpts instance with the path "ptmx"), and its slave through the master (TIOCGPTPEER), never by
 * a name, which could mean another pair in another devpts instance. Neither becomes a controlling
 * terminal; both are close-on-exec. The owner of the slave is the caller's file system uid, as
 * devpts makes it.
 */
int pty_open(int directory, const char *path, int *ret_master, int *ret_slave, struct error *e);

/*
 * Begin a session whose controlling terminal is @slave. The caller must not lead a process group.
 */
int pty_lead_session(int slave, struct error *e);

/*
 * Make @group (of the caller's session) the one that reads from @terminal and gets its signals.
 * Works from the background too, where the kernel would otherwise stop the caller with SIGTTOU.
 */
int pty_set_foreground(int terminal, pid_t group, struct error *e);

/*
 * Whether the caller may read from @terminal and change its modes without being stopped for it: it
 * is in the foreground process group, or @terminal isn't its controlling terminal at all.
 */
bool pty_in_foreground(int terminal);

/*
 * Give @to the size of @from in rows and columns; the programs in the foreground of @to get
 * SIGWINCH if it changed. -ENOTTY if @from is no terminal.
 */
int pty_copy_size(int from, int to);

/*
 * Set modes at once (TCSANOW: a terminal that takes no output must not hold us up), from the
 * background too. @ret_now is what the kernel made of them, for pty_same_modes(); may be NULL.
 */
int pty_set_modes(int terminal, const struct termios *modes, struct termios *ret_now);

/* The modes of @cooked with every byte passing through untouched both ways. */
void pty_raw_modes(const struct termios *cooked, struct termios *ret_raw);

/* The modes of @base with lines, echo, signals and output processing on. */
void pty_sane_modes(const struct termios *base, struct termios *ret_sane);

bool pty_same_modes(const struct termios *a, const struct termios *b);

/* Whether both descriptors are the same terminal. */
bool pty_same_terminal(int a, int b);
