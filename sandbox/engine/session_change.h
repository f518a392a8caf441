// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_store.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * What a session changed: its layers, read against what the host has now. The layers were written
 * by whatever ran in the session, so nothing in them is trusted: no link is followed, and names may
 * be any bytes.
 */

enum change_kind {
	CHANGE_ADDED,
	CHANGE_CHANGED,
	CHANGE_REMOVED,
	CHANGE_KINDS,
};

/* What of a file that was there before is different. */
enum change_what {
	WHAT_TYPE = 1 << 0,
	WHAT_CONTENT = 1 << 1,
	WHAT_TARGET = 1 << 2, /* what a symbolic link says */
	WHAT_MODE = 1 << 3,
	WHAT_OWNER = 1 << 4,
	WHAT_XATTR = 1 << 5,
	WHAT_TIME = 1 << 6, /* of the last change, where nothing else tells of that */
};

enum { WHAT_COUNT = 7 };
extern const char *const change_what_names[WHAT_COUNT]; /* by bit */

struct change {
	enum change_kind kind;
	unsigned what, risk; /* enum change_what, enum risk (engine/session_risk.h) */
	size_t layer;
	char *path;           /* below the layer's tree; "" for itself */
	struct stat old_one;  /* on the host; st_mode 0: nothing is there */
	struct stat new_one;  /* in the session; st_mode 0: removed */
	char *target;         /* of a symbolic link in the session */
	const char *conflict; /* why it is one; NULL: it is none */
	bool no_data;         /* only the attributes are in the layer (metacopy) */
	bool selected;        /* engine/session_select.h */
	uint64_t files;       /* removed directory: how many files in it */
	uint64_t bytes;       /* and their sizes */
	size_t renamed;       /* index of the other half of a renaming; SIZE_MAX: none */
};

/* A name of the host whose file has other names in the layer, and is not changed itself. */
struct anchor {
	size_t layer;
	ino_t inode; /* in the layer */
	char *path;
};

struct changes {
	VECTOR(struct change) list; /* by layer and path; a directory before what is in it */
	VECTOR(struct anchor) anchors;
	struct strv problems; /* what could not be read, for people */
};

/* Absolute path on the host; the caller frees it. */
char *change_path(const struct session *session, const struct change *change);

void changes_free(struct changes *changes);

#define _cleanup_changes_ __attribute__((cleanup(changes_free)))
