// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_journal.h"

/*
 * Files of the host whose state the session knows though it is younger than the session: those that
 * its own apply or undo left so. They are no conflicts as long as nobody else changes them. In the
 * session's file "seen". Directories in which names came and went by that are among them, unless
 * the host had changed them before: then they are in it as never to be known again (inode 0).
 */
struct seen_file {
	size_t layer;
	char *path;
	uint64_t device, inode;
	int64_t seconds, nanoseconds; /* ctime */
	bool gone;                    /* while it is being made: apply or undo removed it */
};

struct seen {
	VECTOR(struct seen_file) list; /* sorted */
	char *parent;                  /* while it is being made: the directory noted last */
};

/* Read what is known; nothing where there is no such file or it is damaged. */
void seen_read(const struct session *session, struct seen *ret);

/* Whether the file of the host is as it is known to be. */
bool seen_is(const struct seen *seen, size_t layer, const char *path, const struct stat *now);

/* The same where neither device nor inode numbers last: by the time alone. */
bool seen_is_by_time(const struct seen *seen, size_t layer, const char *path,
		     const struct stat *now);

/* Whether apply or undo left a file there at all. */
bool seen_has(const struct seen *seen, size_t layer, const char *path);

/* Before the first step of @journal: write down which directories the host changed already. */
int seen_prepare(const struct session *session, const struct journal *journal, const int *trees,
		 struct error *e);

/* Write down the state of all that @journal's steps worked on; @trees are the layers' trees. */
int seen_write(const struct session *session, const struct journal *journal, const int *trees,
	       struct error *e);

void seen_free(struct seen *seen);
