// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_store.h"

/*
 * The names that directories of the host had when the session began. In the session's file "began".
 *
 * They are read later than that, and hold all the same: a directory is written down only while its
 * ctime says that no name in it came or went since. What is not written down is unknown, and
 * treated as such (engine/session_conflict.c); so none of this need succeed.
 */
struct began_directory {
	size_t layer;
	const char *path; /* below the layer's tree */
	uint64_t inode;
	const char *names; /* sorted, each with its NUL */
	size_t length;
	VECTOR(const char *) index; /* of them, from the first question on */
};

struct began {
	char *data; /* what the list points into */
	size_t length;
	VECTOR(struct began_directory) list; /* sorted */
};

/* Read what is known; nothing where there is no such file or it is damaged. */
void began_read(const struct session *session, struct began *ret);
void began_free(struct began *began);

/* The directory at that path when the session began; NULL: not known. */
struct began_directory *began_find(const struct began *began, size_t layer, const char *path);

/* Whether it had that name. */
bool began_has(struct began_directory *directory, const char *name);

/* Write down the host's directories in which the session changed anything. Nothing may run in it. */
void began_note_touched(const struct session *session);

/*
 * Start a process, of the lowest priority, that writes down those around @directory first and then
 * others of the layers' trees, up to a number of names; 0 where it cannot. spawn_end() ends it.
 */
pid_t began_start(const struct session *session, const char *directory);
