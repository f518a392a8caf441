// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-scope FILE PID [MILLISECONDS [SECONDS]]
 *
 * Get process PID, of the same user, into the scope that all sandboxes of the user share: the one
 * that FILE names, where it is alive; else a new one, which FILE then names. What takes longer than
 * MILLISECONDS is an error; the scope stays SECONDS after its last use.
 *
 * Answers on standard output, a line each: "note TEXT", and then "scope DIRECTORY", or "error TEXT"
 * and perhaps "remedy TEXT". The process is in sup/ below DIRECTORY, all controllers there are
 * handed down. See sandbox/engine/scope.c for the other side.
 *
 * FILE is locked all the while, so that of many that start at once one makes the scope and the
 * others go into it.
 */
#include "base/fd.h"
#include "base/string.h"
#include "keeper.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"
#include "manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10000 /* ms */, KEEP = 10 /* s */, NAMES = 5 };

static void note(const char *text)
{
	printf("note %s\n", text);
}

/* FILE, locked, and the one that others find under that name, too. */
static int open_locked(const char *file, uint64_t milliseconds, struct error *e)
{
	struct stat ours, there;

	for (uint64_t waited = 0; waited <= milliseconds; waited += 10) {
		_cleanup_fd_ int fd =
			open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

		if (fd < 0 || fstat(fd, &ours) < 0)
			return error_errno(e, errno, "%s", file);
		if (!S_ISREG(ours.st_mode) || ours.st_uid != getuid())
			return error_set(e, EPERM, "%s: not a file of yours", file);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && stat(file, &there) == 0 &&
		    ours.st_ino == there.st_ino)
			return TAKE_FD(fd);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return error_set(e, ETIMEDOUT, "%s: others have it locked", file);
}

/* The scope that FILE names, if it is alive. */
static bool find_living(int file, char path[PATH_MAX])
{
	ssize_t length = pread(file, path, PATH_MAX - 1, 0);
	_cleanup_fd_ int scope = -1, sup = -1;

	path[length > 0 ? length : 0] = '\0';
	path[strcspn(path, "\n")] = '\0';
	scope = *path ? cgroup_open(path) : -1;
	sup = scope < 0 ? -1 : openat(scope, "sup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sup >= 0 && cgroup_populated(sup);
}

static bool is_in(pid_t pid, const char *scope)
{
	char path[PATH_MAX];
	const char *rest;

	if (cgroup_path_of(pid, path, sizeof(path)) < 0)
		return false;
	rest = startswith(path, scope);
	return rest && (!*rest || *rest == '/');
}

/* Go into a scope that is there already. */
static int join(struct manager *manager, const char *scope, pid_t pid, struct error *e)
{
	const char *unit = strrchr(scope, '/') + 1;
	int r = manager_attach(manager, unit, "/sup", pid, e);

	if (r == 0 && !is_in(pid, scope))
		r = error_set(e, EIO,
			      "systemd's user manager: the process was not moved into the scope");
	return r;
}

/* sup/ with the two processes, and what is handed down beside it. */
static int divide(const char *scope, const pid_t pids[2], struct error *e)
{
	static const char *const controllers[] = {"cpu", "cpuset", "io", "memory", "pids"};
	_cleanup_fd_ int group = cgroup_open(scope), sup = -1;
	int r = group;

	if (r >= 0)
		r = sup = cgroup_make(group, "sup");
	for (int i = 0; r >= 0 && i < 2; i++)
		r = cgroup_enter(sup, pids[i]);
	if (r < 0)
		return error_errno(e, -r, "dividing the scope %s", scope);
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		if (cgroup_has(group, controllers[i]))
			cgroup_hand_down(group, controllers[i]);
	return 0;
}

/* A scope around the process and the keeper. */
static int make(struct manager *manager, const pid_t pids[2], char path[PATH_MAX], struct error *e)
{
	int r = -EEXIST;
	char unit[64];
	uint32_t number;

	for (int i = 0; r == -EEXIST && i < NAMES; i++) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number = (uint32_t)getpid();
		snprintf(unit, sizeof(unit), "hutch-%d-%08x.scope", getpid(), number);
		r = manager_start_scope(manager, unit, pids, 2, note, e);
	}
	if (r < 0)
		return r;
	r = cgroup_path_of(pids[0], path, PATH_MAX);
	if (r < 0)
		return error_errno(e, -r, "finding the cgroup of the scope %s", unit);
	if (!is_in(pids[1], path) || !streq(strrchr(path, '/') + 1, unit))
		return error_set(e, EIO, "systemd's user manager: %s is not the cgroup of %s", path,
				 unit);
	return divide(path, pids, e);
}

static int make_kept(struct manager *manager, const char *name, int file, unsigned seconds,
		     pid_t pid, char path[PATH_MAX], struct error *e)
{
	_cleanup_fd_ int channel = -1;
	pid_t pids[2] = {pid, keeper_start(name, seconds, &channel, e)};
	int r = pids[1] < 0 ? pids[1] : make(manager, pids, path, e);

	if (r == 0 && (ftruncate(file, 0) < 0 ||
		       pwrite(file, path, strlen(path), 0) != (ssize_t)strlen(path)))
		r = error_errno(e, errno, "writing %s", name);
	if (r == 0 && keeper_tell(channel, path) < 0)
		r = error_set(e, ECHILD, "the scope's keeper was killed");
	if (r < 0 && pids[1] > 0) {
		kill(pids[1], SIGKILL);
		waitpid(pids[1], NULL, 0);
	}
	return r;
}

static int run(const char *name, pid_t pid, uint64_t patience, unsigned seconds,
	       char path[PATH_MAX], struct error *e)
{
	_cleanup_fd_ int file = open_locked(name, patience, e);
	struct manager *manager;
	bool living;
	int r = file;

	if (r < 0)
		return r;
	r = manager_open(&manager, patience, e);
	if (r < 0)
		return r;
	living = find_living(file, path);
	/* One that cannot be joined is left to those who are in it. */
	r = living ? join(manager, path, pid, e) : -ENOENT;
	if (r == 0)
		futimens(file, NULL);
	if (r < 0)
		r = make_kept(manager, name, file, seconds, pid, path, e);
	manager_close(manager);
	return r;
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	struct error e = {0};

	if (argc < 3 || argc > 5) {
		fprintf(stderr, "usage: hutch-scope FILE PID [MILLISECONDS [SECONDS]]\n");
		return EXIT_HUTCH_FAILED;
	}
	process_fill_standard_descriptors();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	if (run(argv[1], atoi(argv[2]), argc > 3 ? strtoull(argv[3], NULL, 10) : PATIENCE,
		argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : KEEP, path, &e) < 0) {
		printf("error %s\n", e.text);
		if (*e.remedy)
			printf("remedy %s\n", e.remedy);
		return EXIT_HUTCH_FAILED;
	}
	printf("scope %s\n", path);
	return 0;
}
