// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/spawn.h"

#include "base/fd.h"
#include "kernel/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child, which shares this process's memory until it executes the helper. */
static noreturn void execute(const struct spawn *spawn, int nothing, pid_t launcher)
{
	char *environment[] = {NULL};
	int output = spawn->output < 0 ? nothing : spawn->output;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != launcher)
		_exit(EXIT_HUTCH_FAILED);
	setsid();
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(fd ? output : nothing, fd) < 0)
			_exit(EXIT_HUTCH_FAILED);
	if (process_close_on_exec(spawn->descriptors, spawn->count) < 0 ||
	    process_reset_signals() < 0)
		_exit(EXIT_HUTCH_FAILED);
	execve(spawn->path, spawn->argv, environment);
	_exit(EXIT_HUTCH_FAILED);
}

int spawn_helper(const struct spawn *spawn, pid_t *ret, struct error *e)
{
	_cleanup_fd_ int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t launcher = getpid(), helper;

	if (nothing < 0)
		return error_errno(e, errno, "/dev/null");
	/* The launcher waits meanwhile, so that nothing has to be copied; execute() calls the kernel
	 * and writes nothing. NOLINTBEGIN(clang-analyzer-unix.Vfork) */
	helper = vfork();
	if (helper == 0)
		execute(spawn, nothing, launcher);
	/* NOLINTEND(clang-analyzer-unix.Vfork) */
	if (helper < 0)
		return error_errno(e, errno, "starting %s", spawn->path);
	*ret = helper;
	return 0;
}

int spawn_end(pid_t *process)
{
	int status = 0;

	if (!*process)
		return 0;
	kill(*process, SIGKILL);
	while (waitpid(*process, &status, 0) < 0 && errno == EINTR)
		;
	*process = 0;
	return status;
}

void spawn_describe(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "was ended by signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}
