// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>

/*
 * $XDG_RUNTIME_DIR/KIND/N: a directory for sockets of the sandbox N alone. Its lock is held by the launcher and goes with it,
 * however it ends; who gets the lock may sweep (as in engine/registry.c).
 */
struct run_directory {
	int runtime;   /* the caller's runtime directory; -1: there is none of these */
	int directory; /* that of the sandbox, locked */
	const char *kind;
	char name[16];
};

#define RUN_DIRECTORY_NONE ((struct run_directory){-1, -1, NULL, ""})

/*
 * Make it at @path, whose last two names are @kind, which is not copied, and the number N; and remove a few that launchers
 * left behind that were killed. For each of those @gone, where it is not NULL, gets the runtime directory and N. 0 or -errno.
 */
int run_directory_make(struct run_directory *place, const char *path, const char *kind,
		       void (*gone)(int runtime, const char *name), struct error *e);

/* Remove it, with the files in it; fine where it was not made. */
void run_directory_remove(struct run_directory *place);

/* A directory in @parent that is no link; it is made where it is missing, and must be where it is @fresh. A descriptor. */
int run_directory_in(int parent, const char *name, bool fresh);
