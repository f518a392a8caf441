// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch apply [--only …] [--except …] [--on-conflict HOW] NAME
 * hutch undo [--force] NAME
 *
 * Status 1: something was left out.
 */
#include "engine/session_apply.h"

#include "base/log.h"
#include "base/user.h"
#include "commands/commands.h"
#include "commands/session.h"
#include "engine/session_began.h"
#include "engine/session_seen.h"
#include "engine/session_select.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { STATUS_LEFT_OUT = 1 };

/* One line on a terminal, for what takes longer than a moment. */
static void show_progress(size_t done, size_t total)
{
	static time_t begun, last;
	time_t now = time(NULL);

	if (!begun)
		begun = now;
	if (now == last || (now < begun + 2 && !last))
		return;
	last = now;
	if (done == total)
		fprintf(stderr, "\r\033[K");
	else
		fprintf(stderr, "\r%zu of %zu", done, total);
}

static void say(const struct applying *applying, const char *verb)
{
	for (size_t i = 0; i < applying->messages.count; i++)
		log_line("%s", applying->messages.items[i]);
	if (applying->left_out)
		log_line("%zu %s, %zu left out", applying->applied, verb, applying->left_out);
}

/* A new apply: read, select, plan, write the journal. */
static int plan(struct session *session, struct applying *applying, const struct command_line *line,
		struct changes *changes, struct error *e)
{
	_cleanup_free_ char *directory = getcwd(NULL, 0);
	const char *home = user_home();
	int r;

	clock_gettime(CLOCK_REALTIME_COARSE, &applying->journal->began);
	/* What the steps change of the host's directories, their times do not tell from others'. */
	began_note_touched(session);
	r = changes_read(session, home ? home : "/", changes, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < changes->problems.count; i++)
		strv_add(&applying->messages, changes->problems.items[i]);
	applying->left_out += changes->problems.count;
	if (!changes_select(session, changes, &line->only, &line->except, directory) &&
	    line->only.count) {
		error_set(e, ENOENT, "apply: nothing that %s changed matches", session->name);
		return error_remedy(e, "hutch diff %s", session->name);
	}
	apply_plan(applying, changes, (enum on_conflict)line->on_conflict);
	/* With nothing to do, what was applied before can still be taken back. */
	if (!applying->journal->steps.count)
		return 0;
	r = seen_prepare(session, applying->journal, applying->trees.items, e);
	return r == 0 ? journal_begin(session, applying->journal, e) : r;
}

/* Whether the session has anything left that the host has not. */
static bool is_all_applied(const struct session *session)
{
	_cleanup_changes_ struct changes rest = {0};
	struct error ignored;

	return changes_read(session, "/", &rest, &ignored) == 0 && !rest.list.count &&
	       !rest.problems.count;
}

/* Conflicts that were left alone: what to do about them. */
static void advise(const struct session *session, const struct changes *changes)
{
	vector_each (change, &changes->list) {
		if (!change->selected || !change->conflict)
			continue;
		log_line("try: `hutch diff %s` shows them; --on-conflict theirs takes the "
			 "session's, ours the host's, both puts one beside the other",
			 session->name);
		return;
	}
}

/* Half taken back, it can only be taken back whole. */
static int check_no_undo(const struct session *session, const struct journal *journal,
			 struct error *e)
{
	vector_each (record, &journal->undone) {
		if (record->state == STEP_OPEN)
			continue;
		error_set(e, EBUSY, "apply: %s: an undo was broken off, or left something out",
			  session->name);
		return error_remedy(e, "hutch undo %s, perhaps with --force", session->name);
	}
	return 0;
}

/* The step that is being done is brought to its end. */
static const int breaking[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t broken_off;

static void break_off(int number)
{
	broken_off = number;
}

/* Die of the signal, for who waits. */
static void die_of(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static int apply(struct session *session, const struct command_line *line, struct error *e)
{
	_cleanup_journal_ struct journal journal = JOURNAL_NONE;
	_cleanup_changes_ struct changes changes = {0};
	struct applying applying = {
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
		.broken_off = &broken_off,
	};
	bool resumed = journal_is_open(session);
	int r = journal_read(session, &journal, e);

	if (r == -ENOENT && !e->code)
		r = 0;
	if (r == 0)
		r = check_no_undo(session, &journal, e);
	if (r == 0 && !resumed)
		journal_close(&journal);
	if (r == 0)
		r = applying_begin(&applying, session, &journal, e);
	if (r == 0 && resumed)
		log_line("going on where it was broken off");
	else if (r == 0)
		r = plan(session, &applying, line, &changes, e);
	if (r == 0 && journal.steps.count) {
		for (size_t i = 0; i < sizeof(breaking) / sizeof(breaking[0]); i++)
			sigaction(breaking[i], &(const struct sigaction){.sa_handler = break_off},
				  NULL);
		r = apply_run(&applying, e);
	}
	if (r == 0 && journal.steps.count)
		r = seen_write(session, &journal, applying.trees.items, e);
	if (r == 0 && line->on_conflict == CONFLICT_OURS && !resumed) {
		apply_drop_conflicts(&applying, &changes);
		applying.left_out = 0;
	}
	if (r == 0) {
		session->applied = is_all_applied(session) ? time(NULL) : 0;
		session->used = time(NULL);
		r = session_save(session, e);
	}
	say(&applying, "applied");
	if (r == 0 && applying.left_out && line->on_conflict == CONFLICT_SKIP)
		advise(session, &changes);
	if (r == 0 && applying.left_out)
		r = STATUS_LEFT_OUT;
	applying_end(&applying);
	return r;
}

static int undo(struct session *session, const struct command_line *line, struct error *e)
{
	_cleanup_journal_ struct journal journal = JOURNAL_NONE;
	struct applying applying = {0};
	int r = journal_read(session, &journal, e);

	if (r == -ENOENT && !e->code)
		return error_set(e, ENOENT, "undo: %s: nothing of it was applied", session->name);
	if (r == 0)
		r = applying_begin(&applying, session, &journal, e);
	if (r == 0)
		r = seen_prepare(session, &journal, applying.trees.items, e);
	if (r == 0)
		r = apply_undo(&applying, line->force, e);
	if (r == 0)
		r = seen_write(session, &journal, applying.trees.items, e);
	say(&applying, "taken back");
	/* What could not be brought back is still saved there. */
	if (r == 0 && !applying.left_out)
		r = journal_remove(session, e);
	if (r == 0) {
		session->applied = 0;
		r = session_save(session, e);
	}
	if (r == 0 && applying.left_out)
		r = STATUS_LEFT_OUT;
	applying_end(&applying);
	return r;
}

static int on_session(int argc, char **argv, enum verb verb,
		      int (*function)(struct session *session, const struct command_line *line,
				      struct error *e))
{
	_cleanup_session_ struct session session = SESSION_NONE;
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_free_ char *root = NULL, *name = NULL;
	struct error e = {0};
	int status = 0, r;

	r = session_line(argc, argv, verb, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0) {
		root = sessions_root(&e);
		name = root ? session_name(root, &request, false, argv[0], &e) : NULL;
		r = name ? session_open(root, name, &session, &e) : -e.code;
	}
	if (r == 0)
		r = function(&session, &line, &e);
	request_free(&request);
	r = r < 0 ? log_error(&e) : r;
	if (r == EXIT_HUTCH_FAILED && broken_off)
		die_of(broken_off);
	return r;
}

int command_apply(int argc, char **argv)
{
	return on_session(argc, argv, VERB_APPLY, apply);
}

int command_undo(int argc, char **argv)
{
	return on_session(argc, argv, VERB_UNDO, undo);
}
