// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "engine/plan.h"
#include "kernel/path.h"

#include <time.h>

/*
 * Throwaway sessions on disk.
 *
 *	$XDG_STATE_HOME/hutch/sessions/NAME/
 *		session         what is known of it (JSON)
 *		seen            files of the host that apply or undo left as they are
 *		began           names that directories of the host had when it began
 *		layers/ID/      one for each mount that was kept aside:
 *			upper/  what was written there, by overlayfs
 *			work/   overlayfs's own
 *			lower/  what the session saw, where it is a copy (engine/session_copy.h)
 *		apply/          the journal of the last apply, and what it replaced
 *
 * Who works on a session holds a lock (flock(2)) on its directory.
 */

/* A tree of the host, and what the session wrote there. */
struct session_layer {
	char *id;                      /* name of the directory in layers/ */
	char *path;                    /* of the tree on the host, without symbolic links */
	struct file_identity identity; /* of that directory, when the session began */
	bool copied;                   /* over a copy, in "lower" */
};

struct session {
	char *name, *directory;
	int fd; /* of the directory, with the lock; -1: not open */
	/*
	 * When it began, by the exact clock: what changed on the host since, the session may not
	 * have seen. Files are stamped by a clock that goes by ticks (at most 10 ms) and so may be
	 * behind: what runs in the session starts only when that one is past this time, too
	 * (plan.h, settled).
	 */
	struct timespec start;
	int64_t created, used; /* seconds since 1970 */
	char *command;         /* what ran last, for people */
	int64_t applied;       /* all of it went to the host then; 0: not */
	VECTOR(struct session_layer) layers;
};

#define SESSION_NONE ((struct session){.fd = -1})

/* Whether a session can have that name: letters, digits and ._+@-, at most 64, neither dot nor dash
 * first. */
bool session_name_valid(const char *name);

/* A name that no session in @root has, from the time of day; the caller frees it. */
char *session_new_name(const char *root);

/*
 * Make the session @name in the directory @root, which is made where it is missing, or open the one
 * that is there, and lock it. -EEXIST or -ENOENT where it is there already or not there; -EBUSY
 * where somebody else has the lock.
 */
int session_create(const char *root, const char *name, struct session *ret, struct error *e);
int session_open(const char *root, const char *name, struct session *ret, struct error *e);

/* The same without the lock, to look at; @ret_busy says whether somebody has it. */
int session_look(const char *root, const char *name, struct session *ret, bool *ret_busy,
		 struct error *e);

/* Names of all sessions in @root, the one that was used last at the end. */
void session_names(const char *root, struct strv *ret);

/* Make what the overlays of @plan need in the session, and note it there. */
int session_add_layers(struct session *session, const struct plan *plan, struct error *e);

/* Begin with a copy of what @base changed. */
int session_copy_layers(struct session *session, const struct session *base, struct error *e);

/* Have its file @name say @data instead of what it said, at once. 0 or -errno. */
int session_write(const struct session *session, const char *name, const char *data, size_t length,
		  struct error *e);

/* Write down what is known of it. */
int session_save(const struct session *session, struct error *e);

/* Throw away what it changed, so that it begins anew; what apply keeps to undo it stays. */
int session_empty(struct session *session, struct error *e);

/* Remove it with all that is in it. */
int session_discard(struct session *session, struct error *e);

/*
 * O_PATH descriptor of the layer's tree on the host; -ESTALE and a message where another directory
 * is there than when the session began. What was copied is compared by contents, so there another
 * mount of the same kind will do: network file systems get another device number each time.
 */
int session_open_tree(const struct session_layer *layer, struct error *e);

/* Directory descriptor of the layer's upper directory, or of the copy that it is over; -errno. */
int session_open_upper(const struct session *session, const struct session_layer *layer);
int session_open_copy(const struct session *session, const struct session_layer *layer);

void session_close(struct session *session);

#define _cleanup_session_ __attribute__((cleanup(session_close)))

/* Whether a file with that ctime may have changed since @start. Some file systems stamp by whole
 * seconds (ext4 with small inodes, ext3): the whole second then. */
bool session_time_is_later(const struct timespec *time, const struct timespec *start);
