// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/process.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

int process_fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest free number is the one that was found closed. */
		if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			return errno ? -errno : -EBADF;
	}
	return 0;
}

int process_reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < _NSIG; number++)
		/* EINVAL: SIGKILL, SIGSTOP and those of the C library cannot be changed. */
		if (sigaction(number, &action, NULL) < 0 && errno != EINVAL)
			return -errno;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

int process_close_on_exec(const int *keep, size_t count)
{
	if (sys_close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		int flags = fcntl(keep[i], F_GETFD);

		if (flags < 0 || fcntl(keep[i], F_SETFD, flags & ~FD_CLOEXEC) < 0)
			return -errno;
	}
	return 0;
}

void process_close_all_but(const int *keep, size_t count)
{
	/* From one that is kept to the next; in rising order without sorting, as they are few. */
	for (unsigned first = 3;;) {
		unsigned next = UINT_MAX;

		for (size_t i = 0; i < count; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next == UINT_MAX) {
			sys_close_range(first, UINT_MAX, 0);
			return;
		}
		if (next > first)
			sys_close_range(first, next - 1, 0);
		first = next + 1;
	}
}

void process_scrub(const char *name)
{
	/*
	 * The kernel lays out the arguments, the environment and the path of the program, in this
	 * order and without gaps (create_elf_tables() in fs/binfmt_elf.c); the C library knows the
	 * first and the last of them.
	 */
	char *start = program_invocation_name;
	char *path = (char *)getauxval(AT_EXECFN);
	size_t length = strlen(name), room;

	if (path && path > start) {
		room = (size_t)(path - start) + strlen(path);
		memset(start, 0, room);
		if (room > length)
			memcpy(start, name, length);
	}
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

int process_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return -errno;
	return 0;
}

/* The parent of process @name, as @proc says; 0 where it is gone. */
static pid_t parent_of(int proc, const char *name)
{
	char path[32], text[512], *end;
	_cleanup_fd_ int fd = -1;
	ssize_t length;
	int parent = 0;

	snprintf(path, sizeof(path), "%.20s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	/* The name of the program may hold anything, a bracket too. */
	end = strrchr(text, ')');
	if (end && end[1] == ' ' && end[2] && end[3] == ' ')
		parent = atoi(end + 4);
	return parent;
}

void process_kill_children(int proc)
{
	struct entry {
		uint64_t inode, offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	_Alignas(struct entry) char buffer[16384];

	for (;;) {
		pid_t ended;
		_cleanup_fd_ int list = -1;
		long length;

		while ((ended = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			;
		if (ended < 0 && errno == ECHILD)
			return;
		list = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (list < 0)
			return;
		while ((length = syscall(SYS_getdents64, list, buffer, sizeof(buffer))) > 0) {
			for (long at = 0; at < length;) {
				struct entry *entry = (struct entry *)(buffer + at);

				at += entry->length;
				if (entry->name[0] >= '1' && entry->name[0] <= '9' &&
				    parent_of(proc, entry->name) == getpid())
					kill(atoi(entry->name), SIGKILL);
			}
		}
		nanosleep(&(struct timespec){.tv_nsec = 100 * 1000}, NULL);
	}
}

void process_wait_for_stamps(const struct timespec *time)
{
	static const struct timespec moment = {.tv_nsec = 200 * 1000};
	struct timespec now;

	for (;;) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (now.tv_sec > time->tv_sec ||
		    (now.tv_sec == time->tv_sec && now.tv_nsec > time->tv_nsec) ||
		    now.tv_sec < time->tv_sec - 1)
			return;
		nanosleep(&moment, NULL);
	}
}
