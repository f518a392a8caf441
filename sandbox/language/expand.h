// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

/*
 * What ~ and ${NAME} stand for in a value.
 *
 * Names: HOME, UID, the XDG base directories (XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME,
 * XDG_CACHE_HOME, XDG_RUNTIME_DIR) and the user directories of user-dirs.dirs (DOWNLOADS,
 * DOCUMENTS, …). Any other name is an error: the host's environment decides nothing here.
 */

/* The user's own directory of profiles (~/.config/hutch); the caller frees it; NULL: no home. */
char *user_profile_directory(void);

/*
 * A path as written: ~ at its beginning and each ${NAME} are expanded, and a backslash takes the
 * meaning off a comma, colon, question mark, dollar sign, tilde, number sign, blank or backslash
 * behind it. The caller frees @ret.
 */
int expand_path(const char *text, char **ret, struct error *e);

/* Only each ${NAME}; "\$" stands for "$", and all other text for itself. The caller frees @ret. */
int expand_variables(const char *text, char **ret, struct error *e);

/* A relative path as it is meant in a file of @directory; the caller frees it. */
char *path_beside(const char *directory, const char *path);
