// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * killer WHICH N COMMAND…: kills the COMMAND (WHICH = launcher) or the first process that it makes
 * in a new pid namespace (WHICH = child) as its Nth system call begins, and waits for the COMMAND.
 * Exit status: 0 when it was killed there, 3 when it had ended, or executed another program, before it came so far, or was told (SIGTERM) to wait no longer; then it says on standard error how
 * far it came.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED_THERE = 0, TOO_LATE = 3, BROKEN = 99 };

static volatile sig_atomic_t calls;

/* The traced end with us. */
static void on_term(int number)
{
	dprintf(STDERR_FILENO, "killer: %d calls\n", (int)calls);
	_exit(TOO_LATE);
}

/* Lets go of whoever is no target. */
static void let_go(pid_t pid)
{
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static bool is_first_in_namespace(pid_t pid)
{
	char path[32], line[256], *last;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		last = strrchr(line, '\t');
		if (!strncmp(line, "NSpid:", 6) && last && last != line + 6)
			found = !strcmp(last + 1, "1");
	}
	if (file)
		fclose(file);
	return found;
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
	bool child_wanted = argc > 3 && !strcmp(argv[1], "child"), entry = false, executed = false;
	long wanted = argc > 3 ? atol(argv[2]) : 0;
	pid_t launcher, target;
	int status;

	if (wanted <= 0)
		return BROKEN;
	launcher = fork();
	if (launcher == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[3], argv + 3);
		_exit(BROKEN);
	}
	if (waitpid(launcher, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, launcher, 0, options) < 0)
		return BROKEN;
	signal(SIGTERM, on_term);
	target = child_wanted ? 0 : launcher;
	ptrace(PTRACE_SYSCALL, launcher, 0, 0);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int number = 0;

		if (pid < 0)
			return errno == ECHILD ? TOO_LATE : BROKEN;
		if (!WIFSTOPPED(status)) {
			if (pid == launcher || pid == target)
				return TOO_LATE;
			continue;
		}
		if (pid != launcher && pid != target) {
			if (child_wanted && !target && is_first_in_namespace(pid)) {
				target = pid; /* the launcher is let go at its next stop */
				ptrace(PTRACE_SYSCALL, pid, 0, 0);
			} else {
				let_go(pid);
			}
			continue;
		}
		if (pid == launcher && child_wanted && target) {
			let_go(pid);
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			/* The launcher itself is the first that is executed. */
			if (pid == target && (child_wanted || executed))
				return BROKEN;
			executed = true;
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			entry = !entry;
			if (pid == target && entry && ++calls == wanted) {
				kill(pid, SIGKILL);
				/* The dead child is seen by its tracer first. */
				while ((pid = waitpid(-1, &status, __WALL)) > 0 &&
				       (pid != launcher || WIFSTOPPED(status)))
					if (WIFSTOPPED(status))
						let_go(pid);
				return KILLED_THERE;
			}
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP &&
			   !(status >> 16)) {
			number = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, number);
	}
}
