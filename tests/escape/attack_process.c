// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on processes: the host's, pid 1 of the sandbox (whoever owns it forges the exit status),
 * the launcher's file, and descriptors that the caller had open.
 */
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Whether the processes here are those of the host: then whatever is sent to all of them must not
 * be */
static bool host_pids(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0)
		return true;
	return st.st_ino == (unsigned long)canary_number("pidns");
}

static int e29_kill_all(void)
{
	if (host_pids()) {
		remark("the pid namespace is the host's: not tried");
		return 0;
	}
	if (kill(-1, SIGKILL) < 0)
		return errno;
	return NO_EFFECT;
}

/* A process group may reach over pid namespaces; the canary counts. The signal is one that nobody
 * dies of */
static int e29_kill_group(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGURG, &ignore, NULL);
	return kill(0, SIGURG) < 0 ? errno : NO_EFFECT;
}

static int e30_ptrace_attach(void)
{
	return refusal(ptrace(PTRACE_ATTACH, 1, NULL, NULL));
}

static int e30_ptrace_seize(void)
{
	return refusal(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static int e30_vm_access(void)
{
	char buf[16] = "";
	struct iovec local = {buf, sizeof(buf)}, remote = {(void *)0x400000, sizeof(buf)};
	struct tally t = {0};

	tally_add(&t, refusal(process_vm_readv(1, &local, 1, &remote, 1, 0)), "process_vm_readv");
	tally_add(&t, refusal(process_vm_writev(1, &local, 1, &remote, 1, 0)), "process_vm_writev");
	/* No such memory: but the right to look was there */
	return tally_result(&t, 0) == EFAULT ? 0 : tally_result(&t, 0);
}

static int e30_pidfd_getfd(void)
{
	struct tally t = {0};
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	if (pidfd < 0)
		return errno;
	for (int fd = 0; fd < 32; fd++) {
		int got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

		/* Not there, but it would have been given */
		if (got < 0 && errno == EBADF)
			got = 0;
		tally_add(&t, refusal(got), "pidfd_getfd");
	}
	return tally_result(&t, 0);
}

static int e30_init_memory(void)
{
	static const char *const files[] = {"/proc/1/mem",   "/proc/1/maps", "/proc/1/syscall",
					    "/proc/1/stack", "/proc/1/auxv", "/proc/1/pagemap",
					    "/proc/1/smaps", "/proc/1/io",   "/proc/1/timers"};
	struct tally t = {0};
	int fd = open("/proc/1/mem", O_RDWR | O_CLOEXEC);

	tally_add(&t, refusal(fd), "/proc/1/mem for writing");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		fd = open(files[i], O_RDONLY | O_CLOEXEC);
		/* For some files it is the read that is refused */
		if (fd >= 0 && read(fd, &(char){0}, 1) < 0)
			fd = -1;
		tally_add(&t, refusal(fd), files[i]);
	}
	return tally_result(&t, 0);
}

/* pid 1 forks from the launcher: what it was started with may be the user's secrets */
static int e31_init_environ(void)
{
	int holds = file_holds("/proc/1/environ", canary("token"));

	return holds < 0 ? errno : holds ? 0 : NO_EFFECT;
}

static int e31_init_cmdline(void)
{
	struct tally t = {0};
	static const char *const words[] = {"token", "secret", "home", "project"};

	for (size_t i = 0; i < 4; i++) {
		int holds = file_holds("/proc/1/cmdline", canary(words[i]));

		tally_add(&t, holds < 0 ? errno : holds ? 0 : NO_EFFECT, words[i]);
	}
	return tally_result(&t, 0);
}

static int e31_init_links(void)
{
	static const char *const links[] = {"/proc/1/cwd",  "/proc/1/root",   "/proc/1/exe",
					    "/proc/1/fd/0", "/proc/1/ns/mnt", "/proc/1/ns/user"};
	struct tally t = {0};
	char target[4096];

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		tally_add(&t, refusal(readlink(links[i], target, sizeof(target))), links[i]);
	return tally_result(&t, 0);
}

static int e31_own_environ(void)
{
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "ATTACK=", 7) && strstr(*e, canary("token")))
			return 0;
	return ENOENT;
}

/* CVE-2019-5736: a handle on the launcher's file, written to when nobody runs it any more */
static int e32_exe_overwrite(void)
{
	struct tally t = {0};
	char path[64];
	struct dirent *d;
	DIR *dir = opendir("/proc");
	struct stat self, st;

	if (!dir)
		return errno;
	if (stat("/proc/self/exe", &self) < 0)
		impossible("/proc/self/exe: %m");
	while ((d = readdir(dir))) {
		int fd;

		if (d->d_name[0] < '0' || d->d_name[0] > '9' || atoi(d->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/exe", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == self.st_ino)
			continue;
		tally_add(&t, refusal(fd), path);
	}
	closedir(dir);
	return tally_result(&t, ENOENT);
}

static int e36_descriptors(void)
{
	char path[64], target[256];
	bool found = false;
	struct rlimit limit;
	ssize_t n;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 3; fd < (limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536); fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		found = true;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target));
		remark("%d is open: %.*s", fd, (int)(n < 0 ? 0 : n), target);
	}
	return found ? 0 : EBADF;
}

/* Their numbers may be seen by the user that pid 1 belongs to, when that is root; what they are may
 * not */
static int e36_init_descriptors(void)
{
	char path[300], target[256];
	struct tally t = {0};
	struct dirent *d;
	DIR *dir = opendir("/proc/1/fd");

	if (!dir)
		return errno;
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/1/fd/%s", d->d_name);
		tally_add(&t, refusal(readlink(path, target, sizeof(target))), path);
		tally_add(&t, refusal(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)), path);
	}
	closedir(dir);
	return tally_result(&t, 0);
}

/* A directory among 0-2 would be a way out by openat */
static int e36_standard_directory(void)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return 0;
	return ENOTDIR;
}

/* Started with 0-2 closed: the numbers must not have been taken by something of the launcher's */
static int e44_closed(void)
{
	char path[64], target[256];
	bool closed = true;
	ssize_t n;

	for (int fd = 0; fd < 3; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		closed = false;
		target[n] = 0;
		if (strcmp(target, "/dev/null") && strcmp(target, canary("stream")))
			return 0;
	}
	return closed ? EBADF : NO_EFFECT;
}

static int e39_kill_init(void)
{
	struct tally t = {0};

	if (host_pids()) {
		remark("the pid namespace is the host's: not tried");
		return 0;
	}
	for (int sig = 1; sig < 32; sig++) {
		/* These are what pid 1 forwards or waits for; they may end it only as the caller's
		 * would */
		if (sig == SIGCHLD)
			continue;
		tally_add(&t, kill(1, sig) < 0 ? errno : NO_EFFECT, strsignal(sig));
	}
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	return tally_result(&t, 0);
}

/* What pid 1 takes for the launcher's: a queued signal of nobody in sight, with the orders there are
 * (engine/init.h): to the program, to its group, end everything, hand the namespaces out. Where it
 * is let through it must come to nothing outside; the canaries and the exit status tell. */
static int e39_order_init(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct tally t = {0};

	for (int order = 0; order < 8; order++) {
		/* Of one number, only one would wait */
		int number = SIGRTMIN + order;
		siginfo_t info = {.si_signo = number, .si_code = SI_QUEUE};

		info.si_value.sival_int = order;
		sigaction(number, &ignore, NULL);
		tally_add(&t, refusal(syscall(SYS_rt_sigqueueinfo, 1, number, &info)), "order");
	}
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	return t.worked ? NO_EFFECT : tally_result(&t, 0);
}

static int e42_kill_host(void)
{
	return refusal(kill((pid_t)canary_number("pid"), SIGTERM));
}

static int e42_trace_host(void)
{
	return refusal(ptrace(PTRACE_SEIZE, (pid_t)canary_number("pid"), NULL, NULL));
}

static int e42_write_host(void)
{
	long poison = 1;
	struct iovec local = {&poison, sizeof(poison)},
		     remote = {(void *)canary_number("cell"), sizeof(poison)};

	return refusal(process_vm_writev((pid_t)canary_number("pid"), &local, 1, &remote, 1, 0));
}

static int e42_host_priority(void)
{
	struct tally t = {0};
	pid_t pid = (pid_t)canary_number("pid");

	tally_add(&t, refusal(setpriority(PRIO_PROCESS, (id_t)pid, 19)), "setpriority");
	tally_add(&t, refusal(prlimit(pid, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL)), "prlimit");
	return tally_result(&t, 0);
}

/* The parent of pid 1, and with it the launcher, is nobody here: no signal to be had when it dies,
 * no name */
static int e42_parent(void)
{
	char line[256];
	FILE *f = fopen("/proc/1/status", "re");
	int ppid = -1;

	if (!f)
		return errno;
	while (fgets(line, sizeof(line), f))
		sscanf(line, "PPid: %d", &ppid);
	fclose(f);
	return ppid > 0 ? 0 : ESRCH;
}

const struct attempt attempts_process[] = {
	{"e29-kill-all", e29_kill_all, "pidns", "kill everything", HARMLESS | ONLY_INSIDE},
	{"e29-kill-group", e29_kill_group, "", "signal one's process group, with the host's in it",
	 HARMLESS},
	{"e30-ptrace-attach", e30_ptrace_attach, "pidns", "trace pid 1", HARMLESS | ONLY_INSIDE},
	{"e30-ptrace-seize", e30_ptrace_seize, "pidns", "trace pid 1 quietly",
	 HARMLESS | ONLY_INSIDE},
	{"e30-vm-access", e30_vm_access, "", "read and write the memory of pid 1", HARMLESS},
	{"e30-pidfd-getfd", e30_pidfd_getfd, "", "take descriptors of pid 1", HARMLESS},
	{"e30-init-memory", e30_init_memory, "", "open the memory of pid 1", HARMLESS},
	{"e31-init-environ", e31_init_environ, "",
	 "read the caller's secret from pid 1's environment", HARMLESS},
	{"e31-init-cmdline", e31_init_cmdline, "", "read host paths from pid 1's command line",
	 HARMLESS},
	{"e31-init-links", e31_init_links, "", "follow pid 1's links in /proc", HARMLESS},
	{"e31-own-environ", e31_own_environ, "",
	 "find the caller's secret in one's own environment", HARMLESS},
	{"e32-exe-overwrite", e32_exe_overwrite, "", "get a handle on the launcher's file",
	 HARMLESS},
	{"e36-descriptors", e36_descriptors, "", "find descriptors of the caller", HARMLESS},
	{"e36-init-descriptors", e36_init_descriptors, "", "list the descriptors of pid 1",
	 HARMLESS},
	{"e36-standard-directory", e36_standard_directory, "", "find a directory among 0-2",
	 HARMLESS},
	{"e44-closed", e44_closed, "bats", "find the launcher's things at 0-2"},
	{"e39-kill-init", e39_kill_init, "pidns", "kill pid 1", HARMLESS | ONLY_INSIDE},
	{"e39-order-init", e39_order_init, "pidns", "give pid 1 orders as the launcher does",
	 HARMLESS | ONLY_INSIDE},
	{"e42-kill-host", e42_kill_host, "", "kill a process of the host", HARMLESS},
	{"e42-trace-host", e42_trace_host, "", "trace a process of the host", HARMLESS},
	{"e42-write-host", e42_write_host, "", "write to the memory of a process of the host",
	 HARMLESS},
	{"e42-host-priority", e42_host_priority, "", "slow a process of the host down", HARMLESS},
	{"e42-parent", e42_parent, "", "learn the launcher's number", HARMLESS},
	{0},
};
