// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An overlay of several directories of the host.
 *
 * overlayfs takes its layers by path, and the directory it works in must be on the same mount as the
 * one that is written to. So nothing is copied here; the layers are opened where they are, looked at,
 * and named by the descriptor. The names that the user gave never reach overlayfs, in which ':' and
 * ',' and '\' would mean something.
 */
#include "engine/layers.h"

#include "base/fd.h"
#include "kernel/mount.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* "/proc/self/fd/N:", 25 bytes, once a layer; overlayfs takes a page of options at most. */
enum { LAYER_NAME = 32, MOST_LAYERS = 4096 / 25 };

struct names {
	char lower[4096], upper[LAYER_NAME], work[LAYER_NAME];
};

static int open_layer(const struct plan_layer *layer)
{
	_cleanup_fd_ int fd = open(layer->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct file_identity found;
	int r = fd < 0 ? -errno : path_identify(fd, &found);

	if (r < 0)
		return r;
	return path_same_file(&found, &layer->identity) ? TAKE_FD(fd) : -ESTALE;
}

static int make_layer(int base, size_t number, const char *what, mode_t mode)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%zu.%s", number, what);
	if (mkdirat(base, name, mode) < 0)
		return -errno;
	fd = openat(base, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void name(char text[LAYER_NAME], int fd)
{
	snprintf(text, LAYER_NAME, "/proc/self/fd/%d", fd);
}

/* The layers that are only read; the kernel has the uppermost first. */
static int open_lower(const struct plan_mount *mount, size_t count, int *fds, char *text,
		      size_t size)
{
	size_t used = 0;

	for (size_t i = count; i > 0; i--) {
		fds[i - 1] = open_layer(&mount->layers.items[i - 1]);
		if (fds[i - 1] < 0)
			return fds[i - 1];
		used += (size_t)snprintf(text + used, size - used, "%s/proc/self/fd/%d",
					 used ? ":" : "", fds[i - 1]);
	}
	return 0;
}

static int open_upper(const struct plan_mount *mount, size_t number, int base, size_t lower,
		      int *ret_upper, int *ret_work)
{
	if (mount->writes == WRITES_TO_HOST) {
		*ret_upper = open_layer(&mount->layers.items[lower]);
		*ret_work = open_layer(&mount->layers.items[lower + 1]);
	} else {
		*ret_upper = make_layer(base, number, "upper", 0755);
		*ret_work = make_layer(base, number, "work", 0755);
	}
	return *ret_upper < 0 ? *ret_upper : *ret_work < 0 ? *ret_work : 0;
}

int layers_open(const struct plan_mount *mount, size_t number, int base)
{
	size_t lower = mount->layers.count - (mount->writes == WRITES_TO_HOST ? 2 : 0);
	_cleanup_fd_ int upper = -1, work = -1;
	struct names names;
	const char *const options[] = {"lowerdir",  names.lower, "userxattr", NULL, "upperdir",
				       names.upper, "workdir",   names.work,  NULL};
	const char *const read_only[] = {"lowerdir", names.lower, "userxattr", NULL, NULL};
	int fds[MOST_LAYERS], r;

	if (lower > MOST_LAYERS)
		return -E2BIG;
	for (size_t i = 0; i < lower; i++)
		fds[i] = -1;
	r = open_lower(mount, lower, fds, names.lower, sizeof(names.lower));
	if (r == 0 && mount->writes != WRITES_NONE)
		r = open_upper(mount, number, base, lower, &upper, &work);
	if (r == 0) {
		name(names.upper, upper);
		name(names.work, work);
		r = mount_new("overlay", mount->writes == WRITES_NONE ? read_only : options,
			      mount->set);
	}
	for (size_t i = 0; i < lower; i++)
		fd_close(fds[i]);
	return r;
}
