// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_journal.h"

/*
 * Files of the host whose state the session knows though it is younger than the session: those that
 * its own apply or undo left so. They are no conflicts as long as nobody else changes them. In the
 * session's file "seen".
 */
struct seen_file {
	size_t layer;
	char *path;
	uint64_t device, inode;
	int64_t seconds, nanoseconds; /* ctime */
};

struct seen {
	VECTOR(struct seen_file) list; /* sorted */
	char *parent;                  /* while it is being made: the directory noted last */
};

/* Read what is known; nothing where there is no such file or it is damaged. */
void seen_read(const struct session *session, struct seen *ret);

/* Whether the file of the host is as it is known to be. */
bool seen_is(const struct seen *seen, size_t layer, const char *path, const struct stat *now);

/* Write down the state of all that @journal's steps worked on; @trees are the layers' trees. */
int seen_write(const struct session *session, const struct journal *journal, const int *trees,
	       struct error *e);

void seen_free(struct seen *seen);
