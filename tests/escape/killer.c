// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * killer WHICH N COMMAND…: kills the COMMAND (WHICH = launcher) or the first process that it makes
 * in a new pid namespace (WHICH = child) as its Nth system call begins, and waits until nobody is
 * left of all that it started: whoever loses a parent falls to this process. Exit status: 0 when it
 * was killed there; 3 when it had ended, or executed another program, before it came so far, or was
 * to be waited for no longer (SIGTERM, which ends the COMMAND), and then standard error has how far
 * it came; 4 when somebody lived on for seconds, whom standard error names, and who then is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED_THERE = 0, TOO_LATE = 3, SOMEBODY_LIVES = 4, BROKEN = 99 };

/* How long the rest may take to end. */
enum { PATIENCE_SECONDS = 5 };

/* Only so that a wait ends. */
static void on_signal(int number)
{
}

static void interrupted_by(int number)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(number, &action, NULL);
}

/* Lets go of whoever is no target. */
static void let_go(pid_t pid)
{
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

/* The line of /proc/PID/status that begins with @key; false where there is none. */
static bool status_line(pid_t pid, const char *key, char *line, int size)
{
	bool found = false;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, size, file))
		found = !strncmp(line, key, strlen(key));
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	return found;
}

static bool is_first_in_namespace(pid_t pid)
{
	char line[256] = "", *last;

	if (!status_line(pid, "NSpid:", line, sizeof(line)))
		return false;
	last = strrchr(line, '\t');
	return last && last != strchr(line, '\t') && !strcmp(last + 1, "1");
}

/* Names and kills whoever descends from @parent; its children's children first. */
static void end_descendants(pid_t parent)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)atol(entry->d_name);
		char line[256] = "", name[256] = "";

		if (pid <= 0 || !status_line(pid, "PPid:", line, sizeof(line)) ||
		    atol(line + strlen("PPid:")) != parent)
			continue;
		end_descendants(pid);
		if (!status_line(pid, "State:", line, sizeof(line)) || strchr(line, 'Z'))
			continue;
		status_line(pid, "Name:", name, sizeof(name));
		dprintf(STDERR_FILENO, "killer: process %d lives: %s\n", pid,
			name[0] ? name + strlen("Name:\t") : "?");
		kill(pid, SIGKILL);
	}
	if (proc)
		closedir(proc);
}

/* Waits for everybody; returns @result, or that somebody did not end by himself. */
static int wait_for_all(int result)
{
	int status;
	pid_t pid;

	/* What ends a wait is the alarm alone; timeout(1) sends SIGTERM twice. */
	signal(SIGTERM, SIG_IGN);
	alarm(PATIENCE_SECONDS);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0) {
			end_descendants(getpid());
			result = SOMEBODY_LIVES;
			alarm(1);
		} else if (WIFSTOPPED(status)) {
			let_go(pid);
		}
	}
	return result;
}

static int came_so_far(long calls)
{
	dprintf(STDERR_FILENO, "killer: %ld calls\n", calls);
	return wait_for_all(TOO_LATE);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
	bool child_wanted = argc > 3 && !strcmp(argv[1], "child"), entry = false, executed = false;
	long wanted = argc > 3 ? atol(argv[2]) : 0, calls = 0;
	pid_t launcher, target;
	int status;

	if (wanted <= 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
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
	interrupted_by(SIGTERM);
	interrupted_by(SIGALRM);
	target = child_wanted ? 0 : launcher;
	ptrace(PTRACE_SYSCALL, launcher, 0, 0);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int number = 0;

		if (pid < 0) {
			if (errno == EINTR)
				kill(launcher, SIGKILL);
			return came_so_far(calls);
		}
		if (!WIFSTOPPED(status)) {
			if (pid == launcher || pid == target)
				return came_so_far(calls);
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
				return wait_for_all(KILLED_THERE);
			}
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP &&
			   !(status >> 16)) {
			number = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, number);
	}
}
