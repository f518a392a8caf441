// SPDX-License-Identifier: GPL-2.0-or-later
#include "maker.h"

#include "confine.h"
#include "handover.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	int family, type;
};

_Noreturn void maker_serve(int fd)
{
	struct error e = {0};
	struct request request;
	int none;

	/* The name is what `ps` shows; the parent is told by the closed socket. */
	prctl(PR_SET_NAME, "hutch-net-maker", 0, 0, 0);
	/* Nothing of what the helper holds is this one's: the launcher's socket, the namespaces. */
	if (dup2(fd, 0) < 0 || sys_close_range(1, ~0U, 0) < 0 || confine_maker(&e) < 0)
		_exit(1);
	fd = 0;
	while (handover_receive(fd, &request, sizeof(request), &none) == 0) {
		int made = socket(request.family, request.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		int code = made < 0 ? errno : 0;

		fd_close(none);
		if (handover_send(fd, &code, sizeof(code), made) < 0)
			break;
		fd_close(made);
	}
	_exit(0);
}

int maker_socket(int maker, int family, int type)
{
	const struct request request = {.family = family, .type = type};
	int code = 0, fd = -1;
	int r = handover_send(maker, &request, sizeof(request), -1);

	if (r == 0)
		r = handover_receive(maker, &code, sizeof(code), &fd);
	if (r < 0)
		return r;
	/* One that was made and did not arrive: there was no descriptor left for it here. */
	return code ? -code : fd < 0 ? -EMFILE : fd;
}
