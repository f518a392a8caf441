// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/run_directory.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Others that a start looks at. */
enum { SWEEP_FEW = 8, TRIES = 100 };

static int open_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int run_directory_in(int parent, const char *name, bool fresh)
{
	mode_t before = umask(077);
	int r = mkdirat(parent, name, 0700) < 0 && (errno != EEXIST || fresh) ? -errno : 0;

	umask(before);
	return r < 0 ? r : open_directory(parent, name);
}

/* The names in a directory, in no order. */
static void names_in(int directory, size_t most, struct strv *ret)
{
	int copy = open_directory(directory, ".");
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!dir) {
		fd_close(copy);
		return;
	}
	while (ret->count < most && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			strv_add(ret, entry->d_name);
	closedir(dir);
}

/* The directory of @name in @kinds, locked by us, with its files. */
static void remove_one(int kinds, int directory, const char *name)
{
	enum { FILES = 16 };
	_cleanup_strv_ struct strv files = {0};

	names_in(directory, FILES, &files);
	for (size_t i = 0; i < files.count; i++)
		unlinkat(directory, files.items[i], 0);
	unlinkat(kinds, name, AT_REMOVEDIR);
}

static bool is_number(const char *name)
{
	size_t length = strlen(name);

	return length && length < 16 && strspn(name, "0123456789") == length;
}

static void sweep(int runtime, int kinds, void (*gone)(int runtime, const char *name))
{
	_cleanup_strv_ struct strv names = {0};

	names_in(kinds, SWEEP_FEW, &names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_fd_ int other =
			is_number(names.items[i]) ? open_directory(kinds, names.items[i]) : -1;

		if (other < 0 || flock(other, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (gone)
			gone(runtime, names.items[i]);
		remove_one(kinds, other, names.items[i]);
	}
}

/* Make the directory and lock it. A sweeper may be quicker: then it is made again. */
static int make_locked(int kinds, const char *name)
{
	for (int tries = 0; tries < TRIES; tries++) {
		_cleanup_fd_ int directory = run_directory_in(kinds, name, true);
		struct stat status;

		if (directory < 0 && directory != -ENOENT)
			return directory;
		if (directory >= 0 && flock(directory, LOCK_EX | LOCK_NB) == 0 &&
		    fstat(directory, &status) == 0 && status.st_nlink > 0)
			return TAKE_FD(directory);
	}
	return -EAGAIN;
}

int run_directory_make(struct run_directory *place, const char *path, const char *kind,
		       void (*gone)(int runtime, const char *name), struct error *e)
{
	const char *name = strrchr(path, '/') + 1;
	_cleanup_free_ char *runtime =
		xstrndup(path, (size_t)(name - path) - strlen(kind) - strlen("//"));
	_cleanup_fd_ int kinds = -1;
	int r;

	place->kind = kind;
	snprintf(place->name, sizeof(place->name), "%s", name);
	place->runtime = open(runtime, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place->runtime < 0)
		return error_errno(e, errno, "%s", runtime);
	r = kinds = run_directory_in(place->runtime, kind, false);
	if (r >= 0)
		r = place->directory = make_locked(kinds, place->name);
	if (r < 0)
		return error_errno(e, -r, "%s", path);
	sweep(place->runtime, kinds, gone);
	return 0;
}

void run_directory_remove(struct run_directory *place)
{
	_cleanup_fd_ int kinds =
		place->directory < 0 ? -1 : open_directory(place->runtime, place->kind);

	if (kinds >= 0)
		remove_one(kinds, place->directory, place->name);
	fd_close(place->directory);
	fd_close(place->runtime);
	*place = RUN_DIRECTORY_NONE;
}
