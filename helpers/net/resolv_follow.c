// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Following resolv.conf.
 *
 * Its writers replace the file, or the file that it is a link to, so an open descriptor goes stale
 * and a Landlock rule with it; and a rule for the directories (/etc, /run) would be too much for a
 * process that reads packets. So a child stays behind that reads nothing else and is told nothing but
 * "again". It holds no descriptor but its own three. Where the kernel gives no inotify(7), the file
 * is read again when no server answers.
 */
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

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR)

struct follower {
	const char *path;
	int socket, inotify;
	char last[RESOLV_CONF_LIMIT];
	size_t last_length;
	bool sent;
};

/* Watch the directory that @path stands in; one that is watched already stays so. */
static void watch_directory(int inotify, const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) < sizeof(copy)) {
		memcpy(copy, path, strlen(path) + 1);
		inotify_add_watch(inotify, dirname(copy), CHANGES);
	}
}

static bool read_again(struct follower *follower, bool always)
{
	char text[RESOLV_CONF_LIMIT], *real = realpath(follower->path, NULL);
	_cleanup_fd_ int fd = -1;
	ssize_t length = 0;

	if (real) {
		watch_directory(follower->inotify, real);
		fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		free(real);
	}
	if (fd >= 0)
		length = read(fd, text, sizeof(text));
	if (length < 0)
		length = 0;
	/* In the middle of being replaced: what was known is better than nothing. */
	if (!length && follower->sent && !always)
		return true;
	if (follower->sent && !always && (size_t)length == follower->last_length &&
	    memcmp(text, follower->last, follower->last_length) == 0)
		return true;
	memcpy(follower->last, text, (size_t)length);
	follower->last_length = (size_t)length;
	follower->sent = true;
	/* A message of no bytes would be the end. */
	return send(follower->socket, length ? text : "\n", length ? (size_t)length : 1,
		    MSG_NOSIGNAL) > 0;
}

static void follow(struct follower *follower)
{
	struct pollfd polled[2];
	char events[4096] __attribute__((aligned(8)));

	watch_directory(follower->inotify, follower->path);
	if (!read_again(follower, false))
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

/* Close all but the two descriptors. */
static void close_others(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b), high = (unsigned int)(a < b ? b : a);

	if (low)
		close_range(0, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
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

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "hutch-net-conf");
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (getppid() != parent)
			_exit(0);
		follower.inotify = inotify_init1(IN_NONBLOCK);
		close_others(pair[1], follower.inotify < 0 ? pair[1] : follower.inotify);
		follow(&follower);
		_exit(0);
	}
	close(pair[1]);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*ret_fd = pair[0];
	return 0;
}
