// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_place.h"

#include "base/fd.h"
#include "kernel/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

int place_open(int top, const struct journal *journal, size_t index, struct place *ret)
{
	const char *name;
	struct statfs fs;

	ret->parent = tree_open_parent(top, journal->steps.items[index].path, &name);
	if (ret->parent < 0)
		return ret->parent;
	if (snprintf(ret->name, sizeof(ret->name), "%s", name) >= (int)sizeof(ret->name)) {
		ret->parent = fd_close(ret->parent);
		return -ENAMETOOLONG;
	}
	snprintf(ret->temporary, sizeof(ret->temporary), ".hutch-%08x-%zu", journal->number, index);
	snprintf(ret->saved, sizeof(ret->saved), "%zu", index);
	/* Many number names, not files: sshfs, and all that leave it to libfuse; and sshfs may show a
	 * time that it remembers from before another was set. */
	ret->bare = fstatfs(ret->parent, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC;
	return 0;
}

int place_look(const struct place *place, const char *name, struct stat *ret)
{
	if (fstatat(place->parent, name, ret, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	*ret = (struct stat){0};
	return errno == ENOENT ? 0 : -errno;
}

void place_make_writable(const struct place *place)
{
	struct stat status;
	char path[32];

	if (fstat(place->parent, &status) < 0 || (status.st_mode & 0300) == 0300)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place->parent);
	(void)!chmod(path, (status.st_mode & 07777) | 0700);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static bool is_cut(const struct timespec *cut, const struct timespec *whole)
{
	return cut->tv_nsec == 0 &&
	       (cut->tv_sec == whole->tv_sec || cut->tv_sec == (whole->tv_sec & ~(time_t)1));
}

bool place_same_time(const struct timespec *a, const struct timespec *b)
{
	return (a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec) || is_cut(a, b) || is_cut(b, a);
}

bool place_is(const struct place *place, const struct stat *now, const struct stat *status)
{
	if (!now->st_mode || !status->st_mode)
		return !now->st_mode && !status->st_mode;
	if (!is_same_file(now, status) || ((now->st_mode ^ status->st_mode) & S_IFMT))
		return false;
	/* Those of a directory change with every name in it. */
	return S_ISDIR(now->st_mode) ||
	       (now->st_mode == status->st_mode && now->st_size == status->st_size &&
		(place->bare || place_same_time(&now->st_mtim, &status->st_mtim)));
}

/* Network file systems, and many of FUSE, know rename(2) without flags only. */
static bool lacks_flags(int code)
{
	return code == -EINVAL || code == -ENOSYS || code == -EOPNOTSUPP;
}

static int rename_plainly(const struct place *place, const char *from, const char *to)
{
	return renameat(place->parent, from, place->parent, to) < 0 ? -errno : 0;
}

/* The third name that exchanging takes where the file system cannot do it. */
static void third_name(const struct place *place, char ret[64])
{
	snprintf(ret, 64, "%s.b", place->temporary);
}

/* Two names for one file, and of them the first goes. */
static int move_by_link(const struct place *place, const char *from, const char *to)
{
	if (linkat(place->parent, from, place->parent, to, 0) < 0)
		return -errno;
	return unlinkat(place->parent, from, 0) < 0 ? -errno : 0;
}

int place_rename(const struct place *place, const char *from, const char *to)
{
	struct stat status;
	int r = renameat2(place->parent, from, place->parent, to, RENAME_NOREPLACE) < 0 ? -errno
											: 0;

	if (!lacks_flags(r))
		return r;
	r = place_look(place, from, &status);
	if (r == 0 && !S_ISDIR(status.st_mode) && !place->bare)
		r = move_by_link(place, from, to);
	else if (r == 0)
		r = -EPERM;
	if (r != -EPERM && !lacks_flags(r))
		return r;
	r = place_look(place, to, &status);
	if (r < 0)
		return r;
	return status.st_mode ? -EEXIST : rename_plainly(place, from, to);
}

/*
 * Exchange the names where the file system cannot: the old file gets a third name, as a second one
 * for files, so that the name is never without one, and else instead of the other.
 * place_settle() brings it to an end from wherever it was broken off.
 */
static int swap_by_steps(const struct place *place, const struct stat *expected)
{
	struct stat now;
	char third[64];
	int r = place_look(place, place->temporary, &now);

	third_name(place, third);
	/* A directory takes no other file's name. */
	if (r == 0 && (S_ISDIR(expected->st_mode) || S_ISDIR(now.st_mode) || place->bare ||
		       linkat(place->parent, place->name, place->parent, third, 0) < 0))
		r = rename_plainly(place, place->name, third);
	if (r == 0)
		r = place_look(place, third, &now);
	if (r == 0 && !place_is(place, &now, expected))
		r = -EAGAIN;
	if (r == 0)
		r = rename_plainly(place, place->temporary, place->name);
	if (r == 0)
		return rename_plainly(place, third, place->temporary);
	(void)!place_settle(place);
	return r;
}

int place_settle(const struct place *place)
{
	struct stat now, temporary, other;
	char third[64];
	int r = place_look(place, place->name, &now);

	third_name(place, third);
	if (r == 0)
		r = place_look(place, place->temporary, &temporary);
	if (r == 0)
		r = place_look(place, third, &other);
	if (r < 0)
		return r;
	if (!other.st_mode) {
		/* Moved by a second name, of which the first did not go. */
		if (temporary.st_mode && !S_ISDIR(temporary.st_mode) &&
		    is_same_file(&temporary, &now))
			return unlinkat(place->parent, place->temporary, 0) < 0 ? -errno : 0;
		return 0;
	}
	if (!temporary.st_mode)
		return rename_plainly(place, third, place->temporary);
	if (!now.st_mode)
		return rename_plainly(place, third, place->name);
	if (is_same_file(&now, &other))
		return unlinkat(place->parent, third, 0) < 0 ? -errno : 0;
	/* Somebody made the name anew meanwhile: whose file is to go is not ours to say. */
	return -EEXIST;
}

static int swap(const struct place *place, const struct stat *expected)
{
	int r = renameat2(place->parent, place->temporary, place->parent, place->name,
			  RENAME_EXCHANGE) < 0
			? -errno
			: 0;

	return lacks_flags(r) ? swap_by_steps(place, expected) : r;
}

/*
 * Somebody was faster: what had the name was no longer the old file. It gets its name back; and where
 * somebody put another file there even before that, that one keeps it, and what it took the
 * place of has the temporary name.
 */
static void give_back(const struct place *place)
{
	struct stat at_name, given, now;

	if (place_look(place, place->name, &at_name) < 0)
		return;
	do {
		if (place_look(place, place->temporary, &given) < 0 || swap(place, &at_name) < 0 ||
		    place_look(place, place->temporary, &now) < 0 || is_same_file(&now, &at_name))
			return;
		at_name = given;
	} while (now.st_mode);
}

int place_exchange(const struct place *place, const struct stat *expected)
{
	struct stat now;
	int r = place_look(place, place->name, &now);

	if (r < 0)
		return r;
	if (!place_is(place, &now, expected))
		return -EAGAIN;
	if (!expected->st_mode) {
		r = place_rename(place, place->temporary, place->name);
		return r == -EEXIST ? -EAGAIN : r;
	}
	r = swap(place, expected);
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	r = place_look(place, place->temporary, &now);
	if (r == 0 && place_is(place, &now, expected))
		return 0;
	give_back(place);
	return -EAGAIN;
}

/* rename(2), also of a directory that is closed to its owner: moving one changes its "..". */
static int move(int from, const char *from_name, int to, const char *to_name)
{
	struct stat status;
	int r;

	if (renameat(from, from_name, to, to_name) == 0)
		return 0;
	if (errno != EACCES || fstatat(from, from_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(status.st_mode))
		return -errno;
	if (fchmodat(from, from_name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = renameat(from, from_name, to, to_name) < 0 ? -errno : 0;
	(void)!fchmodat(r == 0 ? to : from, r == 0 ? to_name : from_name, status.st_mode & 07777,
			AT_SYMLINK_NOFOLLOW);
	return r;
}

int place_save(const struct place *place, const struct journal *journal, const char *name)
{
	char part[32];
	int r;

	r = move(place->parent, name, journal->saved, place->saved);
	if (r != -EXDEV)
		return r;
	/* It is saved whole, and only what it was made from was not removed. */
	if (faccessat(journal->saved, place->saved, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return tree_remove(place->parent, name);
	snprintf(part, sizeof(part), "%s.part", place->saved);
	r = tree_remove(journal->saved, part);
	if (r == 0)
		r = tree_copy(place->parent, name, journal->saved, part, 0);
	if (r == 0 && renameat(journal->saved, part, journal->saved, place->saved) < 0)
		r = -errno;
	return r == 0 ? tree_remove(place->parent, name) : r;
}

int place_fetch(const struct place *place, const struct journal *journal, const struct stat *status)
{
	char part[64];
	int r = move(journal->saved, place->saved, place->parent, place->temporary);

	if (r == -EXDEV) {
		snprintf(part, sizeof(part), "%s.part", place->temporary);
		r = tree_remove(place->parent, part);
		if (r == 0)
			r = tree_copy(journal->saved, place->saved, place->parent, part, 0);
		if (r == 0 && renameat(place->parent, part, place->parent, place->temporary) < 0)
			r = -errno;
	}
	/* To move a directory it may have been opened for a moment that did not end well. */
	if (r == 0 && S_ISDIR(status->st_mode) &&
	    fchmodat(place->parent, place->temporary, status->st_mode & 07777,
		     AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	return r;
}

void place_close(struct place *place)
{
	place->parent = fd_close(place->parent);
}
