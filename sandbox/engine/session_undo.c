// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Taking an apply back: its steps in reverse order, the attributes last of all. As there, the old
 * file comes under the temporary name first and then changes names with the new one; and a step
 * that was broken off shows by what is saved and what has the temporary name how far it came.
 */
#include "engine/session_apply.h"

#include "base/fd.h"
#include "engine/session_place.h"
#include "kernel/tree.h"
#include "kernel/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char since[] = "changed on the host since it was applied";

/* Whether @name has what is in the layer. */
static bool is_as_in_layer(const struct applying *applying, size_t index, const struct place *place,
			   const char *name)
{
	const struct step *step = &applying->journal->steps.items[index];
	const char *source;
	_cleanup_fd_ int upper =
		tree_open_parent(applying->uppers.items[step->layer], step->source, &source);

	return upper >= 0 && step->kind == STEP_PUT &&
	       tree_same_contents(upper, source, &step->new_one, place->parent, name);
}

/* Whether what has the name is what the step left there. File systems that are copied may number
 * their files anew each time that they are mounted, and oftener; and times are not sure in FUSE. */
static bool is_ours(const struct applying *applying, size_t index, const struct place *place,
		    const char *name, const struct stat *now)
{
	const struct step_record *record = &applying->journal->done.items[index];
	const struct timespec then = {record->seconds, record->nanoseconds};
	size_t layer = applying->journal->steps.items[index].layer;

	if (!now->st_mode || (!applying->session->layers.items[layer].copied &&
			      (now->st_ino != record->inode || now->st_dev != record->device)))
		return false;
	if (S_ISDIR(now->st_mode))
		return true;
	if ((uint64_t)now->st_size != record->size)
		return false;
	return place_same_time(&now->st_mtim, &then) ||
	       (place->bare &&
		(!S_ISREG(now->st_mode) || is_as_in_layer(applying, index, place, name)));
}

static bool is_saved(const struct applying *applying, const struct place *place)
{
	return faccessat(applying->journal->saved, place->saved, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The old file has the name again: throw away what is left of the step. */
static int clean_up(const struct applying *applying, const struct place *place)
{
	int saved = applying->journal->saved, r = tree_remove(place->parent, place->temporary);
	char part[32];

	/* Half removed, it would not be known again. */
	snprintf(part, sizeof(part), "%s.part", place->saved);
	if (r == 0)
		r = tree_remove(saved, part);
	if (r == 0 && renameat(saved, place->saved, saved, part) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = tree_remove(saved, part);
	return r < 0 ? r : 1;
}

/*
 * Whether what has the name is a copy of what is saved, brought back by an undo that was broken off.
 * (On one file system nothing is copied, and it would not be saved any more.)
 */
static bool is_restored(const struct applying *applying, const struct place *place,
			const struct stat *now)
{
	struct stat saved;

	return now->st_mode &&
	       fstatat(applying->journal->saved, place->saved, &saved, AT_SYMLINK_NOFOLLOW) == 0 &&
	       saved.st_dev != now->st_dev && saved.st_mode == now->st_mode &&
	       (S_ISDIR(now->st_mode) || saved.st_size == now->st_size) &&
	       place_same_time(&saved.st_mtim, &now->st_mtim);
}

/* The old file gets its name back, from whatever has it. 1: done, 0: left. */
static int swap_back(struct applying *applying, size_t index, const struct place *place, bool force)
{
	const struct step *step = &applying->journal->steps.items[index];
	bool put = step->kind != STEP_REMOVE;
	struct stat now, temporary;
	int r = place_settle(place);

	if (r == 0)
		r = place_look(place, place->name, &now);
	if (r == 0)
		r = place_look(place, place->temporary, &temporary);
	if (r < 0)
		return r;
	/* An undo that was broken off: the names were exchanged, or even more was done. */
	if (temporary.st_mode && put &&
	    is_ours(applying, index, place, place->temporary, &temporary))
		return clean_up(applying, place);
	if (!temporary.st_mode && !is_saved(applying, place))
		return 1;
	if (!temporary.st_mode && !(put && is_ours(applying, index, place, place->name, &now)) &&
	    is_restored(applying, place, &now))
		return clean_up(applying, place);
	if (now.st_mode && !force && !(put && is_ours(applying, index, place, place->name, &now)))
		return 0;
	/* What has the temporary name is the old file, whole: place_fetch() sees to that. */
	if (!temporary.st_mode)
		r = place_fetch(place, applying->journal, &step->old_one);
	if (r == 0)
		r = place_exchange(place, &now);
	if (r == -EAGAIN)
		return place_save(place, applying->journal, place->temporary);
	return r < 0 ? r : clean_up(applying, place);
}

/* What the step put where nothing was goes. 1: done, 0: left. */
static int take_away(struct applying *applying, size_t index, const struct place *place, bool force)
{
	struct stat now;
	int r = place_look(place, place->name, &now);

	if (r < 0 || !now.st_mode)
		return r < 0 ? r : 1;
	if (!force && !is_ours(applying, index, place, place->name, &now))
		return 0;
	if (unlinkat(place->parent, place->name, S_ISDIR(now.st_mode) ? AT_REMOVEDIR : 0) == 0)
		return 1;
	return errno == ENOTEMPTY || errno == EEXIST ? 0 : -errno;
}

static int restore_attributes(struct applying *applying, size_t index, const struct place *place)
{
	const struct step *step = &applying->journal->steps.items[index];
	struct stat now, wanted = step->old_one;
	int saved = applying->journal->saved, r = place_look(place, place->name, &now);

	if (r < 0 || !now.st_mode)
		return r < 0 ? r : 1;
	if ((now.st_mode ^ wanted.st_mode) & S_IFMT)
		return 0;
	if (!is_saved(applying, place))
		return fchmodat(place->parent, place->name, wanted.st_mode & 07777, 0) < 0 ? -errno
											   : 1;
	if (S_ISDIR(now.st_mode)) {
		wanted.st_atim = now.st_atim;
		wanted.st_mtim = now.st_mtim;
	}
	r = xattr_remove_others(saved, place->saved, place->parent, place->name);
	if (r == 0)
		r = tree_set_attributes(saved, place->saved, &wanted, place->parent, place->name,
					0);
	return r < 0 ? r : 1;
}

static int undo_step(struct applying *applying, size_t index, bool force, struct error *e)
{
	struct journal *journal = applying->journal;
	const struct step *step = &journal->steps.items[index];
	_cleanup_place_ struct place place = PLACE_NONE;
	int r = place_open(applying->trees.items[step->layer], journal, index, &place);

	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EXDEV) {
		r = 0;
	} else if (r == 0) {
		if (step->kind != STEP_ATTRIBUTES)
			place_make_writable(&place);
		if (step->kind == STEP_ATTRIBUTES)
			r = restore_attributes(applying, index, &place);
		else if (step->old_one.st_mode)
			r = swap_back(applying, index, &place, force);
		else
			r = take_away(applying, index, &place, force);
	}
	if (r < 0) {
		_cleanup_free_ char *shown = string_escape(step->path);

		return error_errno(e, -r, "%s/%s",
				   applying->session->layers.items[step->layer].path, shown);
	}
	if (r == 0) {
		/* Not noted: it may be said again, with force. */
		applying_leave_out(applying, index, since);
		return 0;
	}
	applying->applied++;
	r = journal_note(journal, index, STEP_DONE, true, NULL);
	return r < 0 ? error_errno(e, -r, "the journal") : 0;
}

static int undo_all(struct applying *applying, bool attributes, bool force, struct error *e)
{
	struct journal *journal = applying->journal;
	int r = 0;

	for (size_t i = journal->steps.count; r == 0 && i-- > 0;)
		/* New directories went with all they had. */
		if (attributes && !journal->steps.items[i].old_one.st_mode)
			continue;
		else if (
			(journal->steps.items[i].kind == STEP_ATTRIBUTES) == attributes &&
			/* A directory may have been opened for a step without its turn having come. */
			(attributes || journal->done.items[i].state == STEP_DONE) &&
			journal->undone.items[i].state == STEP_OPEN)
			r = undo_step(applying, i, force, e);
	return r;
}

int apply_undo(struct applying *applying, bool force, struct error *e)
{
	int r = apply_settle(applying, e);

	if (r == 0)
		r = undo_all(applying, false, force, e);
	return r == 0 ? undo_all(applying, true, force, e) : r;
}
