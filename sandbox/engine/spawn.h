// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* A helper program that stands by the launcher. */
struct spawn {
	const char *path;
	char **argv;
	const int *descriptors; /* that it keeps, by their numbers; negative ones say nothing */
	size_t count;
	int output; /* becomes its standard output and error; -1: /dev/null does */
};

/*
 * Start it: in a session of its own (^C is for the program), with an empty environment and no other
 * descriptors, to be killed when the launcher dies. 0 or -errno.
 */
int spawn_helper(const struct spawn *spawn, pid_t *ret, struct error *e);

/* Have a helper end, where it didn't, and forget it; its status of wait(2), 0 where there is none (*process is 0). */
int spawn_end(pid_t *process);

/* How a process ended by the status of wait(2), for people: "was ended by signal 9". */
void spawn_describe(int status, char *text, size_t size);
