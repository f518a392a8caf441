// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Overlays over the home directory, mounted in a user namespace (overlayfs with `userxattr`, Linux
 * 5.11). Mounting alone says little: where the upper file system takes no user.* attributes, it
 * succeeds and then fails to make a directory again that was removed. So that is what is tried.
 */
#include "kernel/features.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct overlay {
	char lower[256]; /* a directory on the file system that is shown */
	char upper[256]; /* a directory that takes the changes; "" for memory */
	bool *mounts;    /* shared with the parent */
};

static int failed(const char *name, const char **step)
{
	*step = name;
	return -errno;
}

static int option(int context, const char *key, const char *value)
{
	return fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

static int try_overlay(void *data, const char **step)
{
	const struct overlay *o = data;
	_cleanup_fd_ int context = -1, mounted = -1;
	char upper[300], work[300];
	int ret;

	if (!o->upper[0]) {
		/* Over /proc: a place that is sure to exist, and isn't needed any more. */
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			return failed("making mounts private", step);
		if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0)
			return failed("mounting tmpfs", step);
	}
	snprintf(upper, sizeof(upper), "%s/upper", o->upper[0] ? o->upper : "/proc");
	snprintf(work, sizeof(work), "%s/work", o->upper[0] ? o->upper : "/proc");
	if (mkdir(upper, 0700) < 0 || mkdir(work, 0700) < 0)
		return failed("making directories", step);
	context = fsopen("overlay", FSOPEN_CLOEXEC);
	if (context < 0)
		return failed("fsopen", step);
	ret = option(context, "lowerdir", o->lower);
	if (ret == 0)
		ret = option(context, "upperdir", upper);
	if (ret == 0)
		ret = option(context, "workdir", work);
	if (ret == 0 && fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		ret = -errno;
	if (ret < 0) {
		*step = "its options";
		return ret;
	}
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return failed("mounting", step);
	mounted = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (mounted < 0)
		return failed("mounting", step);
	*o->mounts = true;
	if (unlinkat(mounted, "directory/file", 0) < 0 ||
	    unlinkat(mounted, "directory", AT_REMOVEDIR) < 0)
		return failed("removing a directory", step);
	if (mkdirat(mounted, "directory", 0700) < 0)
		return failed("making a removed directory again", step);
	if (faccessat(mounted, "directory/file", F_OK, 0) == 0) {
		*step = "making a removed directory again: its old contents came back";
		return -EIO;
	}
	return 0;
}

static void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory;
	struct dirent *entry;

	/* overlayfs makes its working directory unreadable. */
	if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		fd_close(fd);
		unlinkat(parent, name, 0);
		return;
	}
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(dirfd(directory), entry->d_name);
	closedir(directory);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* A directory of our own in @parent with directory/file in "lower"; false with the reason. */
static bool prepare(const char *parent, char *ret_path, size_t size, struct probe *probe)
{
	char path[300];
	int fd;

	snprintf(ret_path, size, "%s/.hutch-doctor-XXXXXX", parent);
	if (!mkdtemp(ret_path)) {
		*probe = (struct probe){.tried = true, .code = errno};
		snprintf(probe->step, sizeof(probe->step), "making a directory in %.60s", parent);
		ret_path[0] = '\0';
		return false;
	}
	snprintf(path, sizeof(path), "%s/lower", ret_path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/lower/directory", ret_path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/lower/directory/file", ret_path);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		*probe = (struct probe){.tried = true, .code = errno};
		snprintf(probe->step, sizeof(probe->step), "making a file in %.60s", parent);
		remove_tree(AT_FDCWD, ret_path);
		ret_path[0] = '\0';
		return false;
	}
	close(fd);
	return true;
}

static void try_in(const char *lower, const char *upper, struct probe *probe, bool *mounts)
{
	struct overlay o = {.mounts = mounts};

	snprintf(o.lower, sizeof(o.lower), "%.240s/lower", lower);
	snprintf(o.upper, sizeof(o.upper), "%s", upper);
	probe_try_in(probe, CLONE_NEWUSER | CLONE_NEWNS, try_overlay, &o);
}

void features_probe_overlay(struct features *f)
{
	const char *home = getenv("HOME");
	char own[200], tmp[200];

	if (!probe_works(&f->user) || !probe_works(&f->namespace[NAMESPACE_MOUNT])) {
		probe_skip(&f->overlay_memory, "needs user and mount namespaces");
		f->overlay_home = f->overlay_tmp = f->overlay_memory;
		return;
	}
	if (!home || home[0] != '/' || strlen(home) > 150) {
		probe_skip(&f->overlay_memory, "HOME is not set to a directory");
		f->overlay_home = f->overlay_tmp = f->overlay_memory;
		return;
	}
	if (!prepare(home, own, sizeof(own), &f->overlay_home)) {
		f->overlay_memory = f->overlay_tmp = f->overlay_home;
		return;
	}
	try_in(own, "", &f->overlay_memory, &f->overlay_memory_mounts);
	try_in(own, own, &f->overlay_home, &f->overlay_home_mounts);
	if (prepare("/tmp", tmp, sizeof(tmp), &f->overlay_tmp)) {
		try_in(own, tmp, &f->overlay_tmp, &f->overlay_tmp_mounts);
		remove_tree(AT_FDCWD, tmp);
	}
	remove_tree(AT_FDCWD, own);
}
