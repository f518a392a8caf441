// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * overlayfs leaves in the upper directory: new and changed files whole; for each that was removed a
 * whiteout (a character device 0:0, or an empty file with the attribute user.overlay.whiteout);
 * and the directories on the way, of which one that hides all that the host has there is opaque
 * (user.overlay.opaque = y). So the upper directory is walked beside the host's tree, by
 * directory descriptors, and whatever differs is a change. Directories on the way are none of
 * themselves. What is the same on both sides is no change either: so what was applied already
 * falls away.
 *
 * What is in conflict with the host is decided in engine/session_conflict.c.
 *
 * Where the overlay is over a copy (engine/session_copy.c), that copy is what the session saw: then
 * what the host has is compared with it, and the times, which may be another machine's, say nothing.
 * And what is in the layer as it is in the copy was only touched, whatever the host has by now.
 */
#include "engine/session_changes.h"

#include "base/fd.h"
#include "engine/entry.h"
#include "engine/session_conflict.h"
#include "engine/session_place.h"
#include "engine/session_renames.h"
#include "engine/session_risk.h"
#include "kernel/tree.h"
#include "kernel/xattr.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define HOST_DIRECTORY (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct reading {
	const struct session *session;
	const char *home;
	struct changes *changes;
	struct conflicts conflicts;
	size_t layer;
	struct strbuf path; /* of what is looked at, below the tree */
};

/* One directory of the layer and, where the host has one there, the host's. */
struct pair {
	int upper, host; /* host: O_PATH, or -1 */
	int copy;        /* what the session saw; -1: it is not known, or nothing */
	bool opaque;
	struct host_directory directory; /* what is known of the host's */
	const char *conflict;            /* of the directory, and so of all in it */
	int depth;
};

static int walk(struct reading *reading, const struct pair *pair);

static void problem(struct reading *reading, const char *path, const char *what, int code)
{
	_cleanup_free_ char *shown = string_escape(path);

	strv_take(&reading->changes->problems,
		  xasprintf("%s (%s): %s/%s", what, error_name(code),
			    reading->session->layers.items[reading->layer].path, shown));
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static const char unreadable[] = "it cannot be read on the host";
static const char mounted_there[] = "something is mounted there on the host";

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names in the directory, which is closed, in order. */
static int read_names(int fd, struct strv *ret)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!directory) {
		int code = errno;

		fd_close(fd);
		return -code;
	}
	while ((entry = directory_next(directory, &r)))
		if (!is_dot(entry->d_name))
			strv_add(ret, entry->d_name);
	closedir(directory);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), compare_names);
	return r;
}

static bool has_attribute(int parent, const char *name, const char *attribute, char value)
{
	char buffer[2] = {0};
	ssize_t length = xattr_get(parent, name, attribute, buffer, sizeof(buffer));

	/* Longer ones than fit (ERANGE) are there, too. */
	return value ? length == 1 && buffer[0] == value : length >= 0 || length == -ERANGE;
}

static bool is_whiteout(int parent, const char *name, const struct stat *status)
{
	if (S_ISCHR(status->st_mode))
		return status->st_rdev == 0;
	return S_ISREG(status->st_mode) && status->st_size == 0 &&
	       has_attribute(parent, name, XATTR_OVERLAY "whiteout", 0);
}

static char *read_link(int parent, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(parent, name, target, sizeof(target));

	return length < 0 ? NULL : xstrndup(target, (size_t)length);
}

/* What is different of @name in two directories: here it is @new_one, there it was @old_one. */
static unsigned compare_files(int here, const struct stat *new_one, int there,
			      const struct stat *old_one, const char *name, bool no_data)
{
	unsigned what = 0;

	if ((old_one->st_mode ^ new_one->st_mode) & S_IFMT)
		return WHAT_TYPE;
	if (S_ISLNK(new_one->st_mode)) {
		_cleanup_free_ char *new_target = read_link(here, name);
		_cleanup_free_ char *old_target = read_link(there, name);

		if (!new_target || !old_target || !streq(new_target, old_target))
			what |= WHAT_TARGET;
	} else if ((new_one->st_mode ^ old_one->st_mode) & 07777) {
		what |= WHAT_MODE;
	}
	if (S_ISREG(new_one->st_mode) && !no_data &&
	    (new_one->st_size != old_one->st_size ||
	     !tree_same_contents(here, name, new_one, there, name)))
		what |= WHAT_CONTENT;
	if (new_one->st_uid != old_one->st_uid || new_one->st_gid != old_one->st_gid)
		what |= WHAT_OWNER;
	if (!S_ISLNK(new_one->st_mode) && xattr_same(here, name, there, name) == 0)
		what |= WHAT_XATTR;
	/* Of what was written it says nothing, and that of a directory changes with every name in
	 * it. */
	if (!S_ISDIR(new_one->st_mode) && !(what & (WHAT_CONTENT | WHAT_TARGET)) &&
	    (new_one->st_mtim.tv_sec != old_one->st_mtim.tv_sec ||
	     new_one->st_mtim.tv_nsec != old_one->st_mtim.tv_nsec))
		what |= WHAT_TIME;
	return what;
}

static bool look(int parent, const char *name, struct stat *ret)
{
	return parent >= 0 && fstatat(parent, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_copied(const struct reading *reading)
{
	return reading->session->layers.items[reading->layer].copied;
}

/* What the session changed of @name that the host has otherwise. */
static unsigned compare(const struct reading *reading, const struct pair *pair, const char *name,
			const struct stat *old_one, const struct stat *new_one, bool no_data)
{
	unsigned what = compare_files(pair->upper, new_one, pair->host, old_one, name, no_data);
	unsigned changed = WHAT_TYPE;
	struct stat saw;

	/* What is copied may not keep them exactly. */
	if (is_copied(reading) && place_same_time(&new_one->st_mtim, &old_one->st_mtim))
		what &= ~(unsigned)WHAT_TIME;
	if (what && look(pair->copy, name, &saw))
		changed = compare_files(pair->upper, new_one, pair->copy, &saw, name, no_data);
	return changed & WHAT_TYPE ? what : what & changed;
}

/* Whether the host's @name, @status, is another than that in the copy. Owners and attributes may not
 * have come along. */
static bool differs_from_copy(int copy, int host, const char *name, const struct stat *status)
{
	struct stat saw;

	return !look(copy, name, &saw) || (compare_files(host, status, copy, &saw, name, false) &
					   (WHAT_TYPE | WHAT_CONTENT | WHAT_TARGET | WHAT_MODE));
}

/* Why it is a conflict that the host has @name as @status; NULL: it is none. */
static const char *conflict_with(const struct reading *reading, const struct pair *pair,
				 const char *name, const struct stat *status)
{
	if (!is_copied(reading))
		return conflict_of_present(&reading->conflicts, reading->layer, reading->path.text,
					   status, &pair->directory);
	return differs_from_copy(pair->copy, pair->host, name, status) &&
			       !seen_is_by_time(&reading->conflicts.seen, reading->layer,
						reading->path.text, status)
		       ? changed_since
		       : NULL;
}

/* Why it is a conflict that the host has no @name, though it has its directory. */
static const char *conflict_without(const struct reading *reading, const struct pair *pair,
				    const char *name)
{
	struct stat saw;

	if (!is_copied(reading))
		return conflict_of_missing(&reading->conflicts, reading->layer, reading->path.text,
					   &pair->directory);
	return look(pair->copy, name, &saw) || seen_has(&reading->conflicts.seen, reading->layer,
							reading->path.text)
		       ? removed_since
		       : NULL;
}

/* One name in a directory of the host that the session removed. */
static void measure_one(struct reading *reading, struct change *change, const struct pair *pair,
			const char *name, const struct stat *status)
{
	const char *conflict;

	if (status->st_dev != change->old_one.st_dev) {
		change->conflict = mounted_there;
		return;
	}
	change->files++;
	change->bytes += S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
	conflict = conflict_with(reading, pair, name, status);
	if (conflict)
		change->conflict = conflict;
}

static int open_below(int parent, const char *name)
{
	return parent < 0 ? -1 : openat(parent, name, HOST_DIRECTORY);
}

/* What is known of the host's directory @name, @status, in @pair. */
static struct host_directory look_at(const struct reading *reading, const struct pair *pair,
				     const struct stat *status)
{
	struct host_directory found = {0};

	if (!is_copied(reading))
		conflict_look(&reading->conflicts, reading->layer, reading->path.text,
			      &pair->directory, status, &found);
	return found;
}

/* Count what is in the host's directory @name, @status, and look for what the host changed. */
static void measure(struct reading *reading, struct change *change, const struct pair *pair,
		    const char *name, const struct stat *status, int depth)
{
	int fd = openat(pair->host, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_fd_ int copy = open_below(pair->copy, name);
	const struct pair below = {
		.host = fd, .copy = copy, .directory = look_at(reading, pair, status)};
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	size_t length = reading->path.length;
	const struct dirent *entry;
	int r = 0;

	if (!directory || depth > TREE_DEPTH) {
		problem(reading, change->path, "reading on the host", directory ? ELOOP : errno);
		change->conflict = unreadable;
		if (directory)
			closedir(directory);
		else
			fd_close(fd);
		return;
	}
	while ((entry = directory_next(directory, &r))) {
		struct stat in_it;

		if (is_dot(entry->d_name))
			continue;
		if (fstatat(fd, entry->d_name, &in_it, AT_SYMLINK_NOFOLLOW) < 0) {
			r = errno == ENOENT ? r : -errno;
			continue;
		}
		strbuf_printf(&reading->path, "/%s", entry->d_name);
		measure_one(reading, change, &below, entry->d_name, &in_it);
		if (S_ISDIR(in_it.st_mode) && in_it.st_dev == change->old_one.st_dev)
			measure(reading, change, &below, entry->d_name, &in_it, depth + 1);
		reading->path.length = length;
		reading->path.text[length] = '\0';
	}
	closedir(directory);
	if (r < 0) {
		problem(reading, change->path, "reading on the host", -r);
		change->conflict = unreadable;
	}
}

static struct change *add(struct reading *reading, enum change_kind kind, const struct pair *pair,
			  const char *name, const struct stat *old_one, const struct stat *new_one,
			  const char *conflict)
{
	struct change *change = vector_add(&reading->changes->list);

	change->kind = kind;
	change->layer = reading->layer;
	change->path = xstrdup(reading->path.text);
	if (old_one)
		change->old_one = *old_one;
	if (new_one)
		change->new_one = *new_one;
	change->renamed = SIZE_MAX;
	change->conflict = conflict;
	if (!conflict && old_one)
		change->conflict = conflict_with(reading, pair, name, old_one);
	else if (!conflict && pair->host >= 0)
		change->conflict = conflict_without(reading, pair, name);
	return change;
}

static void add_risk(const struct reading *reading, struct change *change)
{
	const char *tree = reading->session->layers.items[reading->layer].path;
	_cleanup_free_ char *path = change_path(reading->session, change);
	mode_t mode = change->new_one.st_mode;

	change->risk = risk_of(path, tree, reading->home, mode, change->target);
	/* Not for what was there and stays as it is. */
	if (change->kind == CHANGE_CHANGED && !(change->what & (WHAT_CONTENT | WHAT_TYPE)) &&
	    !((change->old_one.st_mode ^ mode) & 0111))
		change->risk &= ~(unsigned)RISK_EXECUTABLE;
}

static void add_removed(struct reading *reading, const struct pair *pair, const char *name,
			const struct stat *old_one)
{
	struct change *change =
		add(reading, CHANGE_REMOVED, pair, name, old_one, NULL, pair->conflict);

	if (S_ISDIR(old_one->st_mode))
		measure(reading, change, pair, name, old_one, 0);
	else
		change->bytes = S_ISREG(old_one->st_mode) ? (uint64_t)old_one->st_size : 0;
}

/* Go down into the directory @name of the layer. */
static int walk_below(struct reading *reading, const struct pair *pair, const char *name,
		      const struct stat *old_one, bool opaque, const char *conflict)
{
	struct pair below = {.host = -1,
			     .copy = -1,
			     .opaque = opaque,
			     .conflict = conflict,
			     .depth = pair->depth + 1};
	int r;

	if (below.depth > TREE_DEPTH) {
		problem(reading, reading->path.text, "too deep", ELOOP);
		return 0;
	}
	below.upper = tree_open_directory(pair->upper, name);
	if (below.upper < 0) {
		problem(reading, reading->path.text, "reading", -below.upper);
		return 0;
	}
	if (old_one && S_ISDIR(old_one->st_mode)) {
		below.host = openat(pair->host, name, HOST_DIRECTORY);
		below.directory = look_at(reading, pair, old_one);
	}
	below.copy = open_below(pair->copy, name);
	r = walk(reading, &below);
	fd_close(below.host);
	fd_close(below.copy);
	return r;
}

static int take_directory(struct reading *reading, const struct pair *pair, const char *name,
			  const struct stat *old_one, const struct stat *new_one)
{
	bool opaque = has_attribute(pair->upper, name, XATTR_OVERLAY "opaque", 'y');
	const char *conflict = pair->conflict;
	struct change *change = NULL;
	unsigned what;

	if (old_one && S_ISDIR(old_one->st_mode)) {
		what = compare(reading, pair, name, old_one, new_one, false);
		if (what) {
			change = add(reading, CHANGE_CHANGED, pair, name, old_one, new_one,
				     conflict);
			change->what = what;
		}
	} else if (old_one) {
		change = add(reading, CHANGE_CHANGED, pair, name, old_one, new_one, conflict);
		change->what = WHAT_TYPE;
		conflict = change->conflict;
	} else {
		/* A directory of the host is never moved by overlayfs without privileges. */
		if (!conflict && !is_copied(reading) && !opaque && !pair->opaque &&
		    has_attribute(pair->upper, name, XATTR_OVERLAY "origin", 0))
			conflict = removed_since;
		change = add(reading, CHANGE_ADDED, pair, name, NULL, new_one, conflict);
		conflict = change->conflict;
	}
	if (change)
		add_risk(reading, change);
	/* What is in a directory that hides the host's hides it, too. */
	return walk_below(reading, pair, name, old_one, opaque || pair->opaque, conflict);
}

static void take_file(struct reading *reading, const struct pair *pair, const char *name,
		      const struct stat *old_one, const struct stat *new_one)
{
	bool no_data = S_ISREG(new_one->st_mode) && new_one->st_size && !new_one->st_blocks &&
		       has_attribute(pair->upper, name, XATTR_OVERLAY "metacopy", 0);
	struct change *change;
	struct stat saw;
	unsigned what = 0;

	/* Only touched, and gone from the host since. */
	if (!old_one && look(pair->copy, name, &saw) &&
	    !compare_files(pair->upper, new_one, pair->copy, &saw, name, no_data))
		return;
	if (old_one)
		what = compare(reading, pair, name, old_one, new_one, no_data);
	if (old_one && !what) {
		if (new_one->st_nlink > 1)
			*vector_add(&reading->changes->anchors) = (struct anchor){
				reading->layer, new_one->st_ino, xstrdup(reading->path.text)};
		return;
	}
	change = add(reading, old_one ? CHANGE_CHANGED : CHANGE_ADDED, pair, name, old_one, new_one,
		     pair->conflict);
	change->what = what;
	change->no_data = no_data;
	if (S_ISLNK(new_one->st_mode))
		change->target = read_link(pair->upper, name);
	add_risk(reading, change);
	if (what == WHAT_TYPE && S_ISDIR(old_one->st_mode))
		measure(reading, change, pair, name, old_one, 0);
}

static int take(struct reading *reading, const struct pair *pair, const char *name)
{
	struct stat new_one, old_one;
	const struct stat *old = NULL;

	if (fstatat(pair->upper, name, &new_one, AT_SYMLINK_NOFOLLOW) < 0) {
		problem(reading, reading->path.text, "looking at it", errno);
		return 0;
	}
	if (pair->host >= 0 && fstatat(pair->host, name, &old_one, AT_SYMLINK_NOFOLLOW) == 0) {
		old = &old_one;
	} else if (pair->host >= 0 && errno != ENOENT) {
		problem(reading, reading->path.text, "looking at it on the host", errno);
		return 0;
	}
	if (is_whiteout(pair->upper, name, &new_one)) {
		if (old)
			add_removed(reading, pair, name, old);
		return 0;
	}
	if (S_ISDIR(new_one.st_mode))
		return take_directory(reading, pair, name, old, &new_one);
	take_file(reading, pair, name, old, &new_one);
	return 0;
}

/* What an opaque directory hides of the host's was removed. */
static void take_hidden(struct reading *reading, const struct pair *pair, const struct strv *names)
{
	_cleanup_strv_ struct strv there = {0};
	size_t length = reading->path.length;
	int fd = openat(pair->host, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	int r = fd < 0 ? -errno : read_names(fd, &there);

	if (r < 0) {
		problem(reading, reading->path.text, "reading on the host", -r);
		return;
	}
	for (size_t i = 0; i < there.count; i++) {
		const char *name = there.items[i];
		struct stat status;

		if ((names->count &&
		     bsearch(&name, names->items, names->count, sizeof(name), compare_names)) ||
		    fstatat(pair->host, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		strbuf_printf(&reading->path, "%s%s", length ? "/" : "", name);
		add_removed(reading, pair, name, &status);
		reading->path.length = length;
		reading->path.text[length] = '\0';
	}
}

/* Takes over pair->upper. */
static int walk(struct reading *reading, const struct pair *pair)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_fd_ int upper = dup(pair->upper);
	struct pair again = *pair;
	size_t length = reading->path.length;
	int r = read_names(pair->upper, &names);

	if (r < 0 || upper < 0) {
		problem(reading, reading->path.text, "reading", r < 0 ? -r : EMFILE);
		return 0;
	}
	again.upper = upper;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		strbuf_printf(&reading->path, "%s%s", length ? "/" : "", names.items[i]);
		r = take(reading, &again, names.items[i]);
		reading->path.length = length;
		reading->path.text[length] = '\0';
	}
	if (r == 0 && pair->opaque && pair->host >= 0)
		take_hidden(reading, pair, &names);
	return r;
}

static int read_layer(struct reading *reading, struct error *e)
{
	const struct session_layer *layer = &reading->session->layers.items[reading->layer];
	_cleanup_fd_ int host = -1;
	_cleanup_fd_ int copy = -1;
	struct pair pair = {.upper = -1, .copy = -1};
	struct stat status;

	host = session_open_tree(layer, e);
	if (host < 0)
		return host;
	if (layer->copied) {
		pair.copy = copy = session_open_copy(reading->session, layer);
		if (copy < 0)
			return error_errno(e, -copy, "the copy of %s", layer->path);
	}
	pair.host = host;
	if (!layer->copied && fstat(host, &status) == 0)
		conflict_look(&reading->conflicts, reading->layer, "", NULL, &status,
			      &pair.directory);
	pair.upper = session_open_upper(reading->session, layer);
	if (pair.upper < 0)
		return error_errno(e, -pair.upper, "the layer of %s", layer->path);
	return walk(reading, &pair);
}

int changes_read(const struct session *session, const char *home, struct changes *ret,
		 struct error *e)
{
	struct reading reading = {.session = session, .home = home, .changes = ret};
	int r = 0;

	/* Each level of a tree takes two. */
	entry_raise_descriptor_limit();
	conflicts_begin(session, &reading.conflicts);
	for (size_t i = 0; r == 0 && i < session->layers.count; i++) {
		reading.layer = i;
		reading.path.length = 0;
		strbuf_append(&reading.path, "", 0);
		r = read_layer(&reading, e);
	}
	strbuf_free(&reading.path);
	conflicts_end(&reading.conflicts);
	if (r == 0)
		changes_find_renames(session, ret);
	return r;
}
