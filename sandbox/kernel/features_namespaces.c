// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces and what a sandbox mounts in them, tried in the way a sandbox does it, and the
 * settings of the host that decide about them.
 */
#include "kernel/features.h"

#include "base/fd.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const feature_namespace_names[NAMESPACE_KINDS] = {
	"mount", "pid", "net", "ipc", "uts", "cgroup",
};

static const uint64_t kinds[NAMESPACE_KINDS] = {
	CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP,
};

/* The step that failed, for a call that sets errno. */
static int failed(const char *name, const char **step)
{
	*step = name;
	return -errno;
}

/* A new file system of @type as a descriptor, or -errno. */
static int new_mount(const char *type, const char *option)
{
	_cleanup_fd_ int context = fsopen(type, FSOPEN_CLOEXEC);
	int mount;

	if (context < 0)
		return -errno;
	if (option && fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0) < 0 && errno != EINVAL)
		return -errno;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	return mount < 0 ? -errno : mount;
}

static int try_second_user(void *data, const char **step)
{
	if (unshare(CLONE_NEWUSER) < 0)
		return failed("unshare", step);
	/* The first one maps us as 0. */
	return probe_map_ids(0, 0, step);
}

static int try_mounts(void *data, const char **step)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE};
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	int tree, root, target;

	tree = open_tree(AT_FDCWD, "/",
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (unsigned)AT_RECURSIVE);
	if (tree < 0)
		return failed("open_tree", step);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &read_only, sizeof(read_only)))
		return failed("mount_setattr", step);
	root = new_mount("tmpfs", NULL);
	if (root < 0) {
		*step = "mounting tmpfs";
		return root;
	}
	if (mkdirat(root, "below", 0755) < 0)
		return failed("mkdir on tmpfs", step);
	target = (int)syscall(SYS_openat2, root, "/below", &how, sizeof(how));
	if (target < 0)
		return failed("openat2", step);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return failed("making mounts private", step);
	/* Over "/" itself: there is no other place that is sure to exist. */
	if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return failed("move_mount", step);
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return failed("move_mount below", step);
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return failed("pivot_root", step);
	if (umount2(".", MNT_DETACH) < 0)
		return failed("umount2", step);
	if (access("/below/.", F_OK) < 0)
		return failed("looking at the new root", step);
	return 0;
}

static int try_proc(void *data, const char **step)
{
	int mount = new_mount("proc", NULL);

	if (mount < 0)
		*step = "mounting proc";
	return mount < 0 ? mount : 0;
}

static int try_devpts(void *data, const char **step)
{
	/* Each mount has been an instance of its own since 4.7; before, the word asked for it. */
	int mount = new_mount("devpts", "newinstance");
	int master, slave, ret;

	if (mount < 0) {
		*step = "mounting devpts";
		return mount;
	}
	if (fchmodat(mount, "ptmx", 0666, 0) < 0)
		return failed("chmod of ptmx", step);
	ret = pty_open(mount, "ptmx", &master, &slave, NULL);
	if (ret < 0)
		*step = "opening a terminal";
	return ret;
}

/*
 * A "/" that is not the root of its mount, or that is elsewhere for process 1, is one made by
 * chroot(2), in which the kernel refuses user namespaces.
 */
static void look_for_chroot(struct features *f)
{
	struct statx st;
	char *line = NULL;
	size_t size = 0;
	FILE *mounts;

	if (statx(AT_FDCWD, "/", AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return;
	if ((st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT)) {
		snprintf(f->chroot, sizeof(f->chroot), "\"/\" is a directory inside a mount");
		return;
	}
	mounts = fopen("/proc/1/mountinfo", "re");
	if (!mounts)
		return;
	while (getline(&line, &size, mounts) > 0) {
		unsigned long long id;
		char point[96];

		/* 36 35 98:0 / /mnt2 rw,noatime … */
		if (sscanf(line, "%llu %*u %*s %*s %95s", &id, point) == 2 && id == st.stx_mnt_id &&
		    strcmp(point, "/") != 0)
			snprintf(f->chroot, sizeof(f->chroot), "\"/\" is %s of process 1", point);
	}
	free(line);
	fclose(mounts);
}

static void read_status(struct features *f)
{
	char *line = NULL;
	size_t size = 0;
	FILE *status = fopen("/proc/self/status", "re");

	if (!status)
		return;
	while (getline(&line, &size, status) > 0) {
		int number;

		if (sscanf(line, "NoNewPrivs: %d", &number) == 1)
			f->no_new_privs = number != 0;
		else if (sscanf(line, "Seccomp: %d", &number) == 1)
			f->filtered = number != 0;
	}
	free(line);
	fclose(status);
}

static void read_reasons(struct features *f)
{
	unsigned long inside, outside, count;
	char text[96];

	f->has_proc = access("/proc/self/status", F_OK) == 0;
	f->has_user_namespaces = access("/proc/self/ns/user", F_OK) == 0;
	f->max_user_namespaces = features_read_number("/proc/sys/user/max_user_namespaces", -1);
	f->unprivileged_userns_clone =
		(int)features_read_number("/proc/sys/kernel/unprivileged_userns_clone", -1);
	f->apparmor_restricts = (int)features_read_number(
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", -1);
	if (!features_read_line("/proc/self/attr/apparmor/current", f->label, sizeof(f->label)))
		features_read_line("/proc/self/attr/current", f->label, sizeof(f->label));
	f->initial_namespace = features_read_line("/proc/self/uid_map", text, sizeof(text)) &&
			       sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
			       inside == 0 && outside == 0 && count == 4294967295UL;
	read_status(f);
	look_for_chroot(f);
}

void features_probe_namespaces(struct features *f)
{
	uint64_t all = CLONE_NEWUSER;

	read_reasons(f);
	probe_try_in(&f->user, CLONE_NEWUSER, NULL, NULL);
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		all |= kinds[i];
		if (probe_works(&f->user))
			probe_try_in(&f->namespace[i], CLONE_NEWUSER | kinds[i], NULL, NULL);
		else
			probe_skip(&f->namespace[i], "needs a user namespace");
	}
	if (!probe_works(&f->user) || !probe_works(&f->namespace[NAMESPACE_MOUNT])) {
		probe_skip(&f->all, "needs user and mount namespaces");
		probe_skip(&f->second_user, "needs user and mount namespaces");
		probe_skip(&f->mounts, "needs user and mount namespaces");
		probe_skip(&f->proc, "needs user and mount namespaces");
		probe_skip(&f->devpts, "needs user and mount namespaces");
		return;
	}
	probe_try_in(&f->all, all, NULL, NULL);
	probe_try_in(&f->second_user, all, try_second_user, NULL);
	probe_try_in(&f->mounts, CLONE_NEWUSER | CLONE_NEWNS, try_mounts, NULL);
	probe_try_in(&f->proc, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, try_proc, NULL);
	probe_try_in(&f->devpts, CLONE_NEWUSER | CLONE_NEWNS, try_devpts, NULL);
}
