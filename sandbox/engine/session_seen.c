// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_seen.h"

#include "base/fd.h"
#include "engine/session_place.h"
#include "kernel/sys.h"
#include "kernel/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SIZE_LIMIT (1024UL * 1024 * 1024)

struct packed {
	uint64_t layer, length, device, inode;
	int64_t seconds, nanoseconds;
};

static int compare(const void *left, const void *right)
{
	const struct seen_file *a = left, *b = right;

	if (a->layer != b->layer)
		return a->layer < b->layer ? -1 : 1;
	return strcmp(a->path, b->path);
}

void seen_read(const struct session *session, struct seen *ret)
{
	_cleanup_fd_ int fd = openat(session->fd, "seen", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *data = NULL;
	size_t left, at = 0;

	if (fd < 0 || fd_read_all(fd, "seen", SIZE_LIMIT, &data, &left, NULL) < 0)
		return;
	while (left - at >= sizeof(struct packed)) {
		struct packed packed;
		struct seen_file *file;

		memcpy(&packed, data + at, sizeof(packed));
		at += sizeof(packed);
		if (packed.length > left - at)
			break;
		file = vector_add(&ret->list);
		file->layer = packed.layer;
		file->path = xstrndup(data + at, packed.length);
		file->device = packed.device;
		file->inode = packed.inode;
		file->seconds = packed.seconds;
		file->nanoseconds = packed.nanoseconds;
		at += packed.length;
	}
	if (ret->list.count)
		qsort(ret->list.items, ret->list.count, sizeof(struct seen_file), compare);
}

static const struct seen_file *find(const struct seen *seen, size_t layer, const char *path)
{
	const struct seen_file wanted = {.layer = layer, .path = (char *)path};

	return seen->list.count ? bsearch(&wanted, seen->list.items, seen->list.count,
					  sizeof(wanted), compare)
				: NULL;
}

bool seen_has(const struct seen *seen, size_t layer, const char *path)
{
	return find(seen, layer, path) != NULL;
}

/* As numbers say nothing there, what was put there and is gone has the time 0. */
static bool seen_time_is(const struct seen_file *file, const struct stat *now)
{
	return file->seconds == now->st_ctim.tv_sec && file->nanoseconds == now->st_ctim.tv_nsec;
}

bool seen_is_by_time(const struct seen *seen, size_t layer, const char *path,
		     const struct stat *now)
{
	const struct seen_file *file = find(seen, layer, path);

	return file && seen_time_is(file, now);
}

bool seen_is(const struct seen *seen, size_t layer, const char *path, const struct stat *now)
{
	const struct seen_file *file = find(seen, layer, path);

	return file && file->inode == now->st_ino && file->device == now->st_dev &&
	       seen_time_is(file, now);
}

static void add(struct strbuf *out, const struct seen_file *file)
{
	const struct packed packed = {file->layer, strlen(file->path), file->device,
				      file->inode, file->seconds,      file->nanoseconds};

	strbuf_append(out, (const char *)&packed, sizeof(packed));
	strbuf_append(out, file->path, packed.length);
}

static void note(struct seen *seen, size_t layer, const char *path, const struct stat *status)
{
	*vector_add(&seen->list) = (struct seen_file){
		.layer = layer,
		.path = xstrdup(path),
		.device = status->st_dev,
		.inode = status->st_ino,
		.seconds = status->st_ctim.tv_sec,
		.nanoseconds = status->st_ctim.tv_nsec,
	};
}

static void note_gone(struct seen *seen, size_t layer, const char *path)
{
	*vector_add(&seen->list) =
		(struct seen_file){.layer = layer, .path = xstrdup(path), .gone = true};
}

/* All in a directory that was brought back: copying made it anew. */
static void note_below(struct seen *seen, size_t layer, const char *path, int parent,
		       const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 || depth > TREE_DEPTH ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *below = xasprintf("%s/%s", path, entry->d_name);
		struct stat status;

		if (streq(entry->d_name, ".") || streq(entry->d_name, "..") ||
		    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		note(seen, layer, below, &status);
		if (S_ISDIR(status.st_mode))
			note_below(seen, layer, below, fd, entry->d_name, depth + 1);
	}
	closedir(directory);
}

/* A file of several names changes its ctime with each that comes and goes. */
static void note_source(const struct journal *journal, const int *trees, size_t index,
			struct seen *seen)
{
	const struct step *step = &journal->steps.items[index];
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	_cleanup_fd_ int fd = -1;
	struct stat status;

	if (step->kind != STEP_LINK)
		return;
	fd = sys_openat2(trees[step->layer], step->source, &how);
	if (fd >= 0 && fstat(fd, &status) == 0)
		note(seen, step->layer, step->source, &status);
}

static char *parent_of(const struct step *step)
{
	const char *slash = strrchr(step->path, '/');

	return slash ? xstrndup(step->path, (size_t)(slash - step->path)) : xstrdup("");
}

/* The directory changed with the names in it. What the host has changed of it before stays unknown. */
static void note_parent(const struct session *session, const struct step *step,
			const struct place *place, const struct seen *before, struct seen *seen)
{
	_cleanup_free_ char *parent = parent_of(step);
	const struct seen_file *known = find(before, step->layer, parent);
	struct stat status;

	/* Steps in one directory follow one another; what is compared with a copy needs no times. */
	if ((seen->parent && streq(seen->parent, parent)) ||
	    session->layers.items[step->layer].copied)
		return;
	if (!(known && !known->inode) && fstat(place->parent, &status) == 0)
		note(seen, step->layer, parent, &status);
	free(seen->parent);
	seen->parent = TAKE_PTR(parent);
}

/* What was put there is gone again, or the host removed it since. */
static void note_missing(const struct journal *journal, size_t index, struct seen *seen)
{
	const struct step *step = &journal->steps.items[index];

	/* What befell a new directory, its first step tells, not that of its attributes. */
	if (journal->done.items[index].state != STEP_DONE ||
	    (step->kind == STEP_ATTRIBUTES && !step->old_one.st_mode))
		return;
	if (step->kind == STEP_REMOVE || journal->undone.items[index].state == STEP_DONE)
		note_gone(seen, step->layer, step->path);
	else
		note(seen, step->layer, step->path, &(struct stat){0});
}

static void note_steps(const struct session *session, const struct journal *journal,
		       const int *trees, const struct seen *before, struct seen *seen)
{
	for (size_t i = 0; i < journal->steps.count; i++) {
		const struct step *step = &journal->steps.items[i];
		_cleanup_place_ struct place place = PLACE_NONE;
		struct stat status;

		note_source(journal, trees, i, seen);
		if (journal->done.items[i].state == STEP_LEFT_OUT)
			continue;
		if (place_open(trees[step->layer], journal, i, &place) < 0) {
			note_missing(journal, i, seen);
			continue;
		}
		note_parent(session, step, &place, before, seen);
		if (place_look(&place, place.name, &status) < 0)
			continue;
		if (!status.st_mode) {
			note_missing(journal, i, seen);
			continue;
		}
		/* One that was broken off may have touched it all the same. */
		if (journal->done.items[i].state == STEP_OPEN &&
		    !place_is(&place, &status, &step->old_one))
			continue;
		note(seen, step->layer, step->path, &status);
		if (S_ISDIR(status.st_mode) && S_ISDIR(step->old_one.st_mode) &&
		    step->kind != STEP_ATTRIBUTES)
			note_below(seen, step->layer, step->path, place.parent, place.name, 0);
	}
}

/* What was known before, and what is known by now in its stead. */
static int merge(const struct session *session, const struct seen *before, struct seen *now,
		 struct error *e)
{
	_cleanup_strbuf_ struct strbuf out = {0};

	if (now->list.count)
		qsort(now->list.items, now->list.count, sizeof(struct seen_file), compare);
	vector_each (file, &before->list)
		if (!seen_has(now, file->layer, file->path))
			add(&out, file);
	vector_each (file, &now->list)
		if (!file->gone)
			add(&out, file);
	return session_write(session, "seen", out.text, out.length, e);
}

int seen_prepare(const struct session *session, const struct journal *journal, const int *trees,
		 struct error *e)
{
	struct seen before = {0}, now = {0};
	int r = 0;

	seen_read(session, &before);
	for (size_t i = 0; i < journal->steps.count; i++) {
		const struct step *step = &journal->steps.items[i];
		_cleanup_place_ struct place place = PLACE_NONE;
		_cleanup_free_ char *parent = parent_of(step);
		struct stat status;

		if ((now.parent && streq(now.parent, parent)) ||
		    session->layers.items[step->layer].copied)
			continue;
		if (place_open(trees[step->layer], journal, i, &place) == 0 &&
		    fstat(place.parent, &status) == 0 &&
		    session_time_is_later(&status.st_ctim, &session->start) &&
		    !seen_is(&before, step->layer, parent, &status))
			note(&now, step->layer, parent, &(struct stat){0});
		free(now.parent);
		now.parent = TAKE_PTR(parent);
	}
	if (now.list.count)
		r = merge(session, &before, &now, e);
	seen_free(&before);
	seen_free(&now);
	return r;
}

int seen_write(const struct session *session, const struct journal *journal, const int *trees,
	       struct error *e)
{
	struct seen before = {0}, now = {0};
	int r;

	seen_read(session, &before);
	note_steps(session, journal, trees, &before, &now);
	r = merge(session, &before, &now, e);
	seen_free(&before);
	seen_free(&now);
	return r;
}

void seen_free(struct seen *seen)
{
	vector_each (file, &seen->list)
		free(file->path);
	vector_free(&seen->list);
	free(seen->parent);
	seen->parent = NULL;
}
