// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "language/profile.h"

/*
 * Where profiles are, by name: the user's own (~/.config/hutch/NAME.profile, words/NAME.profile),
 * which replace, then those that come with hutch (default.profile, apps/NAME.profile,
 * words/NAME.profile). Nothing else is looked for anywhere.
 */
enum profile_kind {
	PROFILE_APP,    /* for a program; "default" too */
	PROFILE_WORD,   /* named by `use` */
	PROFILE_LOCAL,  /* NAME.local.profile: only the user's, adds to NAME */
	PROFILE_POLICY, /* seccomp/NAME.policy: no profile, but found by name as these are */
};

/* Whether a profile can have that name: letters, digits and ._+@-, at most 64, no dot or dash
 * first, not NAME.local. */
bool profile_name_valid(const char *name);

/* The places where a profile of that name can be, first one first; returns how many (0 to 2). */
size_t profile_places(enum profile_kind kind, const char *name, struct profile_place ret[2]);

/* The place of a file that was named by its path. */
void profile_place_of_file(const char *path, struct profile_place *ret);

/* Names of all profiles of a kind, sorted, each once. */
void profile_names(enum profile_kind kind, struct strv *ret);
