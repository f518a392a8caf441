// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inject list FILE COMMAND…           writes "PROCESS ORDINAL CALL" of every system call to FILE
 * inject PROCESS:ORDINAL:ERRNO FILE COMMAND…  lets that one fail, and only that one
 *
 * strace(1) counts the calls of each process on its own and lets the n-th of every process fail, so
 * that the launcher's failure hides the child's. Here processes are numbered as they come into
 * being, and a fault is one call of one process. The program in the sandbox is let go as soon as it
 * is executed. What happened is told in FILE: "reached CALL", "left PROCESS".
 *
 * With FOLLOW in the environment, programs whose names begin with what it says are not let go when they
 * are executed, and calls count in them alone: FOLLOW=hutch for all of hutch's, FOLLOW=hutch-image for that helper.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64, PATIENCE = 2 /* seconds that others may outlive the launcher */ };

struct process {
	pid_t pid;
	int calls;
	bool started, failing, gone, executed, silent;
};

static struct process processes[MOST];
static int count, want_process = -1, want_ordinal, want_errno;
static FILE *told;
static volatile sig_atomic_t late;

static void on_alarm(int number)
{
	late = 1;
}

/* The program that the process became is one to follow. */
static bool followed(pid_t pid)
{
	const char *prefix = getenv("FOLLOW"), *name;
	char path[32], program[4096];
	ssize_t length;

	if (!prefix)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	length = readlink(path, program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	name = strrchr(program, '/');
	return name && strncmp(name + 1, prefix, strlen(prefix)) == 0;
}

static struct process *of(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (processes[i].pid == pid && !processes[i].gone)
			return &processes[i];
	if (count == MOST)
		exit(99);
	processes[count].pid = pid;
	processes[count].silent = getenv("FOLLOW") && !followed(pid);
	return &processes[count++];
}

static const char *name_of(uint64_t number)
{
	static char *name;

	free(name);
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
	return name ? name : "unknown";
}

/* A failure of the first never comes back; the others cannot fail (brk answers the old break). */
static bool spared(uint64_t number)
{
	return number == SYS_exit || number == SYS_exit_group || number == SYS_rt_sigreturn ||
	       number == SYS_restart_syscall || number == SYS_umask || number == SYS_brk ||
	       number == SYS_getpid || number == SYS_getppid || number == SYS_getuid ||
	       number == SYS_getgid || number == SYS_geteuid || number == SYS_getegid;
}

static void poke(pid_t pid, size_t offset, long value)
{
	ptrace(PTRACE_POKEUSER, pid, offset, value);
}

static void at_call(struct process *process)
{
	struct __ptrace_syscall_info info;
	int number = (int)(process - processes);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		if (process->silent)
			return;
		process->calls++;
		if (want_process < 0 && !spared(info.entry.nr))
			fprintf(told, "%d %d %s\n", number, process->calls, name_of(info.entry.nr));
		if (number != want_process || process->calls != want_ordinal ||
		    spared(info.entry.nr))
			return;
		fprintf(told, "reached %s\n", name_of(info.entry.nr));
		poke(process->pid, offsetof(struct user_regs_struct, orig_rax), -1);
		process->failing = true;
	} else if (process->failing) {
		poke(process->pid, offsetof(struct user_regs_struct, rax), -want_errno);
		process->failing = false;
	}
}

static void at_stop(struct process *process, int status)
{
	int event = status >> 16, number = WSTOPSIG(status), pass = 0;

	if (event == PTRACE_EVENT_EXEC) {
		bool first = process == processes && !process->executed;

		/* The launcher's own execution comes first. */
		process->silent = getenv("FOLLOW") && !followed(process->pid);
		if (!first && !followed(process->pid) && !getenv("FOLLOW_ALL")) {
			process->gone = true;
			ptrace(PTRACE_DETACH, process->pid, 0, 0);
			return;
		}
		process->executed = true;
	} else if (number == (SIGTRAP | 0x80)) {
		at_call(process);
	} else if (!event) {
		if (number == SIGSTOP && !process->started)
			process->started = true;
		else
			pass = number;
	}
	ptrace(PTRACE_SYSCALL, process->pid, 0, pass);
}

static void tell_left(int number)
{
	char path[32], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", processes[number].pid);
	file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	fprintf(told, "left %d: %.48s\n", number, name);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	struct sigaction action = {.sa_handler = on_alarm};
	int status, result = 99;
	pid_t pid, launcher;

	if (argc < 4 || !(told = fopen(argv[2], "we")))
		return 99;
	if (strcmp(argv[1], "list") &&
	    sscanf(argv[1], "%d:%d:%d", &want_process, &want_ordinal, &want_errno) != 3)
		return 99;
	sigaction(SIGALRM, &action, NULL);
	launcher = fork();
	if (launcher == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[3], argv + 3);
		_exit(99);
	}
	of(launcher)->started = true;
	if (waitpid(launcher, &status, __WALL) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, launcher, 0, options) < 0)
		return 99;
	ptrace(PTRACE_SYSCALL, launcher, 0, 0);
	while (!late && ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)) {
		struct process *process;

		if (pid <= 0)
			continue;
		process = of(pid);
		if (WIFSTOPPED(status)) {
			at_stop(process, status);
			continue;
		}
		process->gone = true;
		if (pid != launcher)
			continue;
		result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		alarm(PATIENCE);
	}
	for (int i = 0; i < count; i++)
		if (!processes[i].gone)
			tell_left(i);
	fclose(told);
	return result;
}
