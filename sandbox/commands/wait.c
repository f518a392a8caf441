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

struct waiting {
	const char *name;
	struct registry_peer peer; /* none: it has ended, with .status */
	int status;
};

/* A detached one leaves word of how it ended. */
static int has_ended(struct waiting *waiting, int r)
{
	return r == -ENOENT && detached_status(waiting->name, &waiting->status) == 0 ? 0 : r;
}

static int begin(struct waiting *waiting, struct error *e)
{
	struct control_request request = {.kind = CONTROL_WAIT};
	int r = instance_connect(waiting->name, &waiting->peer, e);

	if (r == 0)
		r = control_ask_begin(&waiting->peer, waiting->name, &request, e);
	if (r < 0)
		registry_peer_close(&waiting->peer);
	return has_ended(waiting, r);
}

static int end(struct waiting *waiting, struct error *e)
{
	struct control_answer answer;
	int r;

	if (waiting->peer.fd < 0)
		return 0;
	r = control_ask_end(&waiting->peer, waiting->name, -1, &answer, NULL, e);
	if (r == 0)
		waiting->status = answer.exit_status;
	return has_ended(waiting, r);
}

/* All are asked before the first one is waited for: it may be the last to end. */
static int wait_for(const struct strv *names, int *ret_status, struct error *e)
{
	struct waiting *all = xcalloc(names->count, sizeof(*all));
	int r = 0;

	for (size_t i = 0; i < names->count; i++)
		all[i] = (struct waiting){.name = names->items[i], .peer = REGISTRY_PEER_NONE};
	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = begin(&all[i], e);
	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = end(&all[i], e);
	if (r == 0)
		*ret_status = all[names->count - 1].status;
	for (size_t i = 0; i < names->count; i++)
		registry_peer_close(&all[i].peer);
	free(all);
	return r;
}

int command_wait(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_WAIT, 1, &request, &line, &status, &e);
	if (r == 0 && request.arguments.count)
		r = wait_for(&request.arguments, &status, &e);
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
