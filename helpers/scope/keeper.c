// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper sits in the scope's sup/, where launchers go, too; boxes are beside it. It looks every
 * now and then: no box, and nobody else in sup/, for long enough, and it takes the lock that
 * launchers share while they go in, looks once more, removes the file by which the scope is found,
 * and ends; whereupon systemd removes the scope. Boxes whose launchers were killed it removes on
 * the way, if they are empty.
 *
 * It has nothing but the lock's file and the scope: no descriptor of the caller's, no terminal, no way
 * to gain privileges, and the system calls that this takes.
 */
#include "keeper.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/capability.h"
#include "kernel/cgroup.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "scope_filters.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdnoreturn.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Only the scope and the directory of its file can be reached from here on; where the kernel has no
 * Landlock, all that the user may, by the few calls of scope-keeper.policy. */
static void confine(int scope, const char *file)
{
	_cleanup_free_ char *directory = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	_cleanup_fd_ int runtime = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int abi = landlock_abi();
	_cleanup_fd_ int ruleset = abi > 0 ? landlock_create(abi, true) : -1;

	const struct filter filter = {.instructions = scope_keeper_filter,
				      .count = scope_keeper_filter_count};

	if (capability_drop_own() < 0 || runtime < 0)
		_exit(1);
	if (abi > 0 && (ruleset < 0 || landlock_allow(ruleset, abi, scope, LANDLOCK_WRITE) < 0 ||
			landlock_allow(ruleset, abi, runtime, LANDLOCK_WRITE) < 0 ||
			landlock_enforce(ruleset) < 0))
		_exit(1);
	if (seccomp_apply(&filter, 0) < 0)
		_exit(1);
}

/* Remove what is empty and nobody holds the lock of; whether any box is left. */
static bool boxes_left(int scope)
{
	int fd = openat(scope, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool any = false;

	while (directory && (entry = readdir(directory))) {
		_cleanup_fd_ int box = -1;

		if (!startswith(entry->d_name, "box-"))
			continue;
		box = openat(scope, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (box >= 0 && flock(box, LOCK_EX | LOCK_NB) == 0)
			cgroup_remove(scope, entry->d_name);
		any |= faccessat(scope, entry->d_name, F_OK, 0) == 0;
	}
	if (directory)
		closedir(directory);
	return any;
}

static bool in_use(int scope, int sup)
{
	return boxes_left(scope) || cgroup_has_processes(sup, getpid());
}

/* When somebody last went in. */
static int64_t last_use(int lock)
{
	struct stat status = {0};

	fstat(lock, &status);
	return (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
}

/* Whether the file names this scope still: another may have taken its place. */
static bool is_named(const char *file, int lock, const char *path)
{
	char text[PATH_MAX];
	ssize_t length = pread(lock, text, sizeof(text) - 1, 0);
	struct stat ours, there;

	text[length > 0 ? length : 0] = '\0';
	return streq(text, path) && fstat(lock, &ours) == 0 && stat(file, &there) == 0 &&
	       ours.st_ino == there.st_ino;
}

/* Nobody can come in any more: true. */
static bool give_up(const char *file, int lock, const char *path, int scope, int sup)
{
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return false;
	if (in_use(scope, sup)) {
		flock(lock, LOCK_UN);
		return false;
	}
	if (is_named(file, lock, path))
		unlink(file);
	return true;
}

static noreturn void keep(const char *file, unsigned seconds, int channel)
{
	_cleanup_fd_ int lock = -1, scope = -1, sup = -1;
	char path[PATH_MAX];
	ssize_t length;
	unsigned idle = 0;
	int64_t used = 0;

	setsid();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	process_scrub("hutch-scope");
	if (chdir("/") < 0)
		_exit(1);
	/* Whoever waits for the end of a pipe of the caller's must not wait for this process. */
	if (channel > 0)
		sys_close_range(0, (unsigned)channel - 1, 0);
	sys_close_range((unsigned)channel + 1, ~0U, 0);
	length = recv(channel, path, sizeof(path) - 1, 0);
	if (length <= 0)
		_exit(1);
	path[length] = '\0';
	close(channel);
	lock = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	scope = cgroup_open(path);
	sup = scope < 0 ? -1 : openat(scope, "sup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scope >= 0)
		confine(scope, file);
	while (lock >= 0 && sup >= 0) {
		bool busy = used != last_use(lock);

		used = last_use(lock);
		idle = busy || in_use(scope, sup) ? 0 : idle + 1;
		if (idle >= seconds && give_up(file, lock, path, scope, sup))
			break;
		sleep(1);
	}
	_exit(0);
}

pid_t keeper_start(const char *file, unsigned seconds, int *ret_channel, struct error *e)
{
	_cleanup_free_ char *copy = xstrdup(file);
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "making a socket pair");
	child = fork();
	if (child == 0)
		keep(copy, seconds, pair[1]);
	close(pair[1]);
	if (child < 0) {
		close(pair[0]);
		return error_errno(e, errno, "forking");
	}
	*ret_channel = pair[0];
	return child;
}

int keeper_tell(int channel, const char *scope)
{
	return send(channel, scope, strlen(scope), MSG_NOSIGNAL) < 0 ? -errno : 0;
}
