// SPDX-License-Identifier: GPL-2.0-or-later
#include "merge.h"

#include "tree.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHITEOUT        ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

struct merge {
	struct error *e;
	int depth;
};

enum { DEPTH = 400 }; /* directories in each other; each costs descriptors */

static int merge_directory(struct merge *merge, int root, int layer);

static int failed(struct merge *merge, const char *name, int code)
{
	_cleanup_free_ char *shown = string_escape(name);

	return error_errno(merge->e, code, "%s", shown);
}

/* Take away what @entry of a layer says is gone. */
static int white_out(struct merge *merge, int root, const char *entry)
{
	const char *name = startswith(entry, WHITEOUT);
	int r;

	/* ".wh..wh.*" are notes of one file system's own */
	if (startswith(name, WHITEOUT))
		return 0;
	if (!*name || streq(name, ".") || streq(name, ".."))
		return failed(merge, entry, EINVAL);
	r = tree_remove(root, name, NULL);
	return r < 0 ? failed(merge, entry, -r) : 0;
}

/* All that lower layers have here goes. */
static int empty(struct merge *merge, int root)
{
	DIR *list = fdopendir(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	int r = list ? 0 : -errno;

	while (r == 0 && (entry = directory_next(list, &r)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			r = tree_remove(root, entry->d_name, NULL);
	if (list)
		closedir(list);
	return r < 0 ? failed(merge, WHITEOUT_OPAQUE, -r) : 0;
}

/* A directory of the layer: the one that is there grows. */
static int lay_directory(struct merge *merge, int root, int layer, const char *name,
			 const struct stat *status)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const struct timespec times[2] = {status->st_mtim, status->st_mtim};
	_cleanup_fd_ int from = openat(layer, name, flags), to = -1;
	int r;

	if (from < 0)
		return failed(merge, name, errno);
	if (merge->depth == DEPTH)
		return failed(merge, name, ENAMETOOLONG);
	to = openat(root, name, flags);
	if (to < 0 && errno != ENOENT) {
		r = tree_remove(root, name, NULL);
		if (r < 0)
			return failed(merge, name, -r);
	}
	if (to < 0) {
		if (mkdirat(root, name, 0700) < 0)
			return failed(merge, name, errno);
		to = openat(root, name, flags);
		if (to < 0)
			return failed(merge, name, errno);
	}
	merge->depth++;
	r = merge_directory(merge, to, from);
	merge->depth--;
	if (r == 0 && (fchmod(to, status->st_mode & 07777) < 0 || futimens(to, times) < 0))
		return failed(merge, name, errno);
	return r;
}

static int lay(struct merge *merge, int root, int layer, const char *name)
{
	struct stat status;
	int r;

	if (fstatat(layer, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(merge, name, errno);
	if (S_ISDIR(status.st_mode))
		return lay_directory(merge, root, layer, name, &status);
	r = linkat(layer, name, root, name, 0) < 0 ? -errno : 0;
	if (r == -EEXIST) {
		r = tree_remove(root, name, NULL);
		if (r == 0)
			r = linkat(layer, name, root, name, 0) < 0 ? -errno : 0;
	}
	return r < 0 ? failed(merge, name, -r) : 0;
}

/* First what the layer takes away of the lower ones, then what it brings. */
static int merge_directory(struct merge *merge, int root, int layer)
{
	DIR *list = fdopendir(openat(layer, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	int r = 0;

	if (!list)
		return failed(merge, "a directory", errno);
	if (faccessat(layer, WHITEOUT_OPAQUE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = empty(merge, root);
	while (r == 0 && (entry = directory_next(list, &r)))
		if (startswith(entry->d_name, WHITEOUT))
			r = white_out(merge, root, entry->d_name);
	rewinddir(list);
	while (r == 0 && (entry = directory_next(list, &r)))
		if (!startswith(entry->d_name, WHITEOUT) && !streq(entry->d_name, ".") &&
		    !streq(entry->d_name, ".."))
			r = lay(merge, root, layer, entry->d_name);
	closedir(list);
	return r < 0 && !merge->e->code ? failed(merge, "a directory", -r) : r;
}

int merge_layer(int root, int layer, struct error *e)
{
	struct merge merge = {.e = e};

	return merge_directory(&merge, root, layer);
}
