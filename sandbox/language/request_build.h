// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/options.h"
#include "language/profile.h"
#include "plan/request.h"

/*
 * A command line → the whole request: parse the options, choose the profile, and put together, in
 * rising precedence, default.profile (and the user's default.local.profile), the profile chosen,
 * the user's NAME.local.profile, the words of --use, and the options. Of one file, the words it
 * uses and the profiles it includes come before its own lines.
 *
 * The profile is that of --profile, else the one of the program's base name, else "default" alone.
 * A profile that comes with hutch is not chosen by name for a program given by a path outside of
 * the system's directories: the name of a file that was just downloaded must not open anything.
 *
 * @argv[0] is the verb's name. Both results are to be zeroed before and freed by the caller, on
 * failure too. After --help or --version only @ret_line is filled.
 */
int request_build(int argc, char **argv, enum verb verb, struct request *ret,
		  struct command_line *ret_line, struct error *e);

/*
 * Load one profile and all it refers to into @ret, as a check does: every fault is added to
 * @problems. Of the first file itself, what it is called is handed back in @ret_description, unless
 * that is NULL. Returns 0, the code of the first fault, or -ENOENT with nothing added.
 */
int request_load_profile(const struct profile_place *place, struct request *ret,
			 char **ret_description, struct problems *problems);

/* Whether `hutch run @program` would choose a profile by that name, the user's or a shipped one. */
bool request_has_profile(const char *program);
