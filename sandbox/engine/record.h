// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/recording.h"
#include "kernel/seccomp.h"

/*
 * Run a program with everything that the user has, and record what it and its children use, until
 * the last of them has ended. A signal for this process goes to the program; once that has ended,
 * it ends what is left.
 *
 * @program:   the file to be executed
 * @arguments: NULL-terminated
 * @policy:    the calls that it would deny are recorded, too
 * @buses:     addresses of the session's and the system's message bus (base/bus_address.h), each
 *             may be NULL; the program is given sockets of ours in their place
 * @left:      called once where processes go on when the program has ended; may be NULL
 *
 * Return: 0 with the program's status in @ret, or -errno where it never ran. @ret is zeroed before
 * and freed by the caller, on failure too.
 */
int record(const char *program, char *const *arguments, const struct filter *policy,
	   char *const buses[2], void (*left)(void), struct recording *ret, struct error *e);
