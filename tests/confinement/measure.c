// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure PID NAME OTHER: what that process could still do, as one line of tab-separated fields (see expected.tsv).
 *
 * Status and namespaces are read from /proc. The seccomp filters are taken out of the kernel (PTRACE_SECCOMP_GET_FILTER)
 * and asked about calls; files, and signals to the process OTHER, are tried from within: the system calls are made in the
 * process itself, so Landlock, mounts and ids answer as they would to it. Needs root.
 */
#include "kernel/seccomp.h"

#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILTERS = 8 };

static struct sock_filter *filters[FILTERS];
static size_t filter_lengths[FILTERS], filter_count;

/* What is asked, by the name it has in the table. */
static const struct {
	const char *name;
	long number;
	uint64_t arguments[4];
} calls[] = {
	{"execve", SYS_execve, {0}},
	{"fork", SYS_clone, {SIGCHLD}},
	{"namespace", SYS_unshare, {CLONE_NEWUSER}},
	{"setns", SYS_setns, {3}},
	{"mount", SYS_mount, {0}},
	{"inet", SYS_socket, {AF_INET, SOCK_STREAM}},
	{"unix", SYS_socket, {AF_UNIX, SOCK_STREAM}},
	{"open", SYS_openat, {0, 0, O_RDONLY | O_CLOEXEC}},
	{"create", SYS_openat, {0, 0, O_WRONLY | O_CREAT | O_CLOEXEC}},
	{"unlink", SYS_unlinkat, {0}},
	{"kill", SYS_kill, {1, SIGKILL}},
	{"ptrace", SYS_ptrace, {PTRACE_ATTACH, 1}},
	{"code", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE}},
	{"keyring", SYS_keyctl, {0}},
	{"bpf", SYS_bpf, {0}},
	{"perf", SYS_perf_event_open, {0}},
	{"io_uring", SYS_io_uring_setup, {1}},
	{"module", SYS_finit_module, {0}},
};

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void take_filters(pid_t pid)
{
	for (size_t i = 0; i < FILTERS; i++) {
		long length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, NULL);

		if (length < 0 && (errno == ENOENT || errno == EINVAL))
			return;
		if (length < 0)
			die("PTRACE_SECCOMP_GET_FILTER");
		filters[i] = xcalloc((size_t)length, sizeof(struct sock_filter));
		if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, filters[i]) < 0)
			die("PTRACE_SECCOMP_GET_FILTER");
		filter_lengths[i] = (size_t)length;
		filter_count++;
	}
}

static bool let_through(long number, const uint64_t *arguments)
{
	struct seccomp_data data = {.nr = (int)number, .arch = AUDIT_ARCH_X86_64};

	memcpy(data.args, arguments, 4 * sizeof(uint64_t));
	for (size_t i = 0; i < filter_count; i++) {
		uint32_t value;

		if (seccomp_simulate(filters[i], filter_lengths[i], &data, &value, NULL) < 0)
			die("an odd filter");
		if (seccomp_denies(value) ||
		    (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return false;
	}
	return true;
}

/* On until it is right behind the instruction of a system call, which inside() uses: out of a call that it waits in, or that
 * has just ended. Not by PTRACE_SYSCALL, which would stop before a call is made. */
static void stop_in_call(pid_t pid)
{
	struct user_regs_struct registers;
	int status;

	for (int i = 0; i < 1000; i++) {
		long word;

		if (ptrace(PTRACE_GETREGS, pid, 0, &registers) < 0)
			die("PTRACE_GETREGS");
		word = ptrace(PTRACE_PEEKTEXT, pid, registers.rip - 2, 0);
		if ((word & 0xffff) == 0x050f)
			return;
		if (ptrace(PTRACE_CONT, pid, 0, 0) < 0)
			die("stopping in a call");
		usleep(1000);
		if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || waitpid(pid, &status, __WALL) < 0 ||
		    !WIFSTOPPED(status))
			die("stopping in a call");
	}
	die("stopping in a call");
}

/* Make a system call in the stopped process; what it returned. The call it waits in is begun again afterwards. */
static long inside(pid_t pid, long number, long a, long b, long c, long d)
{
	struct user_regs_struct before, now;
	int status;

	if (!let_through(number,
			 (const uint64_t[]){(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d}))
		return -ENOSYS;
	if (ptrace(PTRACE_GETREGS, pid, 0, &before) < 0)
		die("PTRACE_GETREGS");
	now = before;
	now.rax = (unsigned long)number;
	now.orig_rax = (unsigned long)-1;
	now.rdi = (unsigned long)a;
	now.rsi = (unsigned long)b;
	now.rdx = (unsigned long)c;
	now.r10 = (unsigned long)d;
	now.rip -= 2;
	if (ptrace(PTRACE_SETREGS, pid, 0, &now) < 0 || ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_GETREGS, pid, 0, &now) < 0 || ptrace(PTRACE_SETREGS, pid, 0, &before) < 0)
		die("making a call");
	return (long)now.rax;
}

/* Put @text below the process's stack: its address there. */
static long place(pid_t pid, const char *text)
{
	struct user_regs_struct registers;
	unsigned long at;

	if (ptrace(PTRACE_GETREGS, pid, 0, &registers) < 0)
		die("PTRACE_GETREGS");
	at = (registers.rsp - 4096) & ~7UL;
	for (size_t i = 0; i <= strlen(text); i += sizeof(long)) {
		long word = 0;

		memcpy(&word, text + i, strnlen(text + i, sizeof(word)));
		if (ptrace(PTRACE_POKEDATA, pid, at + i, word) < 0)
			die("PTRACE_POKEDATA");
	}
	return (long)at;
}

static const char *opens(pid_t pid, const char *path, int flags)
{
	long fd = inside(pid, SYS_openat, AT_FDCWD, place(pid, path), flags | O_CLOEXEC, 0600);

	if (fd >= 0 && let_through(SYS_close, (const uint64_t[4]){(uint64_t)fd}))
		inside(pid, SYS_close, fd, 0, 0, 0);
	return fd >= 0                                          ? "yes"
	       : fd == -ENOSYS                                  ? "filter"
	       : fd == -EACCES || fd == -EROFS || fd == -ENOENT ? "no"
								: strerror((int)-fd);
}

static void tell_calls(void)
{
	const char *separator = "";

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (let_through(calls[i].number, calls[i].arguments)) {
			printf("%s%s", separator, calls[i].name);
			separator = " ";
		}
	printf("%s\t", *separator ? "" : "-");
}

/* The line of /proc/PID/status that begins with @key. */
static void status_of(pid_t pid, const char *key, char *ret, size_t size)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	snprintf(ret, size, "?");
	while (file && fgets(line, sizeof(line), file)) {
		const char *rest = startswith(line, key);

		if (rest && *rest == ':')
			snprintf(ret, size, "%.*s", (int)strcspn(rest + 2, "\n"), rest + 2);
	}
	if (file)
		fclose(file);
}

static void tell_namespaces(pid_t pid)
{
	static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
	const char *separator = "";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[64];
		struct stat theirs, ours;

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[i]);
		if (stat(path, &theirs) < 0)
			die(path);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		if (stat(path, &ours) == 0 && theirs.st_ino != ours.st_ino) {
			printf("%s%s", separator, kinds[i]);
			separator = " ";
		}
	}
	printf("%s\t", *separator ? "" : "-");
}

/* The kinds of what is open, each once. */
static void tell_descriptors(pid_t pid)
{
	static const char *const kinds[] = {"directory", "file",    "device",    "terminal",
					    "pipe",      "socket",  "namespace", "eventpoll",
					    "signalfd",  "inotify", "eventfd",   "other"};
	bool found[sizeof(kinds) / sizeof(kinds[0])] = {false};
	const char *separator = "";
	char path[64], link[512];
	struct dirent *entry;
	DIR *list;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		struct stat status;
		ssize_t length;
		size_t kind = 11;

		if (entry->d_name[0] == '.')
			continue;
		length = readlinkat(dirfd(list), entry->d_name, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		if (fstatat(dirfd(list), entry->d_name, &status, 0) < 0)
			continue;
		if (startswith(link, "anon_inode:")) {
			for (size_t i = 7; i < 11; i++)
				if (strstr(link, kinds[i]))
					kind = i;
			if (strstr(link, "pidfd"))
				continue; /* in kernels before 6.9; later a file of its own kind */
		} else if (startswith(link, "pidfd:")) {
			continue;
		} else if (startswith(link, "/dev/pts/") || startswith(link, "/dev/ptmx")) {
			kind = 3;
		} else if (strstr(link, ":[") && S_ISREG(status.st_mode)) {
			kind = 6;
		} else {
			kind = S_ISDIR(status.st_mode)    ? 0
			       : S_ISREG(status.st_mode)  ? 1
			       : S_ISCHR(status.st_mode)  ? 2
			       : S_ISFIFO(status.st_mode) ? 4
			       : S_ISSOCK(status.st_mode) ? 5
							  : 11;
		}
		found[kind] = true;
	}
	if (list)
		closedir(list);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (found[i]) {
			printf("%s%s", separator, kinds[i]);
			separator = " ";
		}
	printf("%s\n", *separator ? "" : "-");
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 4 ? atoi(argv[1]) : 0;
	char text[256];
	long r;
	int status;

	if (pid <= 0)
		return 99;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, __WALL) < 0)
		die("stopping it");
	take_filters(pid);
	stop_in_call(pid);
	printf("%s\t", argv[2]);
	status_of(pid, "CapPrm", text, sizeof(text));
	printf("%s\t", strspn(text, "0") == strlen(text) ? "-" : text);
	status_of(pid, "NoNewPrivs", text, sizeof(text));
	printf("%s\t%zu\t", text, filter_count);
	tell_namespaces(pid);
	tell_calls();
	printf("%s\t", opens(pid, "/etc/passwd", O_RDONLY));
	printf("%s\t", opens(pid, "/tmp/hutch-confinement", O_WRONLY | O_CREAT));
	r = inside(pid, SYS_kill, atoi(argv[3]), 0, 0, 0);
	printf("%s\t", r == 0 ? "yes" : r == -ENOSYS ? "filter" : "no");
	tell_descriptors(pid);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return 0;
}
