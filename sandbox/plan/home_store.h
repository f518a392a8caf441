// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

#include <time.h>

/*
 * Homes that last: one directory each, which is the home directory of every sandbox that is started
 * with its name.
 *
 *	$XDG_DATA_HOME/hutch/homes/	0700
 *		NAME/			what the programs see as their home
 *		.NAME.lock		held (shared) by every launcher that runs in it; when it was
 *					changed is when the home was used last
 *
 * The lock stands beside the home, not in it, where a program could take it itself. All is done by
 * directory descriptors; no symbolic link is followed from hutch/ on, and what belongs to somebody
 * else is refused.
 */

/* Whether a home can have that name: letters, digits and ._+@-, at most 64, neither dot nor dash
 * first, and not a word that `--home` has a meaning for. */
bool home_name_valid(const char *name);

/* The words of `--home`, in the order of enum home; NULL-terminated. */
extern const char *const home_words[];

/* Refuse an invalid name with a message that says what one is; -EINVAL. */
int home_name_refuse(const char *name, struct error *e);

/* The directory of all homes, to be freed; NULL where there is no home directory. */
char *homes_path(void);

/*
 * Open that directory; @make: it is made where it is missing. The descriptor or -errno; -ENOENT
 * without a message where it is missing and was not to be made.
 */
int homes_open(bool make, struct error *e);

/* The names of all homes, sorted. */
void homes_names(int homes, struct strv *ret);

/* O_PATH descriptor of a home; -ENOENT, with a message that names the nearest, where there is none. */
int home_open(int homes, const char *name, struct error *e);

/* Make an empty one. -EEXIST where there is one already. */
int home_create(int homes, const char *name, struct error *e);

/*
 * Begin to use the home @name: note the time, and hold a lock, which is returned, so that it is not
 * removed meanwhile. Where there is none, it is made and *@ret_new is set, unless the name is so near to
 * that of another home or to a word of `--home` that it looks like a typing mistake.
 */
int home_use(const char *name, bool *ret_new, struct error *e);

/* Refuse a name that no home has if it looks like a typing mistake; @homes may be -1. */
int home_check_new(int homes, const char *name, struct error *e);

/* When it was used last, in seconds since 1970; 0: never. */
time_t home_used(int homes, const char *name);

/* Remove it with all that is in it. -EBUSY where a sandbox runs in it. */
int home_remove(int homes, const char *name, struct error *e);
