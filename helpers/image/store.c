// SPDX-License-Identifier: GPL-2.0-or-later
#include "store.h"

#include "tree.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_LIMIT = 16 * 1024 * 1024 };

/* Parents as mkdir -p makes them; the store itself for its owner alone, since the trees in it have
 * what permissions their archives say. */
static int make_path(const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int store_open(const char *path, struct store *ret, struct error *e)
{
	static const char *const kinds[] = {"layers", "roots", "sources", "staging"};
	_cleanup_fd_ int fd = -1;
	struct stat status;
	int r = make_path(path);

	if (r < 0)
		return error_errno(e, -r, "making %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(e, errno, "%s", path);
	if (status.st_uid != geteuid() || (status.st_mode & 022)) {
		error_set(e, EPERM, "%s: not yours alone to write", path);
		return error_remedy(e, "move it away, or: chmod 0700 %s", path);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (mkdirat(fd, kinds[i], 0700) < 0 && errno != EEXIST)
			return error_errno(e, errno, "making %s/%s", path, kinds[i]);
	/* Held while layers are there that no image refers to yet. */
	if (flock(fd, LOCK_SH) < 0)
		return error_errno(e, errno, "%s: locking", path);
	*ret = (struct store){.fd = TAKE_FD(fd), .staging = -1};
	return 0;
}

static int in_store(char path[static 128], const char *kind, const char *digest)
{
	return snprintf(path, 128, "%s/sha256-%s", kind, digest + strlen("sha256:"));
}

int store_stage(struct store *store, struct error *e)
{
	char path[64];

	for (unsigned number = 0; store->staging < 0 && number < 1000; number++) {
		snprintf(store->staging_name, sizeof(store->staging_name), "%d.%u", getpid(),
			 number);
		snprintf(path, sizeof(path), "staging/%s", store->staging_name);
		if (mkdirat(store->fd, path, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return error_errno(e, errno, "making a directory in the store");
		}
		store->staging =
			openat(store->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (store->staging < 0)
			return error_errno(e, errno, "opening a directory in the store");
	}
	return store->staging >= 0 ? store->staging
				   : error_set(e, EEXIST, "no name for a directory in the store");
}

void store_close(struct store *store)
{
	int staging = store->staging < 0
			      ? -1
			      : openat(store->fd, "staging", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (staging >= 0)
		tree_remove(staging, store->staging_name, NULL);
	fd_close(staging);
	store->staging = fd_close(store->staging);
	store->fd = fd_close(store->fd);
}

bool store_has(const struct store *store, const char *kind, const char *digest)
{
	char path[128];

	in_store(path, kind, digest);
	return faccessat(store->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_add(struct store *store, const char *name, const char *kind, const char *digest,
	      struct error *e)
{
	char path[128];

	/* A power cut must not leave a whole name for half a tree. */
	if (syncfs(store->staging) < 0)
		return error_errno(e, errno, "writing to the disk");
	in_store(path, kind, digest);
	if (renameat2(store->staging, name, store->fd, path, RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST)
		return error_errno(e, errno, "putting %s into the store", path);
	return 0;
}

int store_open_layer(const struct store *store, const char *digest)
{
	char path[128];
	int fd;

	in_store(path, "layers", digest);
	fd = openat(store->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int store_write(int directory, const char *path, const char *text, struct error *e)
{
	_cleanup_free_ char *temporary = xasprintf("%s.%d", path, getpid());
	_cleanup_fd_ int fd = openat(directory, temporary,
				     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_errno(e, errno, "writing %s", path);
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && renameat(directory, temporary, directory, path) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(directory, temporary, 0);
		return error_errno(e, -r, "writing %s", path);
	}
	return 0;
}

/* Walk over the names of a directory of the store. */
static DIR *open_list(const struct store *store, const char *kind, struct error *e)
{
	int fd = openat(store->fd, kind, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list) {
		error_errno(e, errno, "reading the store");
		fd_close(fd);
	}
	return list;
}

static struct dirent *next_name(DIR *list, int *r)
{
	struct dirent *entry;

	while ((entry = directory_next(list, r)) && entry->d_name[0] == '.')
		;
	return entry;
}

/* Remove the image in the directory @name of roots/, unless a sandbox runs in it. */
static int remove_root(int roots, const char *name, uint64_t *freed, struct error *e)
{
	_cleanup_free_ char *path = xasprintf("%s/lock", name);
	_cleanup_fd_ int lock =
		openat(roots, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0) {
		error_errno(e, EBUSY, "%s", name);
		return error_remedy(e, "a sandbox runs in it: `hutch ps`");
	}
	r = tree_remove(roots, name, freed);
	return r < 0 ? error_errno(e, -r, "removing %s", name) : 0;
}

int store_remove(struct store *store, const char *digest, struct error *e)
{
	_cleanup_fd_ int roots = openat(store->fd, "roots", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[128];

	in_store(path, "roots", digest);
	if (!store_has(store, "roots", digest))
		return error_errno(e, ENOENT, "image %s", digest);
	return remove_root(roots, strchr(path, '/') + 1, NULL, e);
}

/* Forget files that are gone. The last line of each text is the file's path. */
static int forget_sources(const struct store *store, struct error *e)
{
	DIR *list = open_list(store, "sources", e);
	struct dirent *entry;
	int r = 0;

	if (!list)
		return -e->code;
	while ((entry = next_name(list, &r))) {
		_cleanup_fd_ int fd = openat(dirfd(list), entry->d_name, O_RDONLY | O_CLOEXEC);
		_cleanup_free_ char *text = NULL;
		struct error unused;
		char *path, *end;
		size_t length;

		if (fd < 0 ||
		    fd_read_all(fd, entry->d_name, TEXT_LIMIT, &text, &length, &unused) < 0)
			continue;
		path = strchr(text, '\n');
		path = path ? strchr(path + 1, '\n') : NULL;
		end = path ? strchr(path + 1, '\n') : NULL;
		if (!end)
			continue;
		*end = '\0';
		if (access(path + 1, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
			unlinkat(dirfd(list), entry->d_name, 0);
	}
	closedir(list);
	return r;
}

/* Whether @digest stands in that file; also where that cannot be told, as what is named must not go. */
static bool names(int directory, const char *path, const char *digest)
{
	_cleanup_fd_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct error unused;
	size_t length;

	if (fd < 0)
		return errno != ENOENT;
	return fd_read_all(fd, path, TEXT_LIMIT, &text, &length, &unused) < 0 ||
	       strstr(text, digest);
}

static bool referred_by_source(const struct store *store, const char *root)
{
	struct error unused;
	DIR *list = open_list(store, "sources", &unused);
	struct dirent *entry;
	bool found = false;
	int r = list ? 0 : -EIO;

	while (r == 0 && !found && (entry = next_name(list, &r)))
		found = names(dirfd(list), entry->d_name, root + strlen("sha256-"));
	if (list)
		closedir(list);
	return found || r < 0;
}

static bool referred_by_root(const struct store *store, const char *layer)
{
	struct error unused;
	DIR *list = open_list(store, "roots", &unused);
	struct dirent *entry;
	bool found = false;
	int r = list ? 0 : -EIO;

	while (r == 0 && !found && (entry = next_name(list, &r))) {
		_cleanup_free_ char *path = xasprintf("%s/image.json", entry->d_name);

		found = names(dirfd(list), path, layer + strlen("sha256-"));
	}
	if (list)
		closedir(list);
	return found || r < 0;
}

int store_prune(struct store *store, uint64_t *ret_bytes, struct error *e)
{
	DIR *roots = open_list(store, "roots", e), *layers = NULL, *staging = NULL;
	struct dirent *entry;
	struct error busy;
	int r = roots ? 0 : -e->code;

	if (r == 0 && flock(store->fd, LOCK_EX | LOCK_NB) < 0) {
		r = error_errno(e, EBUSY, "the store");
		error_remedy(e, "an image is being unpacked: wait for it");
	}
	if (r == 0)
		r = forget_sources(store, e);
	while (r == 0 && (entry = next_name(roots, &r)))
		if (!referred_by_source(store, entry->d_name))
			remove_root(dirfd(roots), entry->d_name, ret_bytes, &busy);
	if (r == 0)
		layers = open_list(store, "layers", e);
	while (layers && r == 0 && (entry = next_name(layers, &r)))
		if (!referred_by_root(store, entry->d_name))
			r = tree_remove(dirfd(layers), entry->d_name, ret_bytes);
	if (r == 0)
		staging = open_list(store, "staging", e);
	while (staging && r == 0 && (entry = next_name(staging, &r)))
		r = tree_remove(dirfd(staging), entry->d_name, ret_bytes);
	if (r < 0 && !e->code)
		error_errno(e, -r, "removing from the store");
	for (size_t i = 0; i < 3; i++) {
		DIR *lists[] = {roots, layers, staging};

		if (lists[i])
			closedir(lists[i]);
	}
	return r;
}
