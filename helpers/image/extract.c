// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Every name is taken apart before it is used: empty parts and "." go, ".." is refused. The
 * directory it is in is opened by openat2(2) with the tree as root, so a symbolic link that the
 * archive planted earlier leads to another place in the tree at most; the last part is made with
 * O_EXCL or its like, in that directory, and follows nothing. What stands at a name already is
 * replaced, but for directories, which grow.
 *
 * Directories are kept writable until everything is there; their permissions and times come last,
 * of two entries for one directory those of the later.
 */
#include "extract.h"

#include "base/fd.h"
#include "base/string.h"
#include "base/vector.h"
#include "kernel/path.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define WHITEOUT ".wh."

struct directory {
	char *path;
	mode_t mode;
	struct timespec times[2];
};

struct extraction {
	int root;
	struct allowance *left;
	VECTOR(struct directory) directories;
	char *parent_path; /* the directory opened last, and it */
	int parent;
	bool whiteouts;
};

/* A name in the tree, taken apart. */
struct place {
	char *parent; /* "" for the root itself */
	char *name;   /* "" for the root itself */
};

static void place_done(struct place *place)
{
	free(place->parent);
	free(place->name);
}

#define _cleanup_place_ __attribute__((cleanup(place_done)))

/* @path without empty parts and "."; -EINVAL where it has "..", or is longer than a path may be. */
static int take_apart(const char *path, struct place *ret)
{
	_cleanup_strbuf_ struct strbuf clean = {0};
	const char *slash;

	strbuf_append(&clean, "", 0);
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > NAME_MAX || (length == 2 && path[0] == '.' && path[1] == '.'))
			return -EINVAL;
		if (length && !(length == 1 && path[0] == '.'))
			strbuf_printf(&clean, "%s%.*s", clean.length ? "/" : "", (int)length, path);
		path += length;
		path += strspn(path, "/");
	}
	if (clean.length >= PATH_MAX)
		return -EINVAL;
	slash = clean.text ? strrchr(clean.text, '/') : NULL;
	ret->name = xstrdup(slash ? slash + 1 : clean.text ? clean.text : "");
	ret->parent =
		slash ? xasprintf("%.*s", (int)(slash - clean.text), clean.text) : xstrdup("");
	return 0;
}

/* The directory @path in the tree, made where it is missing. It stays open until the next one. */
static int open_parent(struct extraction *x, const char *path)
{
	int fd;

	if (x->parent >= 0 && streq(x->parent_path, path))
		return x->parent;
	fd = *path ? path_make_directory(x->root, path, 0755, 0755)
		   : path_open_in(x->root, "/", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	fd_close(x->parent);
	free(x->parent_path);
	x->parent = fd;
	x->parent_path = xstrdup(path);
	return fd;
}

/* Make room for something that is no directory. */
static int clear(int parent, const char *name)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static void times_of(struct archive_entry *entry, struct timespec times[2])
{
	times[0] = times[1] = (struct timespec){.tv_nsec = UTIME_OMIT};
	if (archive_entry_mtime_is_set(entry))
		times[0] = times[1] = (struct timespec){
			.tv_sec = archive_entry_mtime(entry),
			.tv_nsec = archive_entry_mtime_nsec(entry),
		};
}

static mode_t mode_of(struct archive_entry *entry)
{
	return archive_entry_perm(entry) & (mode_t) ~(S_ISUID | S_ISGID) & 07777;
}

/* What a file system has no room for, or does not know, is left out. */
static void set_attributes(int fd, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (startswith(name, "user.") && !startswith(name, "user.overlay."))
			fsetxattr(fd, name, value, size, 0);
}

static int write_block(int fd, const char *data, size_t size, off_t offset)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		offset += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The contents; holes stay holes. */
static int write_contents(struct archive *archive, int fd, struct allowance *left)
{
	const void *data;
	int64_t offset, end = 0;
	size_t size;
	int r;

	while ((r = archive_read_data_block(archive, &data, &size, &offset)) == ARCHIVE_OK) {
		if (offset < end)
			return -EINVAL;
		/* A hole costs nothing on the disk, but a file that claims to be larger than all
		 * that may be unpacked is none of ours. */
		if (size > left->bytes || (uint64_t)offset > left->bytes + (uint64_t)end)
			return -EFBIG;
		left->bytes -= size;
		r = write_block(fd, data, size, offset);
		if (r < 0)
			return r;
		end = offset + (int64_t)size;
	}
	if (r != ARCHIVE_EOF)
		return -EBADMSG;
	return ftruncate(fd, end) < 0 ? -errno : 0;
}

static int make_file(struct extraction *x, struct archive *archive, struct archive_entry *entry,
		     int parent, const char *name)
{
	_cleanup_fd_ int fd = -1;
	struct timespec times[2];
	int r = clear(parent, name);

	if (r < 0)
		return r;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_contents(archive, fd, x->left);
	if (r < 0)
		return r;
	set_attributes(fd, entry);
	times_of(entry, times);
	if (fchmod(fd, mode_of(entry)) < 0 || futimens(fd, times) < 0)
		return -errno;
	if (startswith(name, WHITEOUT))
		x->whiteouts = true;
	return 0;
}

/* Directories that are there stay, with what is in them. */
static int make_directory(struct extraction *x, struct archive_entry *entry, int parent,
			  const struct place *place)
{
	struct directory *directory;
	struct stat status;
	int r;

	if (*place->name && mkdirat(parent, place->name, 0700) < 0) {
		if (errno != EEXIST)
			return -errno;
		if (fstatat(parent, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (!S_ISDIR(status.st_mode)) {
			r = clear(parent, place->name);
			if (r < 0)
				return r;
			if (mkdirat(parent, place->name, 0700) < 0)
				return -errno;
		}
	}
	directory = vector_add(&x->directories);
	directory->path =
		xasprintf("%s%s%s", place->parent, *place->parent ? "/" : "", place->name);
	directory->mode = mode_of(entry);
	times_of(entry, directory->times);
	return 0;
}

static int make_symlink(struct archive_entry *entry, int parent, const char *name)
{
	const char *target = archive_entry_symlink(entry);
	struct timespec times[2];
	int r = clear(parent, name);

	if (r < 0)
		return r;
	if (!target || !*target)
		return -EINVAL;
	if (symlinkat(target, parent, name) < 0)
		return -errno;
	times_of(entry, times);
	utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/* A second name of a file that the archive brought before. Neither a link nor a directory on the
 * way is followed out of the tree, and the last part not at all. */
static int make_hard_link(struct extraction *x, struct archive_entry *entry, int parent,
			  const char *name)
{
	_cleanup_place_ struct place target = {0};
	_cleanup_fd_ int from = -1;
	struct stat status;
	int r = take_apart(archive_entry_hardlink(entry), &target);

	if (r < 0)
		return r;
	from = path_open_in(x->root, *target.parent ? target.parent : "/", O_PATH | O_DIRECTORY);
	if (from < 0)
		return from;
	if (fstatat(from, target.name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EINVAL;
	r = clear(parent, name);
	if (r < 0)
		return r;
	return linkat(from, target.name, parent, name, 0) < 0 ? -errno : 0;
}

/* A node that nothing can be reached through, so that its name is there. */
static int make_node(int parent, const char *name)
{
	_cleanup_fd_ int fd = -1;
	int r = clear(parent, name);

	if (r < 0)
		return r;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd < 0 ? -errno : 0;
}

static int make_fifo(struct archive_entry *entry, int parent, const char *name)
{
	int r = clear(parent, name);

	if (r < 0)
		return r;
	return mkfifoat(parent, name, mode_of(entry)) < 0 ? -errno : 0;
}

static int make_entry(struct extraction *x, struct archive *archive, struct archive_entry *entry,
		      const struct place *place)
{
	int parent = open_parent(x, place->parent);

	if (parent < 0)
		return parent;
	if (!*place->name)
		return archive_entry_filetype(entry) == AE_IFDIR
			       ? make_directory(x, entry, parent, place)
			       : -EINVAL;
	if (archive_entry_hardlink(entry))
		return make_hard_link(x, entry, parent, place->name);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return make_file(x, archive, entry, parent, place->name);
	case AE_IFDIR:
		return make_directory(x, entry, parent, place);
	case AE_IFLNK:
		return make_symlink(entry, parent, place->name);
	case AE_IFIFO:
		return make_fifo(entry, parent, place->name);
	case AE_IFCHR:
	case AE_IFBLK:
		return make_node(parent, place->name);
	default: /* a socket means nothing without who listens */
		return 0;
	}
}

/* In the order they were seen. Whoever owns the tree must be able to look into it and to remove it,
 * so the owner's own permissions are always there. */
static int finish_directories(struct extraction *x)
{
	vector_each (directory, &x->directories) {
		_cleanup_fd_ int fd = path_open_in(
			x->root, *directory->path ? directory->path : "/", O_RDONLY | O_DIRECTORY);

		if (fd == -ENOENT || fd == -ENOTDIR)
			continue; /* replaced since */
		if (fd < 0)
			return fd;
		if (fchmod(fd, directory->mode | S_IRWXU) < 0 || futimens(fd, directory->times) < 0)
			return -errno;
	}
	return 0;
}

static int next_entry(struct archive *archive, struct archive_entry **ret, struct error *e)
{
	int r = archive_read_next_header(archive, ret);

	if (r == ARCHIVE_EOF)
		return 0;
	/* A warning is about a name or a time that is not written as it should be. */
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		return 1;
	return error_set(e, EBADMSG, "%s",
			 archive_error_string(archive) ? archive_error_string(archive)
						       : "damaged archive");
}

static int extract_entries(struct extraction *x, struct archive *archive, struct error *e)
{
	struct archive_entry *entry;
	int r;

	while ((r = next_entry(archive, &entry, e)) > 0) {
		_cleanup_place_ struct place place = {0};
		const char *path = archive_entry_pathname(entry);
		_cleanup_free_ char *shown = string_escape(path ? path : "");

		if (x->left->entries == 0)
			return error_set(e, EFBIG, "more entries than an image may have");
		x->left->entries--;
		r = path ? take_apart(path, &place) : -EINVAL;
		if (r == 0)
			r = make_entry(x, archive, entry, &place);
		if (r == -EBADMSG && archive_error_string(archive))
			return error_set(e, EBADMSG, "%s: %s", shown,
					 archive_error_string(archive));
		if (r == -EINVAL)
			return error_set(e, EINVAL,
					 "%s: a name or link that leads out of the image", shown);
		if (r < 0)
			return error_errno(e, -r, "%s", shown);
	}
	return r;
}

int extract_tree(struct archive *archive, int root, struct allowance *left, bool *ret_whiteouts,
		 struct error *e)
{
	struct extraction x = {.root = root, .left = left, .parent = -1};
	int r = extract_entries(&x, archive, e);

	if (r == 0) {
		r = finish_directories(&x);
		if (r < 0)
			error_errno(e, -r, "setting permissions of directories");
	}
	vector_each (directory, &x.directories)
		free(directory->path);
	vector_free(&x.directories);
	free(x.parent_path);
	fd_close(x.parent);
	*ret_whiteouts = x.whiteouts;
	return r;
}
