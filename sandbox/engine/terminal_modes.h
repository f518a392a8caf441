// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

/*
 * The modes of the user's terminal: changed for a session, and back however it ends.
 */

/* At most two terminals: the one read from, and another one written to. */
#define TERMINAL_SIDES 2

struct terminal_sides;

struct terminal_modes {
	struct terminal_sides *sides; /* shared with the guardian; NULL when not started */
	pid_t guardian;
};

/* What a side gives up while the session has it. */
enum terminal_role {
	TERMINAL_READ,  /* everything: bytes pass untouched both ways */
	TERMINAL_WRITE, /* only the processing of output: its keys are none of ours */
};

/*
 * Remember the modes of @terminal, which stays the caller's. terminal_modes_guard() then starts the
 * guardian, which puts the modes back should this process end without terminal_modes_stop().
 */
int terminal_modes_add(struct terminal_modes *m, int terminal, enum terminal_role role,
		       struct error *e);
int terminal_modes_guard(struct terminal_modes *m, struct error *e);

/* The modes the first terminal had, or NULL where there is none. */
const struct termios *terminal_modes_saved(const struct terminal_modes *m);

/* Whether the session has the terminals now. */
bool terminal_modes_taken(const struct terminal_modes *m);

/* Take the terminals, remembering the modes they have now; give them back. */
void terminal_modes_take(struct terminal_modes *m);
void terminal_modes_give_back(struct terminal_modes *m);

/* Give back, and end the guardian. Does nothing when not started. */
void terminal_modes_stop(struct terminal_modes *m);

/*
 * What a program may leave changed on descriptors 0 to 2 that it shares with the caller (no
 * terminal of its own): terminal modes, and O_NONBLOCK, which belongs to the open file and so to
 * everyone who has it. Kept before the program starts, put back after it ended; there is no
 * guardian.
 */
struct terminal_kept {
	struct {
		int flags; /* -1: closed */
		bool terminal;
		struct termios modes;
	} fds[3];
};

void terminal_keep(struct terminal_kept *k);
void terminal_put_back(const struct terminal_kept *k);
