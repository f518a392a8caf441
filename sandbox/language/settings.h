// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/setting_value.h"

#include <stdbool.h>

/*
 * Values as written → settings of the request.
 *
 * Options and profiles share this language. The differences: in a profile, blanks separate items of
 * a list as commas do, ${NAME} is expanded in `set`, and a policy's relative file is looked for
 * beside the profile, since a profile must not read its policy from whatever directory the program
 * is started in.
 */

/*
 * Parse @value for @row and add what it says to @request. @rest is NAME for a key that ended in
 * NAME (rlimit.NAME), else NULL. Messages begin with the origin, the name and the value.
 */
int setting_parse(const struct option_row *row, const char *rest, const char *value,
		  const struct value_source *source, struct request *request, struct error *e);

/*
 * Copy the next item of a list, escapes still in it, and move @at behind it; @at is NULL after the
 * last. False where there are no more. An item may be empty: that is for the caller to refuse.
 */
bool list_next(const char **at, bool blanks_separate, char **ret_item);

/* Put "--NAME VALUE: " or "FILE:LINE: KEY VALUE: " in front of the message; -e->code. */
int setting_error(const struct option_row *row, const char *value,
		  const struct value_source *source, struct error *e);
