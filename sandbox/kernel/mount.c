// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/mount.h"

#include "base/fd.h"

#include <errno.h>

int mount_clone(int directory, const char *path, bool recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (!*path)
		flags |= AT_EMPTY_PATH;
	fd = open_tree(directory, path, flags);
	return fd < 0 ? -errno : fd;
}

int mount_set(int mount, uint64_t set, uint64_t clear, bool recursive)
{
	struct mount_attr attributes = {
		.attr_set = set,
		.attr_clr = clear,
		.propagation = MS_PRIVATE,
	};

	if (mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
			  sizeof(attributes)) < 0)
		return -errno;
	return 0;
}

int mount_attach(int mount, int target)
{
	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
	    0)
		return -errno;
	return 0;
}

int mount_new(const char *type, const char *const *options, uint64_t attributes)
{
	_cleanup_fd_ int context = -1;
	int mount;

	context = fsopen(type, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	/* What mountinfo tells as the source; left out, it is "none", which mount(8) and others skip. */
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", type, 0) < 0)
		return -errno;
	for (const char *const *option = options; option && option[0]; option += 2)
		if (fsconfig(context, option[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			     option[0], option[1], 0) < 0)
			return -errno;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return mount < 0 ? -errno : mount;
}

int mount_become_root(int root)
{
	if (fchdir(root) < 0)
		return -errno;
	/* The old root lands on top of the new one (pivot_root(2), "."), from where it is taken
	 * off. */
	if (sys_pivot_root(".", ".") < 0)
		return -errno;
	if (umount2(".", MNT_DETACH) < 0)
		return -errno;
	if (chdir("/") < 0)
		return -errno;
	return 0;
}
