// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The process in the foreground forks the one that becomes the launcher, and waits on a pipe: the
 * launcher says when everything stands, or ends with its own message and status before. From then
 * on it is in a session of its own, with /dev/null to read from.
 *
 * What the program writes goes through a pipe to a process of its own, which keeps the last one or
 * two LOG_SIZEs of it: so no program fills the disk, none waits for a slow one, and the launcher
 * has nothing to do with it. It ends when nobody has the pipe open any more.
 *
 * What is kept, the log and the exit status, stays until the name is used again, or for KEPT days.
 */
#include "commands/detach.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/user.h"
#include "commands/instance.h"
#include "engine/own_filters.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "language/expand.h"
#include "language/settings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOG_SIZE = 1 << 20, KEPT = 7 /* days */ };

static char *detached_root(void)
{
	_cleanup_free_ char *state = base_directory("XDG_STATE_HOME");

	return state ? xasprintf("%s/hutch/detached", state) : NULL;
}

char *detached_directory(const char *name)
{
	_cleanup_free_ char *root = detached_root();

	return root ? xasprintf("%s/%s", root, name) : NULL;
}

int detached_status(const char *name, int *ret)
{
	_cleanup_free_ char *directory = detached_directory(name), *path = NULL;
	_cleanup_fd_ int fd = -1;
	char text[16] = "";

	if (!directory || !registry_valid_name(name))
		return -ENOENT;
	path = xasprintf("%s/status", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -ENOENT;
	*ret = (int)strtol(text, NULL, 10);
	return 0;
}

/* In the foreground. */
static int wait_for_sign(int sign, pid_t launcher, int *ret_status)
{
	char line[REGISTRY_NAME_MAX + 2] = "";
	ssize_t got;
	int status;

	/* One write of a pipe, whole. */
	while ((got = read(sign, line, sizeof(line) - 1)) < 0 && errno == EINTR)
		;
	if (got > 0) {
		fputs(line, stdout);
		*ret_status = fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
		return 1;
	}
	while (waitpid(launcher, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_HUTCH_FAILED;
	return 1;
}

/* Who asked for no name still wants one to call it by. */
static int give_name(struct request *request, struct error *e)
{
	static const struct value_source source = {.origin = {.layer = LAYER_COMMAND_LINE}};
	const char *program = request->arguments.count ? request->arguments.items[0] : "sandbox";
	char name[REGISTRY_NAME_MAX + 1];

	if (request_last(request, SETTING_NAME))
		return 0;
	registry_generate_name(program, 0, name);
	return setting_parse(option_by_id(SETTING_NAME), NULL, name, &source, request, e);
}

int detach_begin(struct detach *detach, struct request *request, int *ret_status, struct error *e)
{
	int sign[2];
	pid_t child;

	if (pipe2(sign, O_CLOEXEC) < 0)
		return error_errno(e, errno, "--detach");
	fflush(stdout);
	child = fork();
	if (child < 0)
		return error_errno(e, errno, "--detach");
	if (child > 0) {
		close(sign[1]);
		return wait_for_sign(sign[0], child, ret_status);
	}
	close(sign[0]);
	detach->sign = sign[1];
	setsid();
	return give_name(request, e);
}

static int make_directories(const char *path)
{
	_cleanup_free_ char *part = xstrdup(path);

	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static void forget(const char *directory)
{
	static const char *const files[] = {"log", "log.1", "status"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", directory, files[i]);

		unlink(path);
	}
}

/* What ended long ago. */
static void forget_old(void)
{
	_cleanup_free_ char *root = detached_root();
	DIR *directory = root ? opendir(root) : NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *place = xasprintf("%s/%s", root, entry->d_name);
		_cleanup_free_ char *path = xasprintf("%s/status", place);
		struct stat status;

		if (!registry_valid_name(entry->d_name) || lstat(path, &status) < 0 ||
		    time(NULL) - status.st_mtime < (time_t)KEPT * 24 * 3600)
			continue;
		forget(place);
		rmdir(place);
	}
	if (directory)
		closedir(directory);
}

/* No other file is opened; nothing of the kind where the kernel has no Landlock. */
static int stay_below(int directory)
{
	int abi = landlock_abi(), r;
	_cleanup_fd_ int ruleset = abi ? landlock_create(abi, true) : -1;

	if (!abi)
		return 0;
	r = ruleset < 0 ? ruleset : landlock_allow(ruleset, abi, directory, LANDLOCK_WRITE);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	return r == 0 ? landlock_enforce(ruleset) : r;
}

static noreturn void keep_log(int in, int directory)
{
	_cleanup_fd_ int out = -1;
	size_t written = 0;
	char buffer[16384];
	ssize_t got;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	process_scrub("hutch-log");
	/* Whoever would write without is not to read what a program puts out. */
	if (stay_below(directory) < 0 || own_filter_apply(log_filter, log_filter_count) < 0)
		_exit(1);
	while ((got = read(in, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (written + (size_t)got > LOG_SIZE) {
			renameat(directory, "log", directory, "log.1");
			out = fd_close(out);
			written = 0;
		}
		if (out < 0)
			out = openat(directory, "log",
				     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		/* Where it can't be kept, the program must not wait for it. */
		if (out >= 0)
			fd_write_all(out, buffer, (size_t)got);
		written += (size_t)got;
	}
	_exit(0);
}

/* A process that keeps what comes through the pipe that is returned. */
static int start_log(const char *directory, struct error *e)
{
	_cleanup_fd_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int first = -1;
	int ends[2];
	pid_t child;

	if (fd < 0)
		return error_errno(e, errno, "--detach: %s", directory);
	/* That there is one says that there was nothing to keep. */
	first = openat(fd, "log", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (first < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(e, errno, "--detach: %s/log", directory);
	/* A grandchild: whoever waits for the launcher's children is not disturbed by it. */
	child = fork();
	if (child == 0) {
		const int keep[] = {ends[0], fd};

		if (fork() != 0)
			_exit(0);
		for (int i = 0; i <= 2; i++)
			close(i);
		process_close_all_but(keep, 2);
		keep_log(ends[0], fd);
	}
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (child < 0) {
		error_errno(e, errno, "--detach: forking");
		close(ends[1]);
		return -e->code;
	}
	return ends[1];
}

/* The sandbox stands: from now on nobody listens but the log. */
static void say_ready(void *data)
{
	struct detach *detach = data;

	dprintf(detach->sign, "%s\n", detach->name);
	detach->sign = fd_close(detach->sign);
	detach->spoken = fd_close(detach->spoken);
}

int detach_prepare(const struct plan *plan, struct report *report, void *data, struct error *e)
{
	_cleanup_fd_ int null = open("/dev/null", O_RDWR | O_CLOEXEC), log = -1;
	struct registry_peer peer = REGISTRY_PEER_NONE;
	struct detach *detach = data;
	int r;

	detach->name = xstrdup(plan->name);
	detach->directory = detached_directory(plan->name);
	if (!detach->directory || null < 0)
		return error_set(e, ENOENT, "--detach: no place for its log: no home directory");
	/* Before its log is begun anew. */
	if (instance_connect(plan->name, &peer, NULL) == 0) {
		registry_peer_close(&peer);
		return error_set(e, EEXIST, "--name %s: a sandbox of that name is running",
				 plan->name);
	}
	forget_old();
	r = make_directories(detach->directory);
	if (r < 0)
		return error_errno(e, -r, "--detach: %s", detach->directory);
	forget(detach->directory);
	log = start_log(detach->directory, e);
	if (log < 0)
		return log;
	detach->spoken = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		return error_errno(e, errno, "--detach");
	report->ready = say_ready;
	report->ready_data = detach;
	return 0;
}

void detach_end(struct detach *detach, int status)
{
	if (detach->spoken >= 0) {
		/* It never stood: the message is for who waits in the foreground. */
		dup2(detach->spoken, STDERR_FILENO);
	} else if (detach->directory) {
		_cleanup_free_ char *path = xasprintf("%s/status", detach->directory);
		_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (fd >= 0)
			dprintf(fd, "%d\n", status);
	}
	detach->spoken = fd_close(detach->spoken);
	detach->sign = fd_close(detach->sign);
	free(detach->directory);
	free(detach->name);
	*detach = DETACH_NONE;
}
