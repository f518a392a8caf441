// SPDX-License-Identifier: GPL-2.0-or-later
#include "maker.h"

#include "confine.h"

#include "base/fd.h"
#include "kernel/rights.h"
#include "kernel/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	int family, type;
};

/* One message, with the descriptor @fd or -1 for none; 0 or -errno. */
static int hand(int socket, const void *data, size_t length, int fd)
{
	return rights_send(socket, data, length, &fd, fd >= 0, 0);
}

/* Such a message of exactly @length bytes; @ret_fd is -1 where none came with it. -EPIPE when the
 * other side is gone, -EBADMSG when the message is another. */
static int take(int socket, void *data, size_t length, int *ret_fd)
{
	int fd;
	ssize_t n = rights_receive(socket, data, length, &fd, 1, 0);

	if (n < 0)
		return (int)n;
	if ((size_t)n != length) {
		fd_close(fd);
		return n ? -EBADMSG : -EPIPE;
	}
	*ret_fd = fd;
	return 0;
}

_Noreturn void maker_serve(int fd)
{
	struct error e = {0};
	struct request request;
	int none = -1;

	/* The name is what `ps` shows; the parent is told by the closed socket. */
	prctl(PR_SET_NAME, "hutch-net-maker", 0, 0, 0);
	/* Nothing of what the helper holds is this one's: the launcher's socket, the namespaces. */
	if (dup2(fd, 0) < 0 || sys_close_range(1, ~0U, 0) < 0 || confine_maker(&e) < 0)
		_exit(1);
	fd = 0;
	while (take(fd, &request, sizeof(request), &none) == 0) {
		int made = socket(request.family, request.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		int code = made < 0 ? errno : 0;

		fd_close(none);
		if (hand(fd, &code, sizeof(code), made) < 0)
			break;
		fd_close(made);
	}
	_exit(0);
}

int maker_socket(int maker, int family, int type)
{
	const struct request request = {.family = family, .type = type};
	int code = 0, fd = -1;
	int r = hand(maker, &request, sizeof(request), -1);

	if (r == 0)
		r = take(maker, &code, sizeof(code), &fd);
	if (r < 0)
		return r;
	/* One that was made and did not arrive: there was no descriptor left for it here. */
	return code ? -code : fd < 0 ? -EMFILE : fd;
}
