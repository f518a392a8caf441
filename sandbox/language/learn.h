// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "engine/recording.h"

/*
 * From a recording to the text of a profile: words first, then paths, each line with its evidence
 * as a comment above it. What should not be granted without somebody having thought about it stands
 * there as a comment: keys and logins, files that run later outside, sockets of other programs.
 *
 * @arguments: the program and its arguments
 *
 * The text has been read back as a profile, and what it still does not grant is said at its end.
 *
 * 0 with the text in @ret, or -errno.
 */
int learn_profile(const struct recording *recording, const struct strv *arguments, char **ret,
		  struct error *e);

/* The plan that `hutch run --profile default` would make for the program: what fails there, fails
 * before anything runs. @ret_program is the file to be executed, freed by the caller. */
int learn_program(const struct strv *arguments, char **ret_program, struct error *e);
