// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Three steps, in this order:
 *
 * 1. Everything that comes from the host is opened: each source as a detached copy of its mount,
 * which at once gets its attributes (read-only, nosuid, nodev, noexec). Nothing can be reached
 * through it yet, so there is no moment in which it is writable. Empty directories and covers are
 * detached copies too, of parts of one tmpfs: mounts differ in their attributes, so one file system
 * serves the root, /tmp, /run and the home, and costs one.
 *
 * 2. The new root is mounted and the old one dropped. From here on no path of the host has a name.
 *
 * 3. The mount points are made and the copies attached, walking with RESOLVE_IN_ROOT from the new
 * root. A symbolic link that was planted in one of the trees leads at most to another place in the
 * sandbox: the host is gone. This is the order that bubblewrap had the other way round
 * (CVE-2026-87766: links to /oldroot followed in set-up).
 *
 * Last, the root itself becomes read-only. A mount on "/" becomes the root from there on; the one
 * below it is dropped.
 */
#include "engine/root.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/layers.h"
#include "kernel/mount.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Places on the file system that everything empty is a part of. */
#define BASE_ROOT           "root"
#define BASE_MASK_FILE      "file"
#define BASE_MASK_DIRECTORY "directory"

static int fail(struct error *e, const struct plan_mount *mount, int code, const char *what)
{
	if (mount->failure)
		return error_errno(e, -code, "%s", mount->failure);
	return error_errno(e, -code, "%s: %s", mount->origin, what);
}

/*
 * A detached copy of a file or directory of the host, which must still be the one the plan saw. The
 * copy is asked who it is, not the path.
 */
static int open_source(const char *path, const struct file_identity *planned, bool recursive)
{
	_cleanup_fd_ int tree = mount_clone(AT_FDCWD, path, recursive);
	struct file_identity found;
	int r;

	if (tree < 0)
		return tree;
	r = path_identify(tree, &found);
	if (r < 0)
		return r;
	return path_same_file(&found, planned) ? TAKE_FD(tree) : -ESTALE;
}

/* What a helper made since the plan was. */
static int open_late(const struct plan_mount *mount)
{
	_cleanup_fd_ int tree = mount_clone(AT_FDCWD, mount->source, false);
	struct file_identity found;
	int r;

	if (tree < 0)
		return tree;
	r = path_identify(tree, &found);
	if (r < 0)
		return r;
	return (found.mode & S_IFMT) == (mount->identity.mode & S_IFMT) ? TAKE_FD(tree) : -ESTALE;
}

/* A directory that no helper made, as what it is of is not running. */
static bool may_be_missing(const struct plan_mount *mount, int code)
{
	return mount->late && S_ISDIR(mount->identity.mode) &&
	       (code == -ENOENT || code == -ENOTCONN || code == -EACCES);
}

static int open_scratch(int base, size_t number, mode_t mode)
{
	char name[32];

	snprintf(name, sizeof(name), "%zu", number);
	if (mkdirat(base, name, mode) < 0 || fchmodat(base, name, mode, 0) < 0)
		return -errno;
	return mount_clone(base, name, false);
}

/* What is written to the base is read-only by the mount that it is copied to. */
static int open_data(const struct plan_mount *mount, size_t number, int base)
{
	_cleanup_fd_ int fd = -1;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "%zu", number);
	fd = openat(base, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mount->mode);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, mount->data, mount->length);
	return r < 0 ? r : mount_clone(base, name, false);
}

static int open_tmpfs(const struct plan_mount *mount, uint64_t attributes)
{
	char mode[16], size[32];
	const char *const options[] = {"mode", mode, mount->size ? "size" : NULL, size, NULL};

	snprintf(mode, sizeof(mode), "%o", mount->mode);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)mount->size);
	return mount_new("tmpfs", options, attributes);
}

static int open_devpts(uint64_t attributes)
{
	/* No gid=5: group tty is not mapped. The program's user owns its terminals anyway. */
	static const char *const options[] = {"ptmxmode", "0666", "mode", "0600", NULL};

	return mount_new("devpts", options, attributes);
}

/* Give the detached @tree the name @name in the base. */
static int name_tree(int base, const char *name, int tree)
{
	_cleanup_fd_ int point = -1;

	if (mkdirat(base, name, 0755) < 0)
		return -errno;
	point = openat(base, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return point < 0 ? -errno : mount_attach(tree, point);
}

/*
 * An overlay whose changes stay in memory, or aside on the host. overlayfs takes its layers by
 * path: they get names of our own, relative to the base (never the user's, in which ':' and ','
 * would mean something). It keeps its own copies of the layers' mounts, so the names may go with
 * the old root.
 *
 * index and the like are off, whatever the kernel's default is: the tree below is the user's own
 * and goes on changing, which only a plain overlay bears (Documentation/filesystems/overlayfs).
 */
static int open_overlay(const struct plan_mount *mount, size_t number, int base)
{
	char lower[48], aside[32], upper[48], work[48];
	const char *const layers[] = {"lowerdir",  lower, "upperdir", upper, "workdir", work,
				      "userxattr", NULL,  "index",    "off", NULL};
	_cleanup_fd_ int tree = -1, kept = -1;
	int r;

	snprintf(aside, sizeof(aside), "%zu.aside", number);
	snprintf(lower, sizeof(lower), mount->copy ? "%zu.aside/lower" : "%zu.lower", number);
	snprintf(upper, sizeof(upper), "%s/upper", aside);
	snprintf(work, sizeof(work), "%s/work", aside);
	if (!mount->copy) {
		tree = open_source(mount->source, &mount->identity, true);
		r = tree < 0 ? tree : name_tree(base, lower, tree);
		if (r < 0)
			return r;
	}
	if (mount->aside) {
		kept = mount_clone(AT_FDCWD, mount->aside, false);
		r = kept < 0 ? kept : name_tree(base, aside, kept);
		if (r < 0)
			return r;
	} else if (mkdirat(base, aside, 0755) < 0 ||
		   mkdirat(base, upper, mount->mode & 07777) < 0 || mkdirat(base, work, 0755) < 0) {
		return -errno;
	}
	if (fchdir(base) < 0)
		return -errno;
	return mount_new("overlay", layers, mount->set);
}

/* Step 1 for one mount: the detached tree, -errno, or -ENODATA where the kind has none before
 * step 3. */
static int open_tree_of(const struct plan_mount *mount, size_t number, int base)
{
	switch (mount->kind) {
	case MOUNT_BIND:
		if (mount->fallback)
			return mount_clone(AT_FDCWD, mount->source, false);
		if (mount->late)
			return open_late(mount);
		return open_source(mount->source, &mount->identity, mount->recursive);
	case MOUNT_OVERLAY:
		return mount->layers.count ? layers_open(mount, number, base)
					   : open_overlay(mount, number, base);
	case MOUNT_SCRATCH:
		return open_scratch(base, number, mount->mode);
	case MOUNT_DATA:
		return open_data(mount, number, base);
	case MOUNT_TMPFS:
		return open_tmpfs(mount, mount->set);
	case MOUNT_PROC:
		return mount_new("proc", NULL, mount->set);
	case MOUNT_DEVPTS:
		return open_devpts(mount->set);
	case MOUNT_MASK:
		return mount_clone(
			base, S_ISDIR(mount->mode) ? BASE_MASK_DIRECTORY : BASE_MASK_FILE, false);
	case MOUNT_MQUEUE:
		return mount_new("mqueue", NULL, mount->set);
	case MOUNT_DIRECTORY:
	case MOUNT_FILE:
	case MOUNT_SYMLINK:
	case MOUNT_AGAIN:
	case MOUNT_REMOUNT:
	case MOUNT_CHMOD:
	case MOUNT_KINDS:
		break;
	}
	return -ENODATA;
}

static int tree_failed(const struct plan_mount *mount, int code, struct error *e)
{
	if (code == -ESTALE) {
		fail(e, mount, code, "the file changed while the sandbox was being set up");
		return error_remedy(e, "run it again");
	}
	fail(e, mount, code, "opening");
	return code == -EMFILE ? error_remedy(e, "raise the limit on open files (ulimit -Hn)")
			       : code;
}

static int open_one_tree(const struct plan_mount *mount, size_t number, int base, int *ret_tree,
			 struct error *e)
{
	int tree = open_tree_of(mount, number, base), r;

	*ret_tree = tree;
	if (tree < 0)
		return tree;
	r = mount_set(tree, mount->set, mount->clear, mount->recursive);
	if (r < 0 && mount->lenient)
		r = mount_set(tree, mount->set, mount->clear, false);
	return r < 0 ? fail(e, mount, r, "setting mount attributes") : 0;
}

/* Step 1, what comes from the host: before the base lies on "/", where a copy of "/" would have it
 * too. */
static int open_host_trees(const struct plan *plan, int *trees, struct error *e)
{
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		int r;

		trees[i] = -1;
		if (mount->kind != MOUNT_BIND || mount->fallback)
			continue;
		r = open_one_tree(mount, i, -1, &trees[i], e);
		if (r < 0 && !may_be_missing(mount, trees[i]))
			return trees[i] < 0 ? tree_failed(mount, r, e) : r;
	}
	return 0;
}

/*
 * Step 1, the rest. Where parts of the host's /proc are covered, as containers have it, the kernel
 * refuses a new one ("mount too revealing", EPERM). The host's own would show its processes, with
 * their files and memory. So /proc is then a directory with the few files of the plan that tell
 * about the machine.
 */
static int open_own_trees(const struct plan *plan, int *trees, int base, bool *ret_proc,
			  struct error *e)
{
	bool proc = true;

	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		int r;

		if (trees[i] >= 0 || mount->late || (mount->fallback && proc))
			continue;
		r = open_one_tree(mount, i, base, &trees[i], e);
		if (r >= 0 || trees[i] == -ENODATA)
			continue;
		if (trees[i] == -EPERM && mount->kind == MOUNT_PROC && !mount->strict)
			proc = false;
		else
			return trees[i] < 0 ? tree_failed(mount, r, e) : r;
	}
	*ret_proc = proc;
	return 0;
}

/* Whether anything is a part of the base: what it costs to make and drop is a tenth of a start. */
static bool needs_base(const struct plan *plan)
{
	if (!plan->root)
		return true;
	vector_each (mount, &plan->mounts)
		if (mount->kind == MOUNT_SCRATCH || mount->kind == MOUNT_DATA ||
		    mount->kind == MOUNT_MASK || mount->kind == MOUNT_OVERLAY)
			return true;
	return false;
}

/* The file system that everything empty is a part of, attached where only this process sees it. */
static int open_base(int *ret_base, struct error *e)
{
	static const char *const options[] = {"mode", "0755", NULL};
	_cleanup_fd_ int top = -1, file = -1;
	int base, r;

	base = mount_new("tmpfs", options, MOUNT_SAFE);
	if (base < 0)
		return error_errno(e, -base, "making a file system in memory");
	*ret_base = base;
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = top < 0 ? -errno : mount_attach(base, top);
	if (r < 0)
		return error_errno(e, -r, "attaching a file system in memory");
	if (mkdirat(base, BASE_ROOT, 0755) < 0 || mkdirat(base, BASE_MASK_DIRECTORY, 0) < 0)
		return error_errno(e, errno, "preparing the root");
	file = openat(base, BASE_MASK_FILE, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0);
	if (file < 0)
		return error_errno(e, errno, "preparing the root");
	return 0;
}

/* The detached root: a directory of the host, or a part of the base. */
static int open_root(const struct plan *plan, int base, int *ret_root, struct error *e)
{
	const char *name = plan->root ? plan->root : "in memory";
	uint64_t set = (plan->root_devices ? MOUNT_ATTR_NOSUID : MOUNT_SAFE) |
		       (plan->root && !plan->root_writable ? MOUNT_ATTR_RDONLY : 0);
	int r;

	*ret_root = plan->root ? open_source(plan->root, &plan->root_identity, true)
			       : mount_clone(base, BASE_ROOT, false);
	if (*ret_root < 0)
		return error_errno(e, -*ret_root, "opening the root %s", name);
	r = mount_set(*ret_root, set, 0, plan->root != NULL);
	return r < 0 ? error_errno(e, -r, "setting mount attributes of the root %s", name) : 0;
}

/* Step 2. */
static int change_root(int root, bool base, struct error *e)
{
	_cleanup_fd_ int top = -1;
	int r;

	/* The base has served: what was copied from it stays. Left on top, it would hide the old
	 * root from umount. */
	if (base && umount2("/", MNT_DETACH) < 0)
		return error_errno(e, errno, "taking the file system in memory off");
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = top < 0 ? -errno : mount_attach(root, top);
	if (r < 0)
		return error_errno(e, -r, "attaching the root");
	r = mount_become_root(root);
	if (r < 0)
		return error_errno(e, -r, "changing to the new root");
	return 0;
}

static mode_t parents_mode(const struct plan_mount *mount)
{
	return mount->parents ? mount->parents : 0755;
}

static int write_file(int root, const struct plan_mount *mount)
{
	_cleanup_fd_ int point =
		path_make_file(root, mount->destination, mount->mode, parents_mode(mount));
	_cleanup_fd_ int fd = -1;

	if (point < 0)
		return point;
	fd = path_open_in(root, mount->destination, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return fd;
	return fd_write_all(fd, mount->data, mount->length);
}

static int open_point(int root, const struct plan_mount *mount)
{
	switch (mount->point) {
	case POINT_DIRECTORY:
		return path_make_directory(root, mount->destination, 0755, parents_mode(mount));
	case POINT_FILE:
		return path_make_file(root, mount->destination, 0444, parents_mode(mount));
	case POINT_EXISTS:
	case POINT_OPTIONAL:
		break;
	}
	return path_open_in(root, mount->destination, O_PATH | (mount->link ? O_NOFOLLOW : 0));
}

static int mount_again(const struct plan_mount *mount, int point)
{
	_cleanup_fd_ int own = -1;
	int r;

	if (mount->where_writable && faccessat(point, "", W_OK, AT_EMPTY_PATH) < 0)
		return errno == EACCES || errno == EROFS ? 0 : -errno;
	own = mount_clone(point, "", true);
	r = own < 0 ? own : mount_set(own, mount->set, mount->clear, true);
	return r < 0 ? r : mount_attach(own, point);
}

/* Step 3 for one mount. */
static int attach(int root, const struct plan_mount *mount, int tree)
{
	_cleanup_fd_ int point = -1;

	if (mount->late && tree < 0)
		return 0;
	if (mount->kind == MOUNT_SYMLINK)
		return path_make_symlink(root, mount->destination, mount->source,
					 parents_mode(mount));
	if (mount->kind == MOUNT_FILE)
		return write_file(root, mount);
	if (mount->kind == MOUNT_CHMOD)
		return path_chmod(root, mount->destination, mount->mode);
	if (mount->kind == MOUNT_DIRECTORY || (mount->kind == MOUNT_PROC && tree < 0)) {
		point = path_make_directory(root, mount->destination, mount->mode,
					    parents_mode(mount));
		return point < 0 ? point : 0;
	}
	point = open_point(root, mount);
	if (point == -ENOENT && mount->point == POINT_OPTIONAL)
		return 0;
	if (point < 0)
		return point;
	if (mount->kind == MOUNT_AGAIN)
		return mount_again(mount, point);
	if (mount->kind == MOUNT_REMOUNT)
		return mount_set(point, mount->set, mount->clear, false);
	return mount_attach(tree, point);
}

/* What is mounted on "/" hides the root, also from who holds a descriptor of it. */
static int replace_root(int *root, int tree)
{
	int copy = fcntl(tree, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	fd_close(*root);
	*root = copy;
	return 0;
}

static bool is_root(const char *path)
{
	return path[strspn(path, "/")] == '\0';
}

/* Make a mount read-only once everything below it has its place. */
static int seal(int root, const char *path)
{
	_cleanup_fd_ int fd = path_open_in(root, path, O_PATH);

	return fd < 0 ? fd : mount_set(fd, MOUNT_ATTR_RDONLY, 0, false);
}

/* Why the place is not fit for what was to come there, where that is more than the errno says. */
static const char *conflict(int root, const struct plan_mount *mount, char target[PATH_MAX])
{
	_cleanup_fd_ int fd = path_open_in(root, mount->destination, O_PATH | O_NOFOLLOW);
	ssize_t length;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return NULL;
	if (mount->kind == MOUNT_SYMLINK) {
		length = readlinkat(fd, "", target, PATH_MAX - 1);
		target[length > 0 ? length : 0] = '\0';
		return length > 0 ? "existing destination is"
				  : "existing destination is not a symlink";
	}
	if (S_ISLNK(status.st_mode) || mount->point == POINT_EXISTS)
		return NULL;
	if (mount->point == POINT_FILE && S_ISDIR(status.st_mode))
		return "existing destination is not a file";
	return mount->point == POINT_DIRECTORY && !S_ISDIR(status.st_mode)
		       ? "existing destination is not a directory"
		       : NULL;
}

static int attach_failed(int root, const struct plan_mount *mount, int code, struct error *e)
{
	char target[PATH_MAX] = "";
	const char *why = mount->failure ? conflict(root, mount, target) : NULL;

	if (why)
		return error_set(e, -code, "%s: %s%s%s", mount->failure, why, *target ? " " : "",
				 target);
	if (mount->failure)
		return fail(e, mount, code, "");
	error_errno(e, -code, "%s: attaching at %s", mount->origin, mount->destination);
	if (code == -EROFS)
		error_remedy(e, "the directory it would go into is read-only; mount a tmpfs "
				"there first, or choose another place");
	return code;
}

int root_build(const struct plan *plan, int *trees, int *ret_root, bool *ret_proc, struct error *e)
{
	_cleanup_fd_ int base = -1, root = -1;
	bool replaced = false;
	int r;

	r = open_host_trees(plan, trees, e);
	if (r == 0 && plan->root)
		r = open_root(plan, -1, &root, e);
	if (r == 0 && needs_base(plan))
		r = open_base(&base, e);
	if (r == 0)
		r = open_own_trees(plan, trees, base, ret_proc, e);
	if (r == 0 && !plan->root)
		r = open_root(plan, base, &root, e);
	if (r == 0)
		r = change_root(root, base >= 0, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];

		if (mount->fallback && *ret_proc)
			continue;
		r = attach(root, mount, trees[i]);
		if (r == 0 && trees[i] >= 0 && is_root(mount->destination)) {
			r = replace_root(&root, trees[i]);
			replaced = true;
		}
		trees[i] = fd_close(trees[i]);
		if (r < 0)
			return attach_failed(root, mount, r, e);
		log_step("attached: %s at %s [%s]", mount_kind_names[mount->kind],
			 mount->destination, mount->origin);
	}
	for (size_t i = plan->mounts.count; i > 0; i--) {
		const struct plan_mount *mount = &plan->mounts.items[i - 1];

		if (!mount->seal)
			continue;
		r = seal(root, mount->destination);
		if (r < 0)
			return fail(e, mount, r, "making it read-only");
	}
	r = plan->root || plan->root_writable ? 0 : mount_set(root, MOUNT_ATTR_RDONLY, 0, false);
	if (r < 0)
		return error_errno(e, -r, "making the root read-only");
	if (replaced)
		r = mount_become_root(root);
	if (r < 0)
		return error_errno(e, -r, "changing to what is mounted on /");
	*ret_root = TAKE_FD(root);
	return 0;
}
