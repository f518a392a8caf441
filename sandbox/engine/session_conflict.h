// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_began.h"
#include "engine/session_seen.h"

#include <stdbool.h>
#include <sys/stat.h>

extern const char changed_since[], removed_since[];

/* What is known of the host as the session saw it. The rules stand at the head of the .c file. */
struct conflicts {
	const struct session *session;
	struct seen seen;
	struct began began;
};

/* A directory of the host on the way to what the session changed. */
struct host_directory {
	bool same;                     /* it is the one that was there when the session began */
	bool as_it_was;                /* no name in it came or went since */
	bool is_new;                   /* there was none of that name */
	struct began_directory *began; /* the names that it had; NULL: not known */
};

void conflicts_begin(const struct session *session, struct conflicts *ret);
void conflicts_end(struct conflicts *conflicts);

/*
 * Look at the host's directory @path, @status, of a layer that is not over a copy. @above: the one
 * that it is in; NULL for the layer's tree itself.
 */
void conflict_look(const struct conflicts *conflicts, size_t layer, const char *path,
		   const struct host_directory *above, const struct stat *status,
		   struct host_directory *ret);

/* Why it is a conflict that the host has @path, @status, in @directory; NULL: it is none. */
const char *conflict_of_present(const struct conflicts *conflicts, size_t layer, const char *path,
				const struct stat *status, const struct host_directory *directory);

/* Why it is a conflict that the host has no @path in @directory; NULL: it is none. */
const char *conflict_of_missing(const struct conflicts *conflicts, size_t layer, const char *path,
				const struct host_directory *directory);
