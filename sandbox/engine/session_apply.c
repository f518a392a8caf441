// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Every step makes what is new under a temporary name beside its place, and exchanges the two names
 * in one system call; what was there then has the temporary name and is moved away, to be brought
 * back by undo. So each name has either the old file or the new one at every moment. And what a
 * step finds tells how far it came when it was broken off: a temporary file that is the old one
 * (its inode is in the journal) means that the names were exchanged; one that is not is thrown
 * away and made again. Only the first step that is not noted as done can be in that state.
 *
 * The host is other people's ground: each directory is opened anew below the tree without following
 * a link or crossing a mount, and what is not there as it was planned is left alone.
 */
#include "engine/session_apply.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/session_place.h"
#include "kernel/tree.h"
#include "kernel/xattr.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char meanwhile[] = "changed on the host meanwhile";

/* Steps between two calls of ->progress. */
enum { PROGRESS_EVERY = 64 };

void applying_leave_out(struct applying *applying, size_t index, const char *why)
{
	const struct step *step = &applying->journal->steps.items[index];
	_cleanup_free_ char *shown = string_escape(step->path);

	strv_take(&applying->messages,
		  xasprintf("%s/%s: left out: %s",
			    applying->session->layers.items[step->layer].path, shown, why));
	applying->left_out++;
}

/* Make the new file under the temporary name. */
static int build(const struct applying *applying, const struct step *step,
		 const struct place *place)
{
	_cleanup_fd_ int from = -1;
	const char *name;
	int r;

	if (step->kind == STEP_LINK) {
		from = tree_open_parent(applying->trees.items[step->layer], step->source, &name);
		if (from >= 0 && linkat(from, name, place->parent, place->temporary, 0) == 0)
			return 0;
		/* The other name was left out, or is elsewhere: a file of its own. */
		fd_close(from);
		from = tree_open_parent(applying->uppers.items[step->layer], step->path, &name);
	} else {
		from = tree_open_parent(applying->uppers.items[step->layer], step->source, &name);
	}
	if (from < 0)
		return from;
	r = tree_copy_one(from, name, &step->new_one, place->parent, place->temporary, 0);
	if (r < 0)
		tree_remove(place->parent, place->temporary);
	return r;
}

static int save_old(const struct applying *applying, const struct step *step,
		    const struct place *place)
{
	return step->old_one.st_mode ? place_save(place, applying->journal, place->temporary) : 0;
}

/*
 * Whether something in the directory, which is to go, was changed after it was looked at. A file of
 * several names changes its ctime with each that comes and goes, which steps before this one may
 * have done.
 */
static bool is_newer_inside(int parent, const char *name, const struct timespec *began, int depth)
{
	int fd = tree_open_directory(parent, name);
	DIR *directory = fd < 0 || depth > TREE_DEPTH ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool newer = false;
	int r = 0;

	if (!directory) {
		fd_close(fd);
		return true;
	}
	while (!newer && (entry = directory_next(directory, &r))) {
		const struct timespec *time;
		struct stat status;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
			newer = true;
			break;
		}
		time = S_ISDIR(status.st_mode) || status.st_nlink == 1 ? &status.st_ctim
								       : &status.st_mtim;
		newer = time->tv_sec > began->tv_sec ||
			(time->tv_sec == began->tv_sec && time->tv_nsec >= began->tv_nsec) ||
			(S_ISDIR(status.st_mode) &&
			 is_newer_inside(fd, entry->d_name, began, depth + 1));
	}
	closedir(directory);
	return newer || r < 0;
}

/* Whether the directory that has the temporary name now is to get its own back. */
static bool is_needed(const struct applying *applying, const struct step *step,
		      const struct place *place)
{
	/* Times of other machines' file systems say nothing. */
	return S_ISDIR(step->old_one.st_mode) &&
	       !applying->session->layers.items[step->layer].copied &&
	       is_newer_inside(place->parent, place->temporary, &applying->journal->began, 0);
}

/* 1: done, 0: left out. */
static int put(struct applying *applying, size_t index, const struct place *place)
{
	const struct step *step = &applying->journal->steps.items[index];
	struct stat now;
	int r;

	if (step->kind == STEP_DIRECTORY)
		r = mkdirat(place->parent, place->temporary, 0700) < 0 ? -errno : 0;
	else
		r = build(applying, step, place);
	if (r < 0)
		return r;
	r = place_exchange(place, &step->old_one);
	if (r < 0) {
		tree_remove(place->parent, place->temporary);
		return r == -EAGAIN ? 0 : r;
	}
	if (is_needed(applying, step, place) && place_look(place, place->name, &now) == 0 &&
	    place_exchange(place, &now) == 0) {
		r = tree_remove(place->parent, place->temporary);
		return r < 0 ? r : 0;
	}
	r = save_old(applying, step, place);
	return r < 0 ? r : 1;
}

static int take_away(struct applying *applying, size_t index, const struct place *place)
{
	const struct step *step = &applying->journal->steps.items[index];
	struct stat now;
	int r = place_look(place, place->name, &now);

	if (r < 0 || !place_is(place, &now, &step->old_one))
		return r;
	r = place_rename(place, place->name, place->temporary);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = place_look(place, place->temporary, &now);
	if (r == 0 &&
	    (!place_is(place, &now, &step->old_one) || is_needed(applying, step, place))) {
		/* Somebody was faster. What somebody else made there in between stays, and so does
		 * this. */
		if (place_rename(place, place->temporary, place->name) == -EEXIST) {
			_cleanup_free_ char *shown = string_escape(step->path);

			strv_take(&applying->messages,
				  xasprintf("%s: two files for one name: the other is %s", shown,
					    place->temporary));
		}
		return 0;
	}
	if (r == 0)
		r = save_old(applying, step, place);
	return r < 0 ? r : 1;
}

/* An empty file or directory in "saved" with the attributes that are about to change. */
static int save_attributes(const struct applying *applying, const struct step *step,
			   const struct place *place, const struct stat *now)
{
	int saved = applying->journal->saved, r;
	char part[32];

	if (!step->old_one.st_mode ||
	    faccessat(saved, place->saved, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	snprintf(part, sizeof(part), "%s.part", place->saved);
	r = tree_remove(saved, part);
	if (r < 0)
		return r;
	r = tree_copy_empty(place->parent, place->name, now, saved, part);
	if (r == 0 && renameat(saved, part, saved, place->saved) < 0)
		r = -errno;
	return r;
}

static bool is_closed_parent(const struct step *step)
{
	return step->old_one.st_ino && step->old_one.st_ino == step->new_one.st_ino &&
	       step->old_one.st_dev == step->new_one.st_dev;
}

static int set_attributes(struct applying *applying, size_t index, const struct place *place,
			  bool resumed)
{
	const struct step *step = &applying->journal->steps.items[index];
	struct stat now, wanted = step->new_one;
	_cleanup_fd_ int from = -1;
	const char *name;
	int r = place_look(place, place->name, &now);

	if (r < 0 || !now.st_mode || (now.st_mode ^ wanted.st_mode) & S_IFMT)
		return r;
	if (is_closed_parent(step))
		return fchmodat(place->parent, place->name, wanted.st_mode & 07777, 0) < 0 ? -errno
											   : 1;
	/* Broken off, it may have some of the new ones already. */
	if (step->old_one.st_mode && !place_is(place, &now, &step->old_one) &&
	    !(resumed && now.st_ino == step->old_one.st_ino))
		return 0;
	r = save_attributes(applying, step, place, &now);
	if (r < 0)
		return r;
	if (S_ISDIR(now.st_mode) && step->old_one.st_mode) {
		wanted.st_atim = now.st_atim;
		wanted.st_mtim = now.st_mtim;
	}
	from = tree_open_parent(applying->uppers.items[step->layer], step->source, &name);
	if (from < 0)
		return from;
	r = xattr_remove_others(from, name, place->parent, place->name);
	if (r == 0)
		r = tree_set_attributes(from, name, &wanted, place->parent, place->name, 0);
	return r < 0 ? r : 1;
}

static bool exists(int directory, const char *name)
{
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether what is at the name is what the step puts there. */
static bool looks_new(const struct step *step, const struct stat *now)
{
	if ((now->st_mode ^ step->new_one.st_mode) & S_IFMT)
		return false;
	return S_ISDIR(now->st_mode) || step->kind == STEP_LINK ||
	       (now->st_size == step->new_one.st_size &&
		place_same_time(&now->st_mtim, &step->new_one.st_mtim));
}

/* A step that may have been broken off: bring it to its end where it had come past the exchange (1),
 * else back to its beginning (0). */
static int settle(struct applying *applying, size_t index, const struct place *place)
{
	const struct step *step = &applying->journal->steps.items[index];
	struct stat temporary, now;
	int r = place_settle(place);

	if (r == 0)
		r = place_look(place, place->temporary, &temporary);
	if (r == 0)
		r = place_look(place, place->name, &now);
	if (r < 0 || step->kind == STEP_ATTRIBUTES)
		return r;
	if (temporary.st_mode) {
		if (step->old_one.st_mode && temporary.st_ino == step->old_one.st_ino &&
		    temporary.st_dev == step->old_one.st_dev) {
			r = save_old(applying, step, place);
			return r < 0 ? r : 1;
		}
		return tree_remove(place->parent, place->temporary);
	}
	if (step->old_one.st_mode)
		return exists(applying->journal->saved, place->saved);
	return step->kind != STEP_REMOVE && now.st_mode && looks_new(step, &now);
}

static const char *why_closed(int code)
{
	return code == EXDEV   ? "something is mounted on the way"
	       : code == ELOOP ? "the way leads through a symbolic link now"
			       : "its directory is not there";
}

static int run_step(struct applying *applying, size_t index, bool resumed, struct error *e)
{
	struct journal *journal = applying->journal;
	const struct step *step = &journal->steps.items[index];
	_cleanup_place_ struct place place = PLACE_NONE;
	struct stat now = {0};
	const char *why = meanwhile;
	int r = place_open(applying->trees.items[step->layer], journal, index, &place);

	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EXDEV) {
		why = why_closed(-r);
		r = 0;
	} else if (r == 0) {
		if (step->kind != STEP_ATTRIBUTES)
			place_make_writable(&place);
		r = resumed ? settle(applying, index, &place) : 0;
		if (r == 0 && step->kind == STEP_REMOVE)
			r = take_away(applying, index, &place);
		else if (r == 0 && step->kind == STEP_ATTRIBUTES)
			r = set_attributes(applying, index, &place, resumed);
		else if (r == 0)
			r = put(applying, index, &place);
	}
	if (r < 0) {
		_cleanup_free_ char *shown = string_escape(step->path);

		error_errno(e, -r, "%s/%s", applying->session->layers.items[step->layer].path,
			    shown);
		return error_remedy(
			e,
			"mend that, and `hutch apply %s` goes on; `hutch undo %s` takes it "
			"back",
			applying->session->name, applying->session->name);
	}
	if (r == 0)
		applying_leave_out(applying, index, why);
	else
		applying->applied += !is_closed_parent(step);
	if (place.parent >= 0)
		(void)!place_look(&place, place.name, &now);
	r = journal_note(journal, index, r ? STEP_DONE : STEP_LEFT_OUT, false, &now);
	return r < 0 ? error_errno(e, -r, "the journal") : 0;
}

int apply_run(struct applying *applying, struct error *e)
{
	struct journal *journal = applying->journal;
	size_t total = journal->steps.count;
	bool first = true;

	for (size_t i = 0; i < total; i++) {
		int r;

		if (journal->done.items[i].state != STEP_OPEN)
			continue;
		if (applying->broken_off && *applying->broken_off) {
			error_set(e, EINTR, "apply: broken off, %zu of %zu done", i, total);
			return error_remedy(
				e, "`hutch apply %s` goes on; `hutch undo %s` takes it back",
				applying->session->name, applying->session->name);
		}
		r = run_step(applying, i, first, e);
		if (r < 0)
			return r;
		first = false;
		if (applying->progress && i % PROGRESS_EVERY == 0)
			applying->progress(i, total);
	}
	if (applying->progress)
		applying->progress(total, total);
	vector_each (tree, &applying->trees) {
		_cleanup_fd_ int fd = openat(*tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			syncfs(fd);
	}
	return journal_finish(journal, e);
}

int apply_settle(struct applying *applying, struct error *e)
{
	struct journal *journal = applying->journal;
	_cleanup_place_ struct place place = PLACE_NONE;
	struct stat now;
	size_t i = 0;
	int r;

	while (i < journal->steps.count && journal->done.items[i].state != STEP_OPEN)
		i++;
	if (i == journal->steps.count ||
	    place_open(applying->trees.items[journal->steps.items[i].layer], journal, i, &place) <
		    0)
		return 0;
	r = settle(applying, i, &place);
	/* Attributes may be half set; those that were there are saved. */
	if (r == 0 && journal->steps.items[i].kind == STEP_ATTRIBUTES)
		r = is_closed_parent(&journal->steps.items[i]) ||
		    exists(journal->saved, place.saved);
	if (r == 0)
		return 0;
	if (r > 0)
		r = place_look(&place, place.name, &now);
	if (r == 0)
		r = journal_note(journal, i, STEP_DONE, false, &now);
	return r < 0 ? error_errno(e, -r, "%s", journal->steps.items[i].path) : 0;
}

int applying_begin(struct applying *applying, const struct session *session,
		   struct journal *journal, struct error *e)
{
	applying->session = session;
	applying->journal = journal;
	vector_each (layer, &session->layers) {
		int tree = session_open_tree(layer, e);

		*vector_add(&applying->trees) = tree;
		if (tree < 0)
			return tree;
		*vector_add(&applying->uppers) = session_open_upper(session, layer);
	}
	return 0;
}

void applying_end(struct applying *applying)
{
	vector_each (fd, &applying->trees)
		fd_close(*fd);
	vector_each (fd, &applying->uppers)
		fd_close(*fd);
	vector_free(&applying->trees);
	vector_free(&applying->uppers);
	strv_free(&applying->messages);
}
