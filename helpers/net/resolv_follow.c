// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Following resolv.conf.
 *
 * Its writers replace the file, or the file that it is a link to, so an open descriptor goes stale
 * and a Landlock rule with it; and a rule for the directories (/etc, /run) would be too much for a
 * process that reads packets. So a child stays behind that reads nothing else and is told nothing but
 * "again". Nobody waits for it: it begins when it is told so for the first time. It holds no
 * descriptor but its own three, and reads below the directories where resolv.conf and what writes it
 * are, nowhere else. Where the kernel gives no inotify(7), the file is read again when no server
 * answers.
 */
#include "confine.h"
#include "resolv_conf.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The longest file that is read. */
#define FILE_LIMIT 8192

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR)

struct follower {
	const char *path;
	int socket, inotify;
	struct name_servers known;
};

void resolv_conf_read(const char *path, struct name_servers *ret)
{
	char text[FILE_LIMIT + 1];
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? 0 : read(fd, text, FILE_LIMIT);

	text[length < 0 ? 0 : length] = '\0';
	resolv_conf_parse(text, ret);
}

/* Watch the directory that @path stands in; one that is watched already stays so. */
static void watch_directory(int inotify, const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) < sizeof(copy)) {
		memcpy(copy, path, strlen(path) + 1);
		inotify_add_watch(inotify, dirname(copy), CHANGES);
	}
}

/* Watch the link and what it leads to now. */
static void watch_path(const struct follower *follower)
{
	char *real = realpath(follower->path, NULL);

	watch_directory(follower->inotify, follower->path);
	if (real) {
		watch_directory(follower->inotify, real);
		/* It may be written under another name, as where it is a bind mount. */
		inotify_add_watch(follower->inotify, real, IN_CLOSE_WRITE);
	}
	free(real);
}

static bool same_servers(const struct name_servers *a, const struct name_servers *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!address_equal(&a->items[i].address, &b->items[i].address) ||
		    a->items[i].port != b->items[i].port || a->items[i].scope != b->items[i].scope)
			return false;
	return true;
}

/* Tell of a change, or whatever there is where it was @asked for; false when nobody listens. */
static bool read_again(struct follower *follower, bool asked)
{
	struct name_servers now;

	watch_path(follower);
	resolv_conf_read(follower->path, &now);
	if (!asked && same_servers(&now, &follower->known))
		return true;
	follower->known = now;
	return send(follower->socket, &now, sizeof(now), MSG_NOSIGNAL) > 0;
}

static void follow(struct follower *follower)
{
	struct pollfd polled[2];
	char events[4096] __attribute__((aligned(8)));

	if (!read_again(follower, true))
		return;
	for (;;) {
		char byte;

		polled[0] = (struct pollfd){.fd = follower->socket, .events = POLLIN};
		polled[1] = (struct pollfd){.fd = follower->inotify, .events = POLLIN};
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return;
		if (polled[0].revents && recv(follower->socket, &byte, 1, 0) <= 0)
			return;
		if (polled[1].revents && read(follower->inotify, events, sizeof(events)) < 0 &&
		    errno != EINTR && errno != EAGAIN)
			return;
		if (!read_again(follower, polled[0].revents != 0))
			return;
	}
}

/* Where @path is now, and where the usual writers of resolv.conf put what it may lead to later. */
static int confine_to(const char *path)
{
	_cleanup_free_ char *own = xstrdup(path), *real = realpath(path, NULL);
	const char *directories[] = {dirname(own), "/run", real ? dirname(real) : NULL, NULL};
	struct error e = {0};

	return confine_follower(directories, &e);
}

/* Close all descriptors but @fd. */
static bool close_others(unsigned int fd)
{
	return (!fd || close_range(0, fd - 1, 0) == 0) && close_range(fd + 1, ~0U, 0) == 0;
}

int resolv_conf_follow(const char *path, int *ret_fd, struct error *e)
{
	int pair[2];
	pid_t parent = getpid(), child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	child = fork();
	if (child < 0) {
		int r = -errno;

		close(pair[0]);
		close(pair[1]);
		return error_errno(e, -r, "fork");
	}
	if (child == 0) {
		struct follower follower = {.path = path, .socket = pair[1]};
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "hutch-net-conf");
		/* That the parent is gone is told by its end of the socket as well, so this holds no
		 * copy of that: a parent confined by Landlock's scope for signals sends none. Then:
		 * whoever waits for the helper to be ready has no need of this one. */
		if (getppid() != parent || !close_others((unsigned int)pair[1]) ||
		    recv(pair[1], &byte, 1, 0) != 1)
			_exit(0);
		follower.inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (confine_to(path) < 0)
			_exit(1);
		follow(&follower);
		_exit(0);
	}
	close(pair[1]);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*ret_fd = pair[0];
	return 0;
}
