// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_journal.h"

#include <limits.h>

/*
 * One place on the host at which a step of an apply or undo works: the parent directory and a name
 * in it, and a temporary name beside it. All return 0 or -errno and follow no symbolic link.
 */
struct place {
	int parent; /* -1: not open */
	bool bare;  /* neither a second name shows that it is the same file, nor its time (FUSE) */
	char name[NAME_MAX + 1];
	char temporary[48];
	char saved[24]; /* name in the journal's directory "saved" */
};

#define PLACE_NONE ((struct place){.parent = -1})

/* Open the place of step @index below the tree @top. -ENOENT, -ENOTDIR, -ELOOP (a link) or -EXDEV
 * (a mount) where its directory is not what it was. */
int place_open(int top, const struct journal *journal, size_t index, struct place *ret);

/* What is there; st_mode 0 where nothing is. */
int place_look(const struct place *place, const char *name, struct stat *ret);

/* Let the user make names in the directory; its permissions are restored by a later step. */
void place_make_writable(const struct place *place);

/*
 * Whether two times of one file are the same, as far as its file system tells them: what was just
 * set may be shown whole, and later without nanoseconds (sshfs), or in even seconds only (FAT).
 */
bool place_same_time(const struct timespec *a, const struct timespec *b);

/* Whether a file is still the one of @status. Its ctime is no part of that, as renaming changes
 * it. */
bool place_is(const struct place *place, const struct stat *now, const struct stat *status);

/* Rename @from to @to, where nothing is: -EEXIST. Without help of the file system, there may be a
 * moment between looking and doing. */
int place_rename(const struct place *place, const char *from, const char *to);

/*
 * Put the temporary file, which is ready, at the name, where @expected must be (st_mode 0:
 * nothing), which then has the temporary name. In one step of the kernel's, so that the name is
 * never without a file, and nothing that came there meanwhile is lost: -EAGAIN, and nothing
 * is changed.
 */
int place_exchange(const struct place *place, const struct stat *expected);

/* Where the file system cannot exchange names, it takes several steps: bring one that was broken off
 * to its end, or back to its beginning. -EEXIST where somebody took the name meanwhile. */
int place_settle(const struct place *place);

/* Move what has the temporary name (@name: another) to "saved", by copying where that is on
 * another file system. */
int place_save(const struct place *place, const struct journal *journal, const char *name);

/* Bring back what is saved, and was @status, under the temporary name, which it gets when it is
 * there whole. */
int place_fetch(const struct place *place, const struct journal *journal,
		const struct stat *status);

void place_close(struct place *place);

#define _cleanup_place_ __attribute__((cleanup(place_close)))
