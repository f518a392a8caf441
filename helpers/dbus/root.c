// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A portal asks the bus who calls, gets the number of the proxy's process, and reads
 * /proc/NUMBER/root/.flatpak-info. A proxy that runs in the host's root makes the program inside one
 * of the host's for all portals: its files are handed over by their real names, and what one such
 * program is allowed, all are. The user can't put a file in the host's root; so the proxy gets one
 * of its own, in a user and mount namespace that belong to the user, which portals of the same user
 * may look into.
 */
#include "proxy.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where programs and libraries are, on the systems there are; what is missing is passed over. */
static const char *const system_directories[] = {
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store",
};

/* What the dynamic linker looks things up in. */
static const char *const system_files[] = {"/etc/ld.so.cache", "/etc/ld-musl-x86_64.path",
					   "/etc/ld-musl-aarch64.path"};

static int attach(int root, int tree, const char *destination, bool directory, uint64_t set)
{
	_cleanup_fd_ int point = directory ? path_make_directory(root, destination, 0755, 0755)
					   : path_make_file(root, destination, 0444, 0755);
	int r;

	if (point < 0)
		return point;
	r = mount_set(tree, set, 0, directory);
	return r < 0 ? r : mount_attach(tree, point);
}

/* A file or directory of the host, or the link that is there. -ENOENT: nothing is. */
static int show(int root, const char *source, const char *destination, uint64_t set)
{
	_cleanup_fd_ int tree = -1;
	char target[PATH_MAX];
	struct stat status;
	ssize_t length;

	if (lstat(source, &status) < 0)
		return -errno;
	if (S_ISLNK(status.st_mode) && streq(source, destination)) {
		length = readlink(source, target, sizeof(target) - 1);
		if (length < 0)
			return -errno;
		target[length] = '\0';
		return path_make_symlink(root, destination, target, 0755);
	}
	if (stat(source, &status) < 0)
		return -errno;
	tree = mount_clone(AT_FDCWD, source, S_ISDIR(status.st_mode));
	return tree < 0 ? tree : attach(root, tree, destination, S_ISDIR(status.st_mode), set);
}

static int show_system(int root, const struct proxy *proxy, struct error *e)
{
	const uint64_t set = MOUNT_SAFE | MOUNT_ATTR_RDONLY;
	int r;

	for (size_t i = 0; i < sizeof(system_directories) / sizeof(system_directories[0]); i++) {
		r = show(root, system_directories[i], system_directories[i], set);
		if (r < 0 && r != -ENOENT)
			return error_errno(e, -r, "%s", system_directories[i]);
	}
	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++) {
		r = show(root, system_files[i], system_files[i], set);
		if (r < 0 && r != -ENOENT)
			return error_errno(e, -r, "%s", system_files[i]);
	}
	return 0;
}

static int write_info(int root, const char *text)
{
	_cleanup_fd_ int fd = openat(root, ".flatpak-info",
				     O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

static int fill(int root, const struct proxy *proxy, struct error *e)
{
	const char *bus = startswith(proxy->address, "path:");
	int r = show_system(root, proxy, e);

	if (r < 0)
		return r;
	r = bus ? show(root, bus, "/bus", MOUNT_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY) : 0;
	if (r < 0)
		return error_errno(e, -r, "%s", bus);
	r = show(root, proxy->directory, "/proxy", MOUNT_SAFE | MOUNT_ATTR_NOEXEC);
	if (r < 0)
		return error_errno(e, -r, "%s", proxy->directory);
	r = proxy->info ? write_info(root, proxy->info) : 0;
	return r < 0 ? error_errno(e, -r, "/.flatpak-info") : 0;
}

int proxy_root(const struct proxy *proxy, struct error *e)
{
	static const char *const options[] = {"mode", "0755", "size", "1M", NULL};
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int root = -1, top = -1;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (proc < 0)
		return error_errno(e, errno, "/proc");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return error_errno(e, errno, "namespaces for the proxy");
	r = userns_map_self(proc, uid, uid, gid, gid);
	if (r < 0)
		return error_errno(e, -r, "mapping the ids");
	root = mount_new("tmpfs", options, MOUNT_SAFE);
	if (root < 0)
		return error_errno(e, -root, "a file system in memory");
	r = fill(root, proxy, e);
	if (r < 0)
		return r;
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = top < 0 ? -errno : mount_attach(root, top);
	if (r == 0)
		r = mount_become_root(root);
	if (r == 0)
		r = mount_set(root, MOUNT_ATTR_RDONLY, 0, false);
	return r < 0 ? error_errno(e, -r, "changing to the root") : 0;
}
