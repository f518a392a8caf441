// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ranges of subordinate ids: who may have them (subuid(5)), the programs that map them
 * (newuidmap(1)), and whether that works for a user namespace of ours.
 */
#include "kernel/features.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Never by $PATH: these run with privileges. */
static const char *const directories[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin",
					  "/usr/local/bin"};

static void find_helper(const char *name, char *ret_path, size_t size, bool *ret_privileged)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		struct stat st;

		snprintf(ret_path, size, "%s/%s", directories[i], name);
		if (stat(ret_path, &st) == 0 && S_ISREG(st.st_mode)) {
			*ret_privileged = (st.st_uid == 0 && (st.st_mode & S_ISUID)) ||
					  getxattr(ret_path, "security.capability", NULL, 0) > 0;
			return;
		}
	}
	ret_path[0] = '\0';
}

/* "user or id:first:count", the first line that is the caller's. */
static void find_range(const char *path, const struct features *f, unsigned long long *ret_first,
		       unsigned long long *ret_count)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, id[16];
	size_t size = 0;

	if (!file)
		return;
	snprintf(id, sizeof(id), "%u", f->uid);
	while (getline(&line, &size, file) > 0) {
		unsigned long long first, count;
		char *rest = strchr(line, ':');

		if (!rest)
			continue;
		*rest++ = '\0';
		if (strcmp(line, id) != 0 && (!f->user_name[0] || strcmp(line, f->user_name) != 0))
			continue;
		if (sscanf(rest, "%llu:%llu", &first, &count) == 2 && count) {
			*ret_first = first;
			*ret_count = count;
			break;
		}
	}
	free(line);
	fclose(file);
}

/* Run a helper for the process @pid; 0, or -errno. Its own words go nowhere. */
static int run_helper(const char *program, pid_t pid, unsigned own, unsigned long long first,
		      unsigned long long count)
{
	char text[4][24];
	char *argv[] = {(char *)program, text[0], (char *)"0", text[1], (char *)"1",
			(char *)"1",     text[2], text[3],     NULL};
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int status, code;
	pid_t helper;

	snprintf(text[0], sizeof(text[0]), "%d", pid);
	snprintf(text[1], sizeof(text[1]), "%u", own);
	snprintf(text[2], sizeof(text[2]), "%llu", first);
	snprintf(text[3], sizeof(text[3]), "%llu", count);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	code = posix_spawn(&helper, program, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (code)
		return -code;
	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

/* As many ids as a sandbox takes: 1 to 65535. */
static unsigned long long as_many(unsigned long long count)
{
	return count < 65535 ? count : 65535;
}

/* Runs in a child of its own, so that a helper that hangs is given up with it. */
static int try_range(void *data, const char **step)
{
	const struct features *f = data;
	struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	char path[40], map[128];
	pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	ssize_t got = 0;
	int ret, fd;

	if (child < 0) {
		*step = "clone3";
		return -errno;
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	*step = "newuidmap refused the range";
	ret = run_helper(f->newuidmap, child, f->uid, f->sub_uid, as_many(f->sub_uid_count));
	if (ret == 0) {
		*step = "newgidmap refused the range";
		ret = run_helper(f->newgidmap, child, f->gid, f->sub_gid,
				 as_many(f->sub_gid_count));
	}
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	if (ret == 0) {
		/* Read back: the program said so; what does the kernel say? */
		*step = "the map of the new namespace";
		fd = open(path, O_RDONLY | O_CLOEXEC);
		got = fd < 0 ? -1 : read(fd, map, sizeof(map) - 1);
		fd_close(fd);
		map[got > 0 ? got : 0] = '\0';
		if (got <= 0 || !strchr(map, '\n') || !strchr(strchr(map, '\n') + 1, '\n'))
			ret = -ENODATA;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return ret;
}

void features_probe_ids(struct features *f)
{
	find_helper("newuidmap", f->newuidmap, sizeof(f->newuidmap), &f->newuidmap_privileged);
	find_helper("newgidmap", f->newgidmap, sizeof(f->newgidmap), &f->newgidmap_privileged);
	find_range("/etc/subuid", f, &f->sub_uid, &f->sub_uid_count);
	find_range("/etc/subgid", f, &f->sub_gid, &f->sub_gid_count);

	if (!probe_works(&f->user))
		probe_skip(&f->range, "needs a user namespace");
	else if (!f->newuidmap[0] || !f->newgidmap[0])
		probe_skip(&f->range, "newuidmap and newgidmap are not installed");
	else if (!f->sub_uid_count || !f->sub_gid_count)
		probe_skip(&f->range, "no subordinate ids");
	else
		probe_try(&f->range, try_range, f);
}
