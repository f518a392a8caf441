// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From operations to mounts, one by one and in their order. The root is an empty writable file system
 * in memory unless the first operation says otherwise. Every bind is nosuid, and nodev unless devices
 * are asked for, with the mounts below it.
 */
#include "plan/exact_mounts.h"

#include "base/fd.h"
#include "kernel/mount.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DATA_LIMIT = 1 << 30 };

/* What was read from a descriptor already, so that the same one may be named twice. */
struct contents {
	int fd;
	size_t mount; /* whose .data it is */
};

struct making {
	const struct exact_request *request;
	struct plan *plan;
	VECTOR(struct contents) read;
};

/* The mode of what an operation makes. What it does not make has none, so that the parents of a mount
 * point are the owner's alone. */
static mode_t mode_of(const struct operation *operation)
{
	static const mode_t usual[] = {
		[OPERATION_TMPFS] = 0755,
		[OPERATION_DIRECTORY] = 0755,
		[OPERATION_FILE] = 0666,
		[OPERATION_DATA] = 0600,
	};
	size_t kind = operation->kind;

	if (operation->mode >= 0)
		return (mode_t)operation->mode;
	return kind < sizeof(usual) / sizeof(usual[0]) ? usual[kind] : 0;
}

static struct plan_mount *add(struct making *making, const struct operation *operation,
			      enum mount_kind kind, enum mount_point point, const char *destination)
{
	struct plan_mount *mount = vector_add(&making->plan->mounts);

	mount->kind = kind;
	mount->point = point;
	mount->destination = xstrdup(destination);
	mount->origin = xstrdup(operation->text);
	mount->mode = mode_of(operation);
	mount->parents = 0755;
	/* What others may not see at all, its parents don't show them either. */
	if (!(mount->mode & 0070))
		mount->parents &= (mode_t)~0050;
	if (!(mount->mode & 0007))
		mount->parents &= (mode_t)~0005;
	return mount;
}

/* @name in the directory @path. */
static char *below(const char *path, const char *name)
{
	return xasprintf("%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name);
}

/* Where the open file is now: its path, since mounts of this namespace can't be copied in the
 * child's. What is found there then must still be the same. */
static char *path_of(int fd)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[PATH_MAX];
	ssize_t length = readlink(link, path, sizeof(path) - 1);

	if (length <= 0 || path[0] != '/')
		return NULL;
	path[length] = '\0';
	return xstrdup(path);
}

/*
 * The host's file or directory that is meant by @source or, where that is NULL, by @fd. Links such as
 * /proc/self/fd/3 lead to what the caller has open. Its path goes to @ret_path; where there is none,
 * the descriptor stays open for the child.
 */
static int find_source(const char *source, int fd, char **ret_path, struct file_identity *ret,
		       struct error *e)
{
	_cleanup_fd_ int opened = -1;
	bool by_descriptor = !source;
	char *path;
	int r;

	if (source) {
		opened = path_open_host(source);
		if (opened == -ELOOP) {
			opened = open(source, O_PATH | O_CLOEXEC);
			opened = opened < 0 ? -errno : opened;
			by_descriptor = true;
		}
		if (opened < 0)
			return error_errno(e, -opened, "Can't find source path %s", source);
		fd = opened;
	}
	r = path_identify(fd, ret);
	if (r < 0)
		return error_errno(e, -r, "Can't stat fd %d", fd);
	path = by_descriptor ? path_of(fd) : xstrdup(source);
	if (!path) {
		/* A namespace, which any process may mount: the child finds it as its parent's. */
		opened = -1;
		path = xasprintf("/proc/self/fd/%d", fd);
	}
	*ret_path = path;
	return 0;
}

static uint64_t bind_attributes(const struct operation *operation)
{
	return (operation->devices ? MOUNT_ATTR_NOSUID : MOUNT_SAFE) |
	       (operation->read_only ? MOUNT_ATTR_RDONLY : 0);
}

static int make_bind(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan *plan = making->plan;
	struct file_identity identity;
	struct plan_mount *mount;
	char *path;
	int r = operation->source ? 0 : exact_use_up(operation->fd, e);

	if (r == 0)
		r = find_source(operation->source, operation->fd, &path, &identity, e);
	if (r < 0)
		return operation->optional && r == -ENOENT ? 0 : r;
	if (!plan->mounts.count && !plan->root && streq(operation->destination, "/") &&
	    S_ISDIR(identity.mode)) {
		plan->root = path;
		plan->root_identity = identity;
		plan->root_writable = !operation->read_only;
		plan->root_devices = operation->devices;
		return 0;
	}
	mount = add(making, operation, MOUNT_BIND,
		    S_ISDIR(identity.mode) ? POINT_DIRECTORY : POINT_FILE, operation->destination);
	mount->source = path;
	mount->identity = identity;
	mount->set = bind_attributes(operation);
	mount->recursive = true;
	mount->lenient = making->request->lenient;
	mount->failure = xasprintf("Can't bind mount %s on %s", path, operation->destination);
	return 0;
}

static int make_remount(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_REMOUNT, POINT_EXISTS, operation->destination);

	mount->set = MOUNT_ATTR_RDONLY;
	mount->failure = xasprintf("Can't remount readonly on %s", operation->destination);
	return 0;
}

static int make_overlay(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_OVERLAY, POINT_DIRECTORY, operation->destination);
	int r = 0;

	mount->set = MOUNT_SAFE | (operation->writes == WRITES_NONE ? MOUNT_ATTR_RDONLY : 0);
	mount->writes = operation->writes;
	mount->failure = xasprintf("Can't make overlay mount on %s", operation->destination);
	for (size_t i = 0; r == 0 && i < operation->layers.count; i++) {
		struct plan_layer *layer = vector_add(&mount->layers);

		r = find_source(operation->layers.items[i], -1, &layer->path, &layer->identity, e);
	}
	return r;
}

/*
 * Of the new PID namespace; where there is none, the host's, in which what could do harm if the
 * caller were privileged can't be written.
 */
static int make_proc(struct making *making, const struct operation *operation, struct error *e)
{
	static const char *const covered[] = {"sys", "sysrq-trigger", "irq", "bus"};
	const char *destination = operation->destination;
	bool own = making->request->pid || making->request->pidns >= 0;
	struct plan_mount *mount;
	int r = 0;

	mount = add(making, operation, own ? MOUNT_PROC : MOUNT_BIND, POINT_DIRECTORY, destination);
	mount->strict = own;
	mount->set = MOUNT_SAFE | (own ? MOUNT_ATTR_NOEXEC : 0);
	mount->failure = xasprintf("Can't mount proc on /newroot%s", destination);
	if (!own) {
		mount->recursive = true;
		r = find_source("/proc", -1, &mount->source, &mount->identity, e);
	}
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		_cleanup_free_ char *path = below(destination, covered[i]);

		mount = add(making, operation, MOUNT_AGAIN, POINT_OPTIONAL, path);
		mount->set = MOUNT_ATTR_RDONLY;
		mount->where_writable = true;
	}
	return r;
}

static int add_device(struct making *making, const struct operation *operation, const char *source,
		      const char *name, struct error *e)
{
	_cleanup_free_ char *path = below(operation->destination, name);
	struct plan_mount *mount = add(making, operation, MOUNT_BIND, POINT_FILE, path);

	mount->set = MOUNT_ATTR_NOSUID;
	mount->failure = xasprintf("Can't bind mount %s on %s", source, path);
	return find_source(source, -1, &mount->source, &mount->identity, e);
}

static void add_link(struct making *making, const struct operation *operation, const char *name,
		     const char *target)
{
	_cleanup_free_ char *path = below(operation->destination, name);

	add(making, operation, MOUNT_SYMLINK, POINT_DIRECTORY, path)->source = xstrdup(target);
}

static int make_dev(struct making *making, const struct operation *operation, struct error *e)
{
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
	static const char *const links[][2] = {
		{"stdin", "/proc/self/fd/0"},  {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"fd", "/proc/self/fd"},
		{"core", "/proc/kcore"},       {"ptmx", "pts/ptmx"},
	};
	_cleanup_free_ char *shm = below(operation->destination, "shm");
	_cleanup_free_ char *pts = below(operation->destination, "pts");
	const char *terminal = isatty(STDOUT_FILENO) ? ttyname(STDOUT_FILENO) : NULL;
	struct plan_mount *mount;
	int r = 0;

	mount = add(making, operation, MOUNT_TMPFS, POINT_DIRECTORY, operation->destination);
	mount->set = MOUNT_SAFE;
	mount->mode = 0755;
	for (size_t i = 0; r == 0 && i < sizeof(devices) / sizeof(devices[0]); i++) {
		_cleanup_free_ char *source = xasprintf("/dev/%s", devices[i]);

		r = add_device(making, operation, source, devices[i], e);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		add_link(making, operation, links[i][0], links[i][1]);
	add(making, operation, MOUNT_DIRECTORY, POINT_DIRECTORY, shm)->mode = 0755;
	mount = add(making, operation, MOUNT_DEVPTS, POINT_DIRECTORY, pts);
	mount->set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	mount->failure = xasprintf("Can't mount devpts on %s", pts);
	/* The program can write to it anyway, and ttyname(3) finds it there. */
	return terminal && *terminal ? add_device(making, operation, terminal, "console", e) : 0;
}

static int make_tmpfs(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_TMPFS, POINT_DIRECTORY, operation->destination);

	mount->set = MOUNT_SAFE;
	mount->size = operation->size;
	mount->failure = xasprintf("Can't mount tmpfs on %s", operation->destination);
	return 0;
}

static int make_mqueue(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_MQUEUE, POINT_DIRECTORY, operation->destination);

	mount->set = MOUNT_SAFE;
	mount->failure = xasprintf("Can't mount mqueue on %s", operation->destination);
	return 0;
}

static int make_directory(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_DIRECTORY, POINT_DIRECTORY, operation->destination);

	mount->failure = xasprintf("Can't mkdir %s", operation->destination);
	return 0;
}

static int take_contents(struct making *making, const struct operation *operation,
			 struct plan_mount *mount, struct error *e)
{
	char *data = NULL;
	size_t length;
	int r;

	vector_each (contents, &making->read)
		if (contents->fd == operation->fd) {
			const struct plan_mount *first =
				&making->plan->mounts.items[contents->mount];

			mount->data = xmemdup(first->data, first->length);
			mount->length = first->length;
			return 0;
		}
	r = exact_use_up(operation->fd, e);
	if (r == 0)
		r = fd_read_all(operation->fd, operation->text, DATA_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	mount->data = data;
	mount->length = length;
	*vector_add(&making->read) =
		(struct contents){operation->fd, (size_t)(mount - making->plan->mounts.items)};
	return 0;
}

static int make_file(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_FILE, POINT_FILE, operation->destination);

	mount->failure = xasprintf("Can't create file %s", operation->destination);
	return take_contents(making, operation, mount, e);
}

static int make_data(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_DATA, POINT_FILE, operation->destination);

	mount->set = bind_attributes(operation);
	mount->failure = xasprintf("Can't create file at %s", operation->destination);
	return take_contents(making, operation, mount, e);
}

static int make_symlink(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_SYMLINK, POINT_DIRECTORY, operation->destination);

	mount->source = xstrdup(operation->source);
	mount->failure = xasprintf("Can't make symlink at %s", operation->destination);
	return 0;
}

static int make_chmod(struct making *making, const struct operation *operation, struct error *e)
{
	struct plan_mount *mount =
		add(making, operation, MOUNT_CHMOD, POINT_EXISTS, operation->destination);

	mount->failure =
		xasprintf("Can't chmod %#o %s", (unsigned)operation->mode, operation->destination);
	return 0;
}

int exact_plan_mounts(const struct exact_request *request, struct plan *plan, struct error *e)
{
	static int (*const makers[])(struct making *, const struct operation *, struct error *) = {
		[OPERATION_BIND] = make_bind,       [OPERATION_REMOUNT] = make_remount,
		[OPERATION_OVERLAY] = make_overlay, [OPERATION_PROC] = make_proc,
		[OPERATION_DEV] = make_dev,         [OPERATION_TMPFS] = make_tmpfs,
		[OPERATION_MQUEUE] = make_mqueue,   [OPERATION_DIRECTORY] = make_directory,
		[OPERATION_FILE] = make_file,       [OPERATION_DATA] = make_data,
		[OPERATION_SYMLINK] = make_symlink, [OPERATION_CHMOD] = make_chmod,
	};
	struct making making = {.request = request, .plan = plan};
	int r = 0;

	plan->root_writable = true;
	vector_each (operation, &request->operations) {
		if (!*operation->destination)
			r = error_set(e, ENOENT, "%s: the destination is empty", operation->text);
		if (r == 0)
			r = makers[operation->kind](&making, operation, e);
		if (r < 0)
			break;
	}
	vector_free(&making.read);
	return r;
}
