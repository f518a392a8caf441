// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Why a change deserves a second look before it comes to the host. */
enum risk {
	RISK_SHELL = 1 << 0,      /* a file that a shell or a login runs */
	RISK_GIT = 1 << 1,        /* hooks and settings by which git runs programs */
	RISK_AUTOSTART = 1 << 2,  /* started with the desktop or the user's manager */
	RISK_CRON = 1 << 3,       /* run at times */
	RISK_PATH = 1 << 4,       /* in a directory that commands are looked for in */
	RISK_LOGIN = 1 << 5,      /* keys and logins */
	RISK_TOOL = 1 << 6,       /* obeyed by editors and tools that open the directory */
	RISK_SETUID = 1 << 7,     /* runs with its owner's or group's rights */
	RISK_EXECUTABLE = 1 << 8, /* may be executed */
	RISK_LINK = 1 << 9,       /* a link that leads out of the tree */
	RISK_NAME = 1 << 10,      /* control bytes in its name */
	RISK_DEVICE = 1 << 11,    /* a device or socket; never applied */
};

enum { RISK_COUNT = 12 };
extern const char *const risk_names[RISK_COUNT]; /* by bit, for people */

/*
 * The risks of a file that a session has at @path (absolute), with @mode and, of a symbolic link,
 * @target. @tree is the tree of the session it is in, @home the user's home directory.
 */
unsigned risk_of(const char *path, const char *tree, const char *home, mode_t mode,
		 const char *target);
