// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/home_store.h"

#include "base/fd.h"
#include "base/user.h"
#include "kernel/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define GONE ".gone"

const char *const home_words[] = {"private", "overlay", "real", NULL};

bool home_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._+@-");

	for (size_t i = 0; home_words[i]; i++)
		if (streq(home_words[i], name))
			return false;
	return length && !name[length] && length <= 64 && name[0] != '.' && name[0] != '-';
}

int home_name_refuse(const char *name, struct error *e)
{
	error_set(e, EINVAL, "not a name for a home");
	if (strchr(name, '/'))
		return error_remedy(e, "a directory of yours is the home with --rw DIR:~; "
				       "--home NAME has one of hutch's own");
	return error_remedy(e, "letters, digits and ._+@-, at most 64, neither dot nor dash first, "
			       "and not private, overlay or real");
}

char *homes_path(void)
{
	_cleanup_free_ char *data = base_directory("XDG_DATA_HOME");

	return data ? xasprintf("%s/hutch/homes", data) : NULL;
}

static char *lock_name(const char *name)
{
	return xasprintf(".%s.lock", name);
}

/* O_PATH descriptor of the directory @name in @parent, which must be the caller's own; -ENOENT
 * without a message. */
static int open_own(int parent, const char *name, struct error *e)
{
	_cleanup_fd_ int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return errno == ENOENT ? -ENOENT : error_errno(e, errno, "%s", name);
	if (S_ISLNK(status.st_mode))
		return error_set(e, ELOOP, "%s: a symbolic link, which is not followed", name);
	if (!S_ISDIR(status.st_mode))
		return error_errno(e, ENOTDIR, "%s", name);
	if (status.st_uid != getuid())
		return error_set(e, EPERM, "%s: belongs to user %u, not to you", name,
				 status.st_uid);
	return TAKE_FD(fd);
}

static int make_own(int parent, const char *name, bool make, struct error *e)
{
	if (make && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return error_errno(e, errno, "making %s", name);
	return open_own(parent, name, e);
}

/* $XDG_DATA_HOME may be a link or lie anywhere: that is the user's own choice. */
static int open_data_home(const char *path, bool make)
{
	_cleanup_free_ char *part = xstrdup(path);
	int fd;

	for (char *slash = strchr(part + 1, '/'); make && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int homes_open(bool make, struct error *e)
{
	_cleanup_free_ char *data = base_directory("XDG_DATA_HOME");
	_cleanup_fd_ int top = -1, middle = -1, homes = -1;
	struct stat status;

	if (!data) {
		error_set(e, ENOENT,
			  "no place for homes: neither XDG_DATA_HOME nor a home directory");
		return error_remedy(e, "set XDG_DATA_HOME");
	}
	top = open_data_home(data, make);
	if (top < 0)
		return top == -ENOENT && !make ? -ENOENT : error_errno(e, -top, "%s", data);
	middle = make_own(top, "hutch", make, e);
	homes = middle < 0 ? middle : make_own(middle, "homes", make, e);
	if (homes < 0 && (homes != -ENOENT || make))
		return error_wrap(e, "%s", data);
	if (homes < 0)
		return homes;
	if (fstat(homes, &status) < 0 || status.st_mode & 0022) {
		error_set(e, EPERM, "%s/hutch/homes: others may write to it", data);
		return error_remedy(e, "chmod go-w %s/hutch/homes", data);
	}
	return TAKE_FD(homes);
}

void homes_names(int homes, struct strv *ret)
{
	int fd = openat(homes, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat status;

	if (!directory) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (home_name_valid(entry->d_name) &&
		    fstatat(homes, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(status.st_mode))
			strv_add(ret, entry->d_name);
	closedir(directory);
	strv_sort(ret);
}

int home_open(int homes, const char *name, struct error *e)
{
	_cleanup_strv_ struct strv names = {0};
	const char *near;
	int fd;

	if (!home_name_valid(name)) {
		home_name_refuse(name, e);
		return error_wrap(e, "%.100s", name);
	}
	fd = homes < 0 ? -ENOENT : open_own(homes, name, e);
	if (fd != -ENOENT)
		return fd;
	if (homes >= 0)
		homes_names(homes, &names);
	near = string_nearest(name, (const char *const *)names.items, names.count);
	error_set(e, ENOENT, "%s: no such home", name);
	return near ? error_remedy(e, "did you mean \"%s\"?", near)
		    : error_remedy(e, "`hutch home list` shows those there are");
}

int home_create(int homes, const char *name, struct error *e)
{
	if (!home_name_valid(name)) {
		home_name_refuse(name, e);
		return error_wrap(e, "%.100s", name);
	}
	if (mkdirat(homes, name, 0700) == 0)
		return 0;
	return errno == EEXIST ? error_set(e, EEXIST, "%s: there is such a home already", name)
			       : error_errno(e, errno, "making the home %s", name);
}

int home_check_new(int homes, const char *name, struct error *e)
{
	_cleanup_strv_ struct strv names = {0};
	const char *near;

	if (homes >= 0)
		homes_names(homes, &names);
	for (size_t i = 0; home_words[i]; i++)
		strv_add(&names, home_words[i]);
	near = string_nearest(name, (const char *const *)names.items, names.count);
	if (!near)
		return 0;
	error_set(e, ENOENT, "no such home");
	return error_remedy(e, "did you mean \"%s\"? `hutch home create %s` makes one of that name",
			    near, name);
}

/* The lock of a home, had; -EBUSY where @how may not wait. */
static int take_lock(int homes, const char *name, int how)
{
	_cleanup_free_ char *lock = lock_name(name);

	for (;;) {
		_cleanup_fd_ int fd =
			openat(homes, lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		struct stat held, there;

		if (fd < 0)
			return -errno;
		if (flock(fd, how) < 0) {
			if (errno == EINTR)
				continue;
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
		}
		/* Whoever removed the home removed the lock, too. */
		if (fstat(fd, &held) == 0 &&
		    fstatat(homes, lock, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    held.st_ino == there.st_ino && held.st_dev == there.st_dev)
			return TAKE_FD(fd);
	}
}

int home_use(const char *name, bool *ret_new, struct error *e)
{
	_cleanup_fd_ int homes = homes_open(true, e), lock = -1, home = -1;
	bool new = false;
	int r;

	if (homes < 0)
		return homes;
	home = open_own(homes, name, e);
	r = home == -ENOENT ? home_check_new(homes, name, e) : home < 0 ? home : 0;
	if (r < 0)
		return r;
	lock = take_lock(homes, name, LOCK_SH);
	if (lock < 0)
		return error_errno(e, -lock, "locking the home");
	/* With the lock nobody removes it. */
	new = mkdirat(homes, name, 0700) == 0;
	if (!new &&errno != EEXIST)
		return error_errno(e, errno, "making the home");
	futimens(lock, NULL);
	*ret_new = new;
	return TAKE_FD(lock);
}

time_t home_used(int homes, const char *name)
{
	_cleanup_free_ char *lock = lock_name(name);
	struct stat status;

	return fstatat(homes, lock, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mtime : 0;
}

/* What was left of a removal that was broken off. */
static void sweep(int homes)
{
	int fd = openat(homes, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' && length > strlen(GONE) &&
		    streq(entry->d_name + length - strlen(GONE), GONE))
			(void)!tree_remove(homes, entry->d_name);
	}
	if (directory)
		closedir(directory);
	else
		fd_close(fd);
}

int home_remove(int homes, const char *name, struct error *e)
{
	_cleanup_free_ char *gone = xasprintf(".%s.%d" GONE, name, getpid());
	_cleanup_free_ char *lock_file = lock_name(name);
	_cleanup_fd_ int home = home_open(homes, name, e), lock = -1;
	int r;

	if (home < 0)
		return home;
	lock = take_lock(homes, name, LOCK_EX | LOCK_NB);
	if (lock == -EBUSY) {
		error_set(e, EBUSY, "%s: a sandbox runs in it", name);
		return error_remedy(e, "`hutch home list` tells which; hutch stop ends it");
	}
	if (lock < 0)
		return error_errno(e, -lock, "%s: locking it", name);
	/* Gone at once, even where removing takes long or is broken off. */
	if (renameat(homes, name, homes, gone) < 0)
		return error_errno(e, errno, "removing the home %s", name);
	unlinkat(homes, lock_file, 0);
	lock = fd_close(lock);
	r = tree_remove(homes, gone);
	if (r < 0)
		return error_errno(e, -r, "removing the home %s", name);
	sweep(homes);
	return 0;
}
