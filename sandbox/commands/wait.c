// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch wait NAME: until it ends, with its exit status; and hutch logs NAME: what a detached one
 * wrote.
 */
#include "commands/detach.h"
#include "commands/instance.h"

#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int wait_for(const char *name, int *ret_status, struct error *e)
{
	struct control_answer answer;
	int r = instance_ask(name, CONTROL_WAIT, (struct control_request){0}, -1, &answer, NULL, e);

	if (r == 0)
		*ret_status = answer.exit_status;
	/* A detached one leaves word of how it ended. */
	if (r == -ENOENT && detached_status(name, ret_status) == 0)
		r = 0;
	return r;
}

int command_wait(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_WAIT, 1, &request, &line, &status, &e);
	for (size_t i = 0; r == 0 && i < request.arguments.count; i++)
		r = wait_for(request.arguments.items[i], &status, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}

/* Copy what there is from where @fd stands. */
static int copy(int fd, struct error *e)
{
	char buffer[16384];
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		if (fwrite(buffer, 1, (size_t)got, stdout) != (size_t)got)
			return error_errno(e, errno, "standard output");
	if (got < 0)
		return error_errno(e, errno, "reading the log");
	return fflush(stdout) != 0 ? error_errno(e, errno, "standard output") : 0;
}

static bool is_running(const char *name)
{
	struct registry_peer peer = REGISTRY_PEER_NONE;
	bool running = instance_connect(name, &peer, NULL) == 0;

	registry_peer_close(&peer);
	return running;
}

static bool same(int fd, const char *path)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && stat(path, &named) == 0 && open.st_ino == named.st_ino;
}

static int print_log(const char *name, bool follow, struct error *e)
{
	_cleanup_free_ char *directory = detached_directory(name), *path = NULL, *older = NULL;
	_cleanup_fd_ int before = -1, fd = -1;
	int r = 0;

	if (directory && registry_valid_name(name)) {
		path = xasprintf("%s/log", directory);
		older = xasprintf("%s/log.1", directory);
		before = open(older, O_RDONLY | O_CLOEXEC);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 && before < 0) {
		error_set(e, ENOENT, "%.100s: no log is kept of it", name);
		return error_remedy(e, "one is kept of those that `hutch run --detach` starts");
	}
	if (before >= 0)
		r = copy(before, e);
	for (bool running = follow;;) {
		bool last = !running;

		if (r == 0 && fd >= 0)
			r = copy(fd, e);
		if (r < 0 || last)
			return r;
		/* A new file: the rest of the old one was read, or is before it. */
		if (fd < 0 || !same(fd, path)) {
			fd_close(fd);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			continue;
		}
		nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
		/* What it wrote last is there once it is gone; then once more. */
		running = is_running(name);
	}
}

int command_logs(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_LOGS, 1, &request, &line, &status, &e);
	if (r == 0 && request.arguments.count > 1)
		r = error_set(&e, EINVAL, "logs: one name only");
	if (r == 0)
		r = print_log(request.arguments.items[0], line.follow, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
