// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * All sandboxes of a user share one scope, hutch-N.scope. The helper that has the manager make it
 * stays in it for a while after the last sandbox ended, so that a batch of short runs does not ask
 * the manager for each. Which scope it is stands in a file in the runtime directory; that it is
 * alive is seen from its sup/ having processes. Who goes in holds a shared lock on the file, who
 * gives the scope up an exclusive one.
 *
 * To go in, a process must be let by the group above both where it is and the scope (cgroups(7)).
 * What a desktop started is below the user manager, whose groups are the user's: it goes in by
 * itself. What belongs to a login session (ssh, a text console) does not: then the helper asks the
 * manager to move it.
 */
#include "engine/scope.h"

#include "base/fd.h"
#include "base/helper.h"
#include "base/log.h"
#include "kernel/cgroup.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The runtime directory of the caller: the environment's, or the usual one. */
static int find_file(char *ret, size_t size, struct error *e)
{
	const char *named = getenv("XDG_RUNTIME_DIR");
	char usual[40];
	struct stat status;

	snprintf(usual, sizeof(usual), "/run/user/%u", getuid());
	if (!named || stat(named, &status) < 0)
		named = usual;
	if (stat(named, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != getuid() ||
	    (status.st_mode & 022))
		return error_set(e, EACCES, "%s: no directory that is yours alone", named);
	snprintf(ret, size, "%s/hutch-scope", named);
	return 0;
}

/* Go in without the manager. False where there is no living scope, or none that lets us in. */
static bool join_directly(const char *file, char *ret, size_t size)
{
	_cleanup_fd_ int lock = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), scope = -1, sup = -1;
	ssize_t length;

	if (lock < 0 || flock(lock, LOCK_SH | LOCK_NB) < 0)
		return false;
	length = read(lock, ret, size - 1);
	if (length <= 0)
		return false;
	ret[length] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	scope = cgroup_open(ret);
	sup = scope < 0 ? -1 : openat(scope, "sup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sup < 0 || !cgroup_populated(sup) || cgroup_enter(sup, 0) < 0)
		return false;
	futimens(lock, NULL); /* a sign of use, for the keeper, which may not see a short run */
	return true;
}

/* What the helper says, a line each: "scope PATH", "note TEXT", "error TEXT", "remedy TEXT". */
static int read_answer(char *text, char *ret, size_t size, struct strv *notes, struct error *e)
{
	int r = -ECHILD;
	char *line;

	error_set(e, ECHILD, "the helper hutch-scope ended without an answer");
	while ((line = strsep(&text, "\n"))) {
		const char *value;

		if ((value = startswith(line, "note ")))
			strv_add(notes, value);
		else if ((value = startswith(line, "error ")))
			error_set(e, EIO, "%s", value);
		else if ((value = startswith(line, "remedy ")))
			error_remedy(e, "%s", value);
		else if ((value = startswith(line, "scope ")) && strlen(value) < size) {
			snprintf(ret, size, "%s", value);
			r = 0;
		}
	}
	return r;
}

/* All signals are blocked here and wait; the helper must not have it so. */
static int run_helper(const char *helper, const char *file, int out, pid_t *ret, struct error *e)
{
	char number[16];
	char *argv[] = {(char *)helper, (char *)file, number, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int code;

	snprintf(number, sizeof(number), "%d", getpid());
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	code = posix_spawn(ret, helper, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return code ? error_errno(e, code, "running %s", helper) : 0;
}

int scope_join(char *ret, size_t size, struct strv *notes, struct error *e)
{
	_cleanup_free_ char *helper = helper_path("hutch-scope"), *text = NULL;
	_cleanup_fd_ int in = -1, out = -1;
	char file[PATH_MAX];
	int pair[2], status, r;
	pid_t child;

	r = find_file(file, sizeof(file), e);
	if (r < 0)
		return r;
	if (join_directly(file, ret, size)) {
		log_step("scope %s: joined", ret);
		return 0;
	}
	if (!helper)
		return error_set(e, ENOENT, "the helper hutch-scope is not installed");
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	in = pair[0];
	out = pair[1];
	r = run_helper(helper, file, out, &child, e);
	if (r < 0)
		return r;
	out = fd_close(out);
	r = fd_read_all(in, "hutch-scope", 64 * 1024, &text, NULL, e);
	if (r < 0)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		r = read_answer(text, ret, size, notes, e);
	if (r == 0)
		log_step("scope %s", ret);
	return r;
}
