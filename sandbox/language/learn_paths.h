// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "base/vector.h"

/*
 * Many paths that were used → few that are to be shown (hutch-learn(1) tells users the rules):
 *
 *   1. What is read is shown read-only, what is changed in place is shown writable.
 *   2. Where a name is made, renamed or removed, the directory around it is shown writable.
 *   3. What is written to in an application's directory (~/.config/NAME, ~/.cache/NAME, ~/.NAME, …)
 *      shows all of that.
 *   4. GRANTS_TOGETHER or more in one directory, of the same kind, show the directory; and so on
 *      upwards.
 *   5. What is inside of something that is shown anyway is left out.
 *
 * A directory that many things share (the home itself, /etc, /tmp, ~/.config …), and one with a
 * secret in it, is never shown for that: then the single path remains. Nothing here looks at the
 * host.
 */
enum { GRANTS_TOGETHER = 4 };

/* One path that was used. Nothing in it is owned. */
struct lesson {
	const char *path; /* absolute, tidy */
	bool write;       /* changed in place */
	bool made;        /* the name came into being */
	bool moved;       /* something was renamed to it, or it was renamed or removed */
	bool exists;      /* now */
	uint64_t times;
	const char *by;
};

/* What must not be shown as a whole. All absolute and tidy. */
struct grant_bounds {
	const char *home;
	struct strv shared;       /* directories that many things share; all above them too */
	struct strv applications; /* directories in which each application has one of its own */
	struct strv secrets;      /* neither these nor what is above them */
};

struct grant {
	char *path;
	bool writable;
	size_t paths;   /* how many were used */
	uint64_t times; /* how often */
	char *first;    /* the one that was used first, and by whom */
	char *by;
	size_t order; /* of that one in the lessons */
};

struct grants {
	VECTOR(struct grant) list;                /* by path, parents first */
	VECTOR(const struct lesson *) impossible; /* not as it was: its directory can't be shown */
};

/* Whether all below the directory @path may be shown. */
bool grant_bounds_allow(const struct grant_bounds *bounds, const char *path);

/* Whether @path is one of the secrets, or in one of them. */
bool grant_bounds_secret(const struct grant_bounds *bounds, const char *path);

/* Put the lessons together. @ret is zeroed before, freed by the caller, and refers to @lessons. */
void grants_collapse(const struct lesson *lessons, size_t count, const struct grant_bounds *bounds,
		     struct grants *ret);

void grants_free(struct grants *grants);
void grant_bounds_free(struct grant_bounds *bounds);
