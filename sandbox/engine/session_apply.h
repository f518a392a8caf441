// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_changes.h"
#include "engine/session_journal.h"

#include <signal.h>

/* What to do where the host changed, too. */
enum on_conflict {
	CONFLICT_SKIP,   /* leave it as it is; the session keeps its change */
	CONFLICT_OURS,   /* what the host has stays, and the session's change is dropped */
	CONFLICT_THEIRS, /* the session's change takes its place */
	CONFLICT_BOTH,   /* what the session has is put beside it */
};

struct applying {
	const struct session *session;
	struct journal *journal;
	VECTOR(int) trees, uppers; /* open directories, one each a layer */
	/* Called now and then; may be NULL. */
	void (*progress)(size_t done, size_t total);
	/* Once that is set, it ends before the next step; may be NULL. */
	const volatile sig_atomic_t *broken_off;
	size_t applied, left_out; /* steps */
	struct strv messages;     /* what was left out, and why */
};

/* Steps for the selected changes, into @journal; what is left out is said in ->messages. */
void apply_plan(struct applying *applying, const struct changes *changes,
		enum on_conflict on_conflict);

/*
 * Do all steps that are not done yet. Broken off at any point, it goes on from there when it
 * is called again. 0; or -errno, and it can be called again when the reason is gone.
 */
int apply_run(struct applying *applying, struct error *e);

/*
 * Take back what was done, last step first; likewise. What the host changed since stays, unless
 * @force, and is said in ->messages.
 */
int apply_undo(struct applying *applying, bool force, struct error *e);

/* Drop from the layers what stands in conflict and is to be as on the host (CONFLICT_OURS). */
void apply_drop_conflicts(struct applying *applying, const struct changes *changes);

/* Open the layers of @session. */
int applying_begin(struct applying *applying, const struct session *session,
		   struct journal *journal, struct error *e);
void applying_end(struct applying *applying);

/* Bring the step at which an apply was broken off to an end, or back to its beginning, and note
 * it. */
int apply_settle(struct applying *applying, struct error *e);

/* Say that step @index was left out, and count it. */
void applying_leave_out(struct applying *applying, size_t index, const char *why);
