// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/probe.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Enough for a machine under load; a probe takes a few milliseconds. */
#define PATIENCE_MS 5000

struct answer {
	int code;
	char step[sizeof(((struct probe *)0)->step)];
};

static int write_file(const char *path, const char *text, const char **step)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

	if (ret < 0)
		*step = path;
	return ret;
}

int probe_map_ids(unsigned uid, unsigned gid, const char **step)
{
	char map[32];
	int ret = write_file("/proc/self/setgroups", "deny", step);

	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (ret == 0)
		ret = write_file("/proc/self/uid_map", map, step);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (ret == 0)
		ret = write_file("/proc/self/gid_map", map, step);
	return ret;
}

void probe_skip(struct probe *ret, const char *reason)
{
	*ret = (struct probe){0};
	snprintf(ret->step, sizeof(ret->step), "%s", reason);
}

/* The child's answer, or what became of it. */
static void collect(struct probe *ret, pid_t child, int pipe)
{
	struct pollfd ready = {.fd = pipe, .events = POLLIN};
	struct answer answer;
	bool late, answered;
	int status = 0;

	while (poll(&ready, 1, PATIENCE_MS) < 0 && errno == EINTR)
		;
	late = ready.revents == 0;
	answered = !late && fd_read_exactly(pipe, &answer, sizeof(answer)) == 0;
	/* Whatever it left running in its process ID namespace goes with it. */
	kill(child, SIGKILL);
	while (waitpid(child, &status, __WALL) < 0 && errno == EINTR)
		;
	ret->tried = true;
	if (answered) {
		ret->code = answer.code;
		memcpy(ret->step, answer.step, sizeof(ret->step));
	} else if (late) {
		ret->code = ETIMEDOUT;
	} else {
		ret->code = ECHILD;
		ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	}
}

/*
 * The kernel counts a namespace for a moment after its last process ended; with a low limit, the
 * one of the probe before may still be in the way.
 */
static pid_t start(struct clone_args *arguments)
{
	for (int i = 0;; i++) {
		pid_t child = (pid_t)syscall(SYS_clone3, arguments, sizeof(*arguments));

		if (child >= 0 || errno != ENOSPC || i == 20)
			return child;
		poll(NULL, 0, 20);
		errno = ENOSPC;
	}
}

void probe_try_in(struct probe *ret, uint64_t namespaces, probe_function *function, void *data)
{
	struct clone_args arguments = {.flags = namespaces, .exit_signal = SIGCHLD};
	unsigned uid = geteuid(), gid = getegid();
	_cleanup_fd_ int readable = -1;
	int ends[2];
	pid_t child;

	*ret = (struct probe){0};
	if (pipe2(ends, O_CLOEXEC) < 0) {
		probe_skip(ret, "no pipe could be made");
		return;
	}
	readable = ends[0];
	/* Without namespaces the C library's fork, since there is nothing to be learnt from ours.
	 */
	child = namespaces ? start(&arguments) : fork();
	if (child == 0) {
		struct answer answer = {0};
		const char *step = "";
		int result = 0;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A filter's verdict must not leave a core file behind. */
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		if (namespaces & CLONE_NEWUSER)
			result = probe_map_ids(uid, gid, &step);
		if (result == 0 && function)
			result = function(data, &step);
		answer.code = -result;
		snprintf(answer.step, sizeof(answer.step), "%s", result ? step : "");
		fd_write_all(ends[1], &answer, sizeof(answer));
		_exit(0);
	}
	close(ends[1]);
	if (child < 0) {
		ret->tried = true;
		ret->code = errno;
		snprintf(ret->step, sizeof(ret->step), "clone3");
		return;
	}
	collect(ret, child, readable);
}

void probe_try(struct probe *ret, probe_function *function, void *data)
{
	probe_try_in(ret, 0, function, data);
}
