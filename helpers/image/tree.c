// SPDX-License-Identifier: GPL-2.0-or-later
#include "tree.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_entries(int directory, uint64_t *freed)
{
	int own = fcntl(directory, F_DUPFD_CLOEXEC, 3);
	DIR *list = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;
	int r = 0;

	if (!list) {
		r = -errno;
		fd_close(own);
		return r;
	}
	while (r == 0 && (entry = directory_next(list, &r)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			r = tree_remove(directory, entry->d_name, freed);
	closedir(list);
	return r;
}

int tree_remove(int parent, const char *name, uint64_t *freed)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_fd_ int directory = -1;
	struct stat status;
	int r;

	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(status.st_mode)) {
		if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
			return -errno;
		if (freed && status.st_nlink == 1)
			*freed += (uint64_t)status.st_blocks * 512;
		return 0;
	}
	directory = openat(parent, name, flags);
	if (directory < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		directory = openat(parent, name, flags);
	if (directory < 0)
		return -errno;
	if ((status.st_mode & 0700) != 0700 && fchmod(directory, 0700) < 0)
		return -errno;
	r = remove_entries(directory, freed);
	if (r < 0)
		return r;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
