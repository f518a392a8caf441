// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * The line of /etc/passwd for @uid: name and home directory, to be freed by the caller. False where
 * there is none.
 *
 * Only asked where $HOME or $USER is not set. The file itself and not getpwuid(3): that loads
 * whatever nsswitch.conf names into the process, which a program that is linked statically can't do
 * for sure.
 */
bool user_look_up(uid_t uid, char **ret_name, char **ret_home);

/* The login shell of the line for @uid, or NULL; the caller frees it. */
char *user_shell(uid_t uid);

/* The caller's home directory: $HOME where it is an absolute path, else that of /etc/passwd; NULL
 * where neither is. */
const char *user_home(void);

/* The variables of the base directories (XDG Base Directory Specification). */
#define BASE_DIRECTORIES 4
extern const char *const base_directory_names[BASE_DIRECTORIES];

/* A base directory by its variable ("XDG_CONFIG_HOME"): its value where that is an absolute path,
 * else the default of the XDG Base Directory Specification. NULL where there is none. The caller
 * frees it. */
char *base_directory(const char *variable);

/*
 * The caller's runtime directory: $XDG_RUNTIME_DIR where it is an absolute path, else the usual one; NULL where that is not a
 * directory of the caller's alone: who else may write there could put something of his in the place of a socket that a sandbox
 * is to have. The caller frees it.
 */
char *runtime_directory(void);
