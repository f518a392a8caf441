// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells what confines it, one fact a line, so that two runs can be compared; and leaves a mark in
 * the working directory. Usage: payload NAMESPACE=LINK… (the host's, for comparison)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell_lines(const char *path, const char *what, const char *const *wanted)
{
	char line[4096];
	FILE *file = fopen(path, "re");

	if (!file)
		printf("%s: %s\n", what, strerror(errno));
	while (file && fgets(line, sizeof(line), file)) {
		bool tell = !wanted;

		for (const char *const *w = wanted; w && *w; w++)
			tell |= strncmp(line, *w, strlen(*w)) == 0;
		if (tell)
			printf("%s: %s%s", what, line, strchr(line, '\n') ? "" : "\n");
	}
	if (file)
		fclose(file);
}

/* Without the numbers that differ from run to run. */
static void tell_mounts(void)
{
	char line[4096], parts[2][2048];
	FILE *file = fopen("/proc/self/mountinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d %*d %*s %2047[^\n]", parts[0]) == 1)
			printf("mount: %s\n", parts[0]);
	if (file)
		fclose(file);
}

static void tell_namespaces(char **host)
{
	for (; *host; host++) {
		char path[64], link[64];
		char *equals = strchr(*host, '=');
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)(equals - *host), *host);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		printf("namespace: %.*s %s\n", (int)(equals - *host), *host,
		       n <= 0                     ? "unknown"
		       : strcmp(link, equals + 1) ? "own"
						  : "HOST");
	}
}

static void tell(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "works");
}

int main(int argc, char **argv, char **environment)
{
	static const char *const wanted[] = {"Umask",   "Uid",         "Gid",     "Groups",
					     "Cap",     "NoNewPrivs",  "Seccomp", "SigBlk",
					     "SigIgn",  "SigCgt",      "SigPnd",  "ShdPnd",
					     "Threads", "CoreDumping", NULL};
	struct ifreq interface = {.ifr_name = "lo"};
	struct rlimit limit;
	struct stat status;
	char text[512];
	int fd;

	printf("begin\n");
	tell_lines("/proc/self/status", "status", wanted);
	tell_lines("/proc/self/uid_map", "uid map", NULL);
	tell_lines("/proc/self/gid_map", "gid map", NULL);
	tell_lines("/proc/self/setgroups", "setgroups", NULL);
	tell_mounts();
	tell_namespaces(argv + 1);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			printf("limit: %d %lx %lx\n", i, limit.rlim_cur, limit.rlim_max);
	for (int i = 0; i < 256; i++)
		if (fstat(i, &status) == 0)
			printf("descriptor: %d %o%s\n", i, status.st_mode & S_IFMT,
			       isatty(i) ? " terminal" : "");
	for (char **e = environment; *e; e++)
		printf("environment: %s\n", *e);
	printf("directory: %s\n", getcwd(text, sizeof(text)));
	gethostname(text, sizeof(text));
	printf("host name: %s\n", text);
	printf("session %d, group %d, parent %d\n", getsid(0), getpgrp() == getpid(), getppid());
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	interface.ifr_flags = 0;
	printf("loopback: %d\n",
	       ioctl(fd, SIOCGIFFLAGS, &interface) == 0 && (interface.ifr_flags & IFF_UP));
	close(fd);
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	tell("terminal", fd);
	/* Landlock's scope: pid 1 has the same user, and is not in it. */
	tell("signal pid 1", kill(1, 0));
	tell("environment of pid 1", open("/proc/1/environ", O_RDONLY | O_CLOEXEC));
	tell("session keyring", syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0));
	tell("new user namespace", unshare(CLONE_NEWUSER));
	tell("typing", ioctl(0, TIOCSTI, ""));
	tell("write to the root", mkdir("/made", 0700));
	tell("write to /usr", open("/usr/made", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	tell("hidden", open("secret/key", O_RDONLY | O_CLOEXEC));
	tell("guarded", open(".envrc", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	tell("mark", open("mark", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	printf("end\n");
	return 42;
}
