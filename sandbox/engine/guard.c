// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A path that is not to be created inside a writable tree (.envrc, .git/hooks) gets an empty file
 * or directory on the host for as long as a sandbox runs, on which a read-only mount can stand.
 * When the last sandbox that needs it has ended, it goes again, with the directories that were made
 * on the way to it.
 *
 * - A file is known as a guard by the time it was last changed, MARK_TIME: ordinary files are never
 *   removed, and one that somebody wrote to isn't a guard any more. A directory is known by its
 *   permissions, MARK_MODE, since its time changes with what is in it; it is only removed empty,
 *   and one that isn't gets those that mkdir(1) would have given it, unless it was given others.
 * - A file whose readers would fail on an empty one says something that means nothing to them. It
 *   gets its name when it has that already.
 * - Several runs share one: each holds a shared lock (flock(2)), and removes it only when it gets
 *   the exclusive one. Removing a name takes away the mounts that stand on it in all namespaces, so
 *   it must not go earlier. After the lock is had, the name is looked up again: the guard may have
 *   gone in between.
 * - A killed launcher cannot clean up. So it is another process that makes and removes the guards:
 *   the guardian, in a session of its own, out of the way of signals to the launcher's group. It
 *   holds a socket whose other end is the launcher's, and at its end waits for that of pid 1 inside
 *   (all others there are dead before that ends). Should both be killed at once, the guard stays
 *   until the next run that needs it, which takes it for its own.
 * - The tree may be an attacker's, from an earlier run: every step is one name in an open
 * directory, and symbolic links are not followed.
 */
#include "engine/guard.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "engine/own_filters.h"
#include "kernel/path.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 7 June 1977: no file of today has it by chance. Whole seconds, for file systems that have no
 * finer ones. */
#define MARK_TIME 234567890

/* Sticky, though not everybody may write: makes no difference, and nobody has it. */
#define MARK_MODE (S_IFDIR | S_ISVTX | 0751)

/* A file that was just made, until its time is set: there is no moment in which another run could
 * take it for the user's. */
#define NEW_MODE (S_IFREG | S_ISVTX | 0444)

/* Somebody else makes or removes the same guard in between: then it is looked at again. */
#define TRIES 1000

/* Who removes one holds the exclusive lock for two system calls, and may be put to sleep between them
 * for as long as a busy machine likes; tries alone would be over sooner. In milliseconds. */
#define PATIENCE 5000

struct guarded {
	int parent, fd; /* the lock is fd's */
	char *name;
	bool directory;
	mode_t mode; /* directory: what it gets when it stays */
};

/* What the guardian has made, in its own memory. */
struct made {
	struct guarded *items;
	size_t count;
	mode_t umask; /* the caller's */
};

struct guard_page {
	pid_t child;
	struct error error; /* code 0: all guards stand */
};

bool guard_is(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return (status->st_mode & ~(mode_t)S_ISGID) == MARK_MODE;
	return S_ISREG(status->st_mode) && status->st_size <= GUARD_CONTENTS &&
	       (status->st_mtim.tv_sec == MARK_TIME ||
		(status->st_mode == NEW_MODE && status->st_size == 0));
}

static void mark(int fd, bool directory)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = MARK_TIME}};

	if (directory)
		fchmod(fd, MARK_MODE & 07777);
	else if (futimens(fd, times) == 0)
		fchmod(fd, 0444);
}

/* Where there are no locks (some network file systems), runs do not know of each other. */
static bool take_lock(int fd, int kind)
{
	return flock(fd, kind | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* The shared lock, which nobody but a remover, or who means harm, keeps for long. */
static bool wait_for_lock(int fd, int *patience)
{
	for (; !take_lock(fd, LOCK_SH); --*patience) {
		if (*patience <= 0)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static bool still_there(int parent, const char *name, const struct stat *status)
{
	struct stat now;

	return fstatat(parent, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == status->st_ino && now.st_dev == status->st_dev;
}

/* Remember a guard that this process holds a lock on. */
static void keep(struct made *made, int parent, int fd, const char *name, bool directory)
{
	struct stat above = {0};

	fstat(parent, &above);
	made->items = xreallocarray(made->items, made->count + 1, sizeof(*made->items));
	made->items[made->count++] = (struct guarded){
		.parent = fcntl(parent, F_DUPFD_CLOEXEC, 3),
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3),
		.name = xstrdup(name),
		.directory = directory,
		.mode = (0777 & ~made->umask) | (above.st_mode & S_ISGID),
	};
}

/* Make the file @name that says @contents, whole from the first moment on. */
static int make_with_contents(int parent, const char *name, const char *contents)
{
	char path[64], temporary[64] = "";
	_cleanup_fd_ int fd = openat(parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0444);
	int r;

	/* Not all file systems have files without names. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		snprintf(temporary, sizeof(temporary), ".hutch-guard-%d", getpid());
		fd = openat(parent, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0444);
	}
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, contents, strlen(contents));
	if (r == 0) {
		mark(fd, false);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		r = (*temporary ? linkat(parent, temporary, parent, name, 0)
				: linkat(AT_FDCWD, path, parent, name, AT_SYMLINK_FOLLOW)) < 0
			    ? -errno
			    : 0;
	}
	if (*temporary)
		unlinkat(parent, temporary, 0);
	return r < 0 ? r : TAKE_FD(fd);
}

/* Open @name in @parent, making it where it is absent: a descriptor, or -errno. */
static int open_or_make(struct made *made, int parent, const char *name, bool directory,
			const char *contents)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int patience = PATIENCE;

	for (int tries = 0; tries < TRIES; tries++) {
		_cleanup_fd_ int fd = openat(parent, name, flags | (directory ? O_DIRECTORY : 0));
		bool new = false;
		struct stat status;

		if (fd < 0 && errno == ENOENT && directory) {
			if (mkdirat(parent, name, MARK_MODE & 07777) < 0 && errno != EEXIST)
				return -errno;
			fd = openat(parent, name, flags | O_DIRECTORY);
			new = fd >= 0;
		} else if (fd < 0 && errno == ENOENT && contents) {
			fd = make_with_contents(parent, name, contents);
			if (fd < 0) {
				errno = -fd;
				fd = -1;
			}
			new = fd >= 0;
		} else if (fd < 0 && errno == ENOENT) {
			fd = openat(parent, name, flags | O_CREAT | O_EXCL, NEW_MODE & 07777);
			new = fd >= 0;
		}
		if (fd < 0 && (errno == ENOENT || errno == EEXIST))
			continue;
		/* Search-only, as other people's homes are: no guard, but a way. */
		if (fd < 0 && errno == EACCES) {
			fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
			if (fd < 0 && errno == ENOENT)
				return -EACCES; /* not for us to make */
		}
		if (fd < 0 || fstat(fd, &status) < 0)
			return -errno;
		/* Something of the user's: it needs no guard. */
		if (!new && !guard_is(&status))
			return TAKE_FD(fd);
		if (!wait_for_lock(fd, &patience))
			return -EWOULDBLOCK;
		if (!still_there(parent, name, &status))
			continue;
		mark(fd, directory);
		keep(made, parent, fd, name, directory);
		return TAKE_FD(fd);
	}
	return -EAGAIN;
}

/* Why a component cannot be gone through: a link tells ELOOP or ENOTDIR, depending on what was
 * asked for. */
static int refusal(int parent, const char *name, int r)
{
	struct stat status;

	if ((r == -ENOTDIR || r == -ELOOP) &&
	    fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISLNK(status.st_mode) ? -ELOOP : -ENOTDIR;
	return r;
}

static int make(struct made *made, const struct plan_guard *guard)
{
	const char *rest = guard->path + strlen(guard->tree);
	_cleanup_fd_ int at = path_open_host(*guard->tree ? guard->tree : "/");
	struct file_identity found;
	int r;

	if (at < 0)
		return at;
	r = path_identify(at, &found);
	if (r < 0)
		return r;
	if (!path_same_file(&found, &guard->tree_identity))
		return -ESTALE;
	while (*rest) {
		char name[NAME_MAX + 1];
		size_t length;
		int next;

		rest += strspn(rest, "/");
		length = strcspn(rest, "/");
		if (length >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, rest, length);
		name[length] = '\0';
		rest += length;
		next = open_or_make(made, at, name, *rest || guard->directory,
				    *rest ? NULL : guard->contents);
		if (next < 0)
			return refusal(at, name, next);
		fd_close(at);
		at = next;
	}
	return 0;
}

static void explain(int r, struct error *e)
{
	if (r == -ELOOP)
		error_remedy(e, "a symbolic link is in the way, which is not followed: name what "
				"it leads to");
	else if (r == -ENOTDIR)
		error_remedy(e, "a file is where a directory would be: move it away, or leave this "
				"rule out");
	else if (r == -EROFS || r == -EACCES || r == -EPERM)
		error_remedy(e, "it takes an empty file or directory there, which cannot be made: "
				"share the directory that it would be in read-only, or leave this "
				"rule out");
}

static int make_all(struct made *made, const struct plan *plan, struct error *e)
{
	int r = 0;

	made->umask = umask(0);
	vector_each (guard, &plan->guards) {
		r = make(made, guard);
		if (r == 0)
			continue;
		error_errno(e, -r, "%s: guarding %s against being created", guard->origin,
			    guard->path);
		explain(r, e);
		break;
	}
	return r;
}

static void remove_all(const struct made *made)
{
	for (size_t i = made->count; i > 0; i--) {
		const struct guarded *item = &made->items[i - 1];
		struct stat status;

		/* Another run still needs it, or it is something else by now. */
		if (!take_lock(item->fd, LOCK_EX) || fstat(item->fd, &status) < 0 ||
		    !still_there(item->parent, item->name, &status))
			continue;
		if (item->directory) {
			if (unlinkat(item->parent, item->name, AT_REMOVEDIR) < 0 &&
			    guard_is(&status))
				fchmod(item->fd, item->mode);
		} else if (guard_is(&status)) {
			unlinkat(item->parent, item->name, 0);
		}
	}
}

static void wait_for_child(pid_t pid)
{
	struct pollfd end = {.fd = sys_pidfd_open(pid, 0), .events = POLLIN};

	while (end.fd >= 0 && poll(&end, 1, -1) < 0 && errno == EINTR)
		;
}

/* Nothing is made from here on. */
static void confine(struct error *e)
{
	int r = own_filter_apply(guardian_filter, guardian_filter_count);

	if (r < 0 && !e->code)
		error_errno(e, -r, "confining the guardian");
}

static noreturn void stand_guard(const struct plan *plan, struct guard_page *page, int launcher)
{
	struct made made = {0};
	char byte = 0;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	process_scrub("hutch-guard");
	setsid();
	/* Whoever waits for the end of a pipe of the caller's must not wait for us. */
	if (launcher > 0)
		sys_close_range(0, (unsigned)launcher - 1, 0);
	sys_close_range((unsigned)launcher + 1, ~0U, 0);
	make_all(&made, plan, &page->error);
	if (chdir("/") < 0) {
		/* Then a directory stays in use for as long as we run; no more. */
	}
	confine(&page->error);
	if (send(launcher, &byte, 1, MSG_NOSIGNAL) == 1)
		while (recv(launcher, &byte, 1, 0) < 0 && errno == EINTR)
			;
	if (page->child > 0)
		wait_for_child(page->child);
	remove_all(&made);
	_exit(0);
}

int guards_make(struct guards *guards, const struct plan *plan, struct error *e)
{
	_cleanup_fd_ int theirs = -1;
	int pair[2];
	char byte;

	if (!plan->guards.count)
		return 0;
	guards->page = mmap(NULL, sizeof(*guards->page), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guards->page == MAP_FAILED) {
		guards->page = NULL;
		return error_errno(e, errno, "guarding paths");
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "guarding paths");
	guards->socket = pair[0];
	theirs = pair[1];
	/* No exit signal, so that whoever waits for our children isn't disturbed by it. */
	guards->guardian = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	if (guards->guardian < 0)
		return error_errno(e, errno, "guarding paths");
	if (guards->guardian == 0)
		stand_guard(plan, guards->page, theirs);
	theirs = fd_close(theirs);
	if (fd_read_exactly(guards->socket, &byte, 1) < 0)
		return error_set(e, ECHILD, "guarding paths: the guardian was killed");
	if (!guards->page->error.code)
		return 0;
	*e = guards->page->error;
	return -e->code;
}

pid_t *guards_child(const struct guards *guards)
{
	return guards->page ? &guards->page->child : NULL;
}

void guards_forget(const struct guards *guards)
{
	fd_close(guards->socket);
}

void guards_remove(struct guards *guards)
{
	/* Its number is free by now, and another process may have it. */
	if (guards->page)
		guards->page->child = 0;
	if (guards->socket >= 0)
		shutdown(guards->socket, SHUT_RDWR); /* whoever else has it open */
	guards->socket = fd_close(guards->socket);
	while (guards->guardian > 0 && waitpid(guards->guardian, NULL, __WALL) < 0 &&
	       errno == EINTR)
		;
	if (guards->page)
		munmap(guards->page, sizeof(*guards->page));
	*guards = GUARDS_NONE;
}
