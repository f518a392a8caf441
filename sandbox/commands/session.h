// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_store.h"
#include "language/options.h"

/* What the verbs that work on throwaway sessions share. */

/* Where they are ($XDG_STATE_HOME/hutch/sessions); the caller frees it. NULL with @e: no home. */
char *sessions_root(struct error *e);

/* Parse the command line of such a verb. 0, -errno, or 1 where it is answered, with @ret_status. */
int session_line(int argc, char **argv, enum verb verb, struct request *request,
		 struct command_line *line, int *ret_status, struct error *e);

/* The one name on the command line, or, where it has none and @or_last, the session that was used
 * last. The caller frees it; NULL with @e. */
char *session_name(const char *root, const struct request *request, bool or_last, const char *verb,
		   struct error *e);

/* "1.2 MB", "4 days": the caller frees them. */
char *size_text(uint64_t bytes);
char *age_text(int64_t seconds);
