// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_store.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * The journal of an apply: every step that will be done, written down before the first is done;
 * and which of them are done. In the session's directory:
 *
 *	apply/plan     the steps, while they are being done ("applied" once all are)
 *	apply/done     one record a step that was done or left out
 *	apply/undone   the same of `hutch undo`
 *	apply/saved/N  what step N replaced or removed, or its attributes
 */
enum step_kind {
	STEP_PUT,        /* a file or link of the layer comes to the host */
	STEP_LINK,       /* another name for what step .link put, or for .anchor */
	STEP_DIRECTORY,  /* a new directory; its attributes come last */
	STEP_REMOVE,     /* what the host has goes */
	STEP_ATTRIBUTES, /* owner, permissions, extended attributes and times */
};

struct step {
	enum step_kind kind;
	size_t layer;
	char *path;                   /* on the host, below the layer's tree */
	char *source;                 /* in the layer; link: the existing name on the host */
	struct stat old_one, new_one; /* st_mode 0: nothing */
};

enum step_state {
	STEP_OPEN,
	STEP_DONE,
	STEP_LEFT_OUT, /* the host changed meanwhile */
};

/* One record of "done" and "undone". */
struct step_record {
	uint64_t index, state; /* enum step_state */
	uint64_t device, inode, size;
	int64_t seconds, nanoseconds; /* time of the last change, of what is there now */
};

struct journal {
	int fd;      /* the directory "apply" */
	int saved;   /* the directory "saved" in it */
	int records; /* "done", to append to */
	int undo_records;
	uint32_t number; /* tells this apply's temporary files from others */
	bool finished;   /* all steps were done */
	/* When the host was looked at for the steps, by the clock that files are stamped with. */
	struct timespec began;
	VECTOR(struct step) steps;
	VECTOR(struct step_record) done, undone; /* one a step; state says whether */
};

#define JOURNAL_NONE ((struct journal){.fd = -1, .saved = -1, .records = -1, .undo_records = -1})

/* Begin a journal with the steps that are in @journal already; one that was finished goes. */
int journal_begin(const struct session *session, struct journal *journal, struct error *e);

/* Read the journal that is there. -ENOENT, without a message, where there is none. */
int journal_read(const struct session *session, struct journal *ret, struct error *e);

/* Whether an apply was broken off. */
bool journal_is_open(const struct session *session);

/* Note that a step was done, or left out; @now is what is there then (NULL: nothing). */
int journal_note(struct journal *journal, size_t step, enum step_state state, bool undone,
		 const struct stat *now);

/* All is done. */
int journal_finish(struct journal *journal, struct error *e);

/* Forget it, with all that is saved. */
int journal_remove(const struct session *session, struct error *e);

void journal_close(struct journal *journal);

#define _cleanup_journal_ __attribute__((cleanup(journal_close)))
