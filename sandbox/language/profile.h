// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/vector.h"
#include "plan/request.h"

#include <stdbool.h>
#include <sys/types.h>

/* Bounds of one profile file. */
#define PROFILE_SIZE_LIMIT (1024 * 1024)
#define PROFILE_LINE_LIMIT (64 * 1024)

/* Everything that is wrong, in the order found; the list ends at PROBLEM_LIMIT. */
#define PROBLEM_LIMIT 100

struct problems {
	VECTOR(struct error) list;
	size_t found; /* those past the limit too */
};

/* Room for the next problem; past the limit, the last one is written over. */
struct error *problem_add(struct problems *problems);
void problems_free(struct problems *problems);

#define _cleanup_problems_ __attribute__((cleanup(problems_free)))

/* Where a profile file is. */
struct profile_place {
	char *path;
	char *shown; /* in messages: "firefox.profile", "words/gpu.profile",
			"~/.config/hutch/x.profile" */
	bool user;   /* in the user's own directory: it must be the user's */
};

void profile_place_free(struct profile_place *place);

#define _cleanup_profile_place_ __attribute__((cleanup(profile_place_free)))

/* "use = NAME" or "include = NAME". */
struct profile_reference {
	bool word;  /* use, not include */
	char *name; /* of a word also NAME|NAME…: the first of these that this host has */
	unsigned line;
};

/* One profile file. */
struct profile {
	char *shown, *directory;
	char *description; /* NULL: none */
	dev_t device;      /* which file it is, to find loops */
	ino_t inode;
	size_t size;       /* bytes */
	struct strv needs; /* paths that this host must have for it to count; of a word */
	VECTOR(struct profile_reference) references;
	struct request own; /* only .settings: the file's own lines */
};

void profile_free(struct profile *profile);

#define _cleanup_profile_ __attribute__((cleanup(profile_free)))

/*
 * Read one file. What it refers to is not read. Each fault of it is added to @problems as
 * "FILE:LINE: KEY: reason", and reading goes on. Returns 0, or the code of the first fault; -ENOENT
 * with nothing added where there is no such file.
 */
int profile_read(const struct profile_place *place, enum layer layer, struct profile *ret,
		 struct problems *problems);
