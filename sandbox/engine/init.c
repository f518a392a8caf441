// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pid 1. It can't be traced or read from inside (enter.c makes it not dumpable first), the kernel
 * drops signals that it has no handler for when they come from inside, and those that come from
 * outside carry si_pid 0.
 *
 * Without a PID namespace it is no pid 1, but orphans of the sandbox become its children. What the
 * launcher sends carries si_pid 0 then too, since it says so (supervise.c).
 */
#include "engine/init.h"

#include "base/fd.h"
#include "engine/channel.h"
#include "engine/namespaces.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int init_tell(int init, int number, int value)
{
	siginfo_t info = {.si_signo = number, .si_code = SI_QUEUE};

	info.si_value.sival_int = value;
	if (syscall(SYS_pidfd_send_signal, init, number, &info, 0) < 0)
		return -errno;
	return 0;
}

int init_end(int init, bool bare)
{
	if (bare && init_tell(init, SIGTERM, SIGNAL_END) == 0)
		return 0;
	return sys_pidfd_send_signal(init, SIGKILL) < 0 ? -errno : 0;
}

/* Keep only the lines about credentials, so that they fit whatever else the file tells. */
static void read_credentials(int proc, pid_t pid, char *text, size_t size)
{
	static const char *const wanted[] = {
		"Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp"};
	char path[32], status[4096], *line, *rest = status;
	_cleanup_fd_ int fd = -1;
	ssize_t length;
	size_t used = 0;

	snprintf(path, sizeof(path), "%d/status", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, status, sizeof(status) - 1);
	status[length > 0 ? length : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0 &&
			    used + strlen(line) + 2 < size)
				used += (size_t)snprintf(text + used, size - used, "%s\n", line);
}

/* Reap everything that ended; true when the program is among it. */
static bool reap(pid_t program, int channel, int proc)
{
	struct message message = {.kind = MESSAGE_ENDED};
	siginfo_t info;
	pid_t reaped;

	for (;;) {
		info.si_pid = 0;
		/* Looked at first and reaped after: a zombie still tells what confined it. Where
		 * looking is refused, reaping must go on: nobody wakes us for this one again. */
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) < 0)
			info.si_pid = -1;
		if (info.si_pid == 0)
			return false;
		if (info.si_pid == program && info.si_code != CLD_STOPPED && proc >= 0)
			read_credentials(proc, program, message.ending.credentials,
					 sizeof(message.ending.credentials));
		reaped = waitpid(info.si_pid, &message.ending.status, WUNTRACED | WNOHANG);
		if (reaped <= 0 && info.si_pid < 0)
			return false;
		if (reaped != program)
			continue;
		if (WIFSTOPPED(message.ending.status)) {
			message.kind = MESSAGE_STOPPED;
			message.ending.status = WSTOPSIG(message.ending.status);
			channel_send(channel, &message, -1);
			message.kind = MESSAGE_ENDED;
			continue;
		}
		getrusage(RUSAGE_CHILDREN, &message.ending.usage);
		channel_send(channel, &message, -1);
		return true;
	}
}

void init_deliver(pid_t program, int number, bool group)
{
	if (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU)
		number = SIGSTOP; /* its group is orphaned: the kernel would ignore these
				     (setpgid(2)) */
	kill(group ? -program : program, number);
}

noreturn void init_run(pid_t program, int channel, int proc, pid_t launcher)
{
	sigset_t all;
	siginfo_t info;

	sigfillset(&all);
	while (!reap(program, channel, proc)) {
		int number = sigwaitinfo(&all, &info);

		if (launcher &&
		    (getppid() != launcher || (info.si_code == SI_QUEUE && info.si_pid == 0 &&
					       info.si_value.sival_int == SIGNAL_END)))
			break;
		if (number <= 0 || number == SIGCHLD || info.si_pid != 0)
			continue;
		if (info.si_code == SI_QUEUE && info.si_value.sival_int == SIGNAL_NAMESPACES)
			namespaces_send(channel, program);
		else
			init_deliver(program, number,
				     info.si_code == SI_QUEUE &&
					     info.si_value.sival_int == SIGNAL_TO_GROUP);
	}
	if (launcher)
		process_kill_children(proc);
	_exit(0);
}

noreturn void init_linger(pid_t program, int channel)
{
	struct message message = {.kind = MESSAGE_ENDED};
	int status;
	pid_t ended;

	while ((ended = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		if (ended != program)
			continue;
		message.ending.status = status;
		getrusage(RUSAGE_CHILDREN, &message.ending.usage);
		channel_send(channel, &message, -1);
		close(channel);
	}
	if (errno != ECHILD) {
		message.kind = MESSAGE_ERROR;
		error_errno(&message.error, errno, "waiting for the program");
		channel_send(channel, &message, -1);
	}
	_exit(0);
}
