// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From changes to steps. Names come first, in the order of the changes, in which a directory stands
 * before what is in it; the attributes of directories last, deepest first, since what comes into
 * one changes its times and may need permissions that it will not have.
 */
#include "engine/session_apply.h"

#include "base/fd.h"
#include "engine/session_place.h"
#include "kernel/tree.h"

#include <errno.h>
#include <stdio.h>

/* A name on the host for each file of the layers that has several. */
struct linked {
	size_t layer;
	ino_t inode;
	const char *path;
};

struct planning {
	struct applying *applying;
	VECTOR(struct linked) linked;
	VECTOR(struct step) last; /* attributes of directories */
};

static void leave_out(struct applying *applying, const struct change *change, const char *why)
{
	_cleanup_free_ char *path = change_path(applying->session, change);
	_cleanup_free_ char *shown = string_escape(path);

	strv_take(&applying->messages, xasprintf("%s: left out: %s", shown, why));
	applying->left_out++;
}

static struct step *add_step(struct planning *planning, enum step_kind kind,
			     const struct change *change, const char *path)
{
	struct step *step = vector_add(&planning->applying->journal->steps);

	step->kind = kind;
	step->layer = change->layer;
	step->path = xstrdup(path);
	step->source = xstrdup(change->path);
	step->old_one = change->old_one;
	step->new_one = change->new_one;
	return step;
}

static bool only_attributes(const struct change *change)
{
	return change->kind == CHANGE_CHANGED && !S_ISLNK(change->new_one.st_mode) &&
	       !(change->what & (WHAT_TYPE | WHAT_CONTENT | WHAT_TARGET));
}

static const char *linked_name(const struct planning *planning, const struct change *change)
{
	vector_each (linked, &planning->linked)
		if (linked->layer == change->layer && linked->inode == change->new_one.st_ino)
			return linked->path;
	return NULL;
}

static void note_name(struct planning *planning, size_t layer, ino_t inode, const char *path)
{
	*vector_add(&planning->linked) = (struct linked){layer, inode, path};
}

/* The names that files of several names have on the host already. What is left as the host has it is
 * another file than the session's. */
static void collect_names(struct planning *planning, const struct changes *changes,
			  enum on_conflict on_conflict)
{
	vector_each (anchor, &changes->anchors)
		note_name(planning, anchor->layer, anchor->inode, anchor->path);
	vector_each (change, &changes->list)
		if (change->selected && only_attributes(change) && change->new_one.st_nlink > 1 &&
		    !S_ISDIR(change->new_one.st_mode) &&
		    (!change->conflict || on_conflict == CONFLICT_THEIRS))
			note_name(planning, change->layer, change->new_one.st_ino, change->path);
}

static void add_file(struct planning *planning, const struct change *change, const char *path,
		     bool beside)
{
	const char *existing = change->new_one.st_nlink > 1 ? linked_name(planning, change) : NULL;
	struct step *step;

	if (only_attributes(change) && !beside) {
		add_step(planning, STEP_ATTRIBUTES, change, path);
		return;
	}
	step = add_step(planning, existing ? STEP_LINK : STEP_PUT, change, path);
	if (existing) {
		free(step->source);
		step->source = xstrdup(existing);
	} else if (change->new_one.st_nlink > 1) {
		note_name(planning, change->layer, change->new_one.st_ino, step->path);
	}
	if (beside)
		step->old_one = (struct stat){0};
}

static void add_directory_attributes(struct planning *planning, const struct change *change,
				     bool is_new)
{
	struct step *step = vector_add(&planning->last);

	step->kind = STEP_ATTRIBUTES;
	step->layer = change->layer;
	step->path = xstrdup(change->path);
	step->source = xstrdup(change->path);
	if (!is_new)
		step->old_one = change->old_one;
	step->new_one = change->new_one;
}

static void add_change(struct planning *planning, const struct change *change)
{
	mode_t mode = change->new_one.st_mode;

	if (change->kind == CHANGE_REMOVED) {
		add_step(planning, STEP_REMOVE, change, change->path);
	} else if (S_ISDIR(mode)) {
		bool is_new = change->kind == CHANGE_ADDED || (change->what & WHAT_TYPE);

		if (is_new)
			add_step(planning, STEP_DIRECTORY, change, change->path);
		add_directory_attributes(planning, change, is_new);
	} else {
		add_file(planning, change, change->path, false);
	}
}

/* Beside what the host has: NAME.SESSION. */
static void add_beside(struct planning *planning, const struct change *change)
{
	const struct session *session = planning->applying->session;
	_cleanup_free_ char *path = xasprintf("%s.%s", change->path, session->name);

	add_file(planning, change, path, true);
}

/* What is never brought to the host, and why. */
static const char *refusal(const struct change *change)
{
	mode_t mode = change->new_one.st_mode;

	if (S_ISCHR(mode) || S_ISBLK(mode))
		return "a device";
	if (S_ISSOCK(mode))
		return "a socket";
	if (change->no_data && !only_attributes(change))
		return "its contents are not in the session";
	return NULL;
}

static void plan_one(struct planning *planning, const struct change *change,
		     enum on_conflict on_conflict)
{
	const char *why = refusal(change);

	if (why) {
		leave_out(planning->applying, change, why);
		return;
	}
	if (!change->conflict || on_conflict == CONFLICT_THEIRS) {
		add_change(planning, change);
		return;
	}
	if (on_conflict == CONFLICT_BOTH && change->kind != CHANGE_REMOVED &&
	    !S_ISDIR(change->new_one.st_mode))
		add_beside(planning, change);
	else
		leave_out(planning->applying, change, change->conflict);
}

/* Whether @path is in the directory @above, or is it. */
static bool is_in(const char *path, const char *above)
{
	const char *rest = startswith(path, above);

	return rest && (*rest == '/' || !*rest);
}

/* New directories on the way to what is selected come along. */
static void select_parents(const struct changes *changes)
{
	for (size_t i = 0; i < changes->list.count; i++) {
		const struct change *change = &changes->list.items[i];
		size_t top = strcspn(change->path, "/");

		if (!change->selected || !change->path[top])
			continue;
		for (size_t j = i; j-- > 0;) {
			struct change *above = &changes->list.items[j];

			if (above->layer != change->layer ||
			    strncmp(above->path, change->path, top) != 0)
				break;
			if (S_ISDIR(above->new_one.st_mode) && is_in(change->path, above->path) &&
			    (above->kind == CHANGE_ADDED || (above->what & WHAT_TYPE)))
				above->selected = true;
		}
	}
}

/*
 * Directories of the host in which the user may not make names, though they are the user's: what
 * ran in the session changed that for a moment, and so must apply.
 */
static void add_closed_parents(struct planning *planning)
{
	struct journal *journal = planning->applying->journal;
	_cleanup_free_ char *last = NULL;

	for (size_t i = 0; i < journal->steps.count; i++) {
		_cleanup_place_ struct place place = PLACE_NONE;
		const struct step *step = &journal->steps.items[i];
		int tree = planning->applying->trees.items[step->layer];
		const char *slash = strrchr(step->path, '/');
		_cleanup_free_ char *parent =
			slash ? xstrndup(step->path, (size_t)(slash - step->path)) : xstrdup("");
		struct stat status;
		bool known = false;

		if (step->kind == STEP_ATTRIBUTES || (last && streq(last, parent)))
			continue;
		free(last);
		last = xstrdup(parent);
		if (place_open(tree, journal, i, &place) < 0 || fstat(place.parent, &status) < 0 ||
		    (status.st_mode & 0300) == 0300 || status.st_uid != geteuid())
			continue;
		vector_each (other, &planning->last)
			known |= other->layer == step->layer && streq(other->path, parent);
		if (known)
			continue;
		*vector_add(&planning->last) = (struct step){
			.kind = STEP_ATTRIBUTES,
			.layer = step->layer,
			.path = TAKE_PTR(parent),
			.old_one = status,
			.new_one = status,
		};
	}
}

static int compare_depth(const void *left, const void *right)
{
	const struct step *a = left, *b = right;

	/* What is in a directory has the longer path. */
	return strlen(b->path) < strlen(a->path) ? -1 : strlen(b->path) > strlen(a->path);
}

void apply_plan(struct applying *applying, const struct changes *changes,
		enum on_conflict on_conflict)
{
	struct planning planning = {.applying = applying};

	select_parents(changes);
	collect_names(&planning, changes, on_conflict);
	vector_each (change, &changes->list)
		if (change->selected)
			plan_one(&planning, change, on_conflict);
	add_closed_parents(&planning);
	if (planning.last.count)
		qsort(planning.last.items, planning.last.count, sizeof(struct step), compare_depth);
	vector_each (step, &planning.last)
		*vector_add(&applying->journal->steps) = *step;
	vector_free(&planning.last);
	vector_free(&planning.linked);
}

void apply_drop_conflicts(struct applying *applying, const struct changes *changes)
{
	vector_each (change, &changes->list) {
		_cleanup_fd_ int directory = -1;
		const char *name;

		/* A directory that is only on the way to other changes stays. */
		if (!*change->path || !change->selected || !change->conflict ||
		    (S_ISDIR(change->new_one.st_mode) && change->kind == CHANGE_CHANGED &&
		     !(change->what & WHAT_TYPE)))
			continue;
		directory = tree_open_parent(applying->uppers.items[change->layer], change->path,
					     &name);
		if (directory >= 0)
			tree_remove(directory, name);
	}
}
