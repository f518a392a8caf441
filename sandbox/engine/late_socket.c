// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/late_socket.h"

#include "base/fd.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int late_socket_make(struct late_sockets *sockets, const char *path, struct error *e)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t before;
	int r;

	assert(sockets->count < LATE_SOCKETS);
	if (strlen(path) >= sizeof(address.sun_path))
		return error_errno(e, ENAMETOOLONG, "%s", path);
	strcpy(address.sun_path, path);
	if (fd < 0)
		return error_errno(e, errno, "making a socket");
	before = umask(0077);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(before);
	if (r < 0)
		return error_errno(e, -r, "%s", path);
	sockets->names[sockets->count++] = path;
	if (listen(fd, 16) < 0)
		return error_errno(e, errno, "%s", path);
	return TAKE_FD(fd);
}

void late_sockets_forget(struct late_sockets *sockets)
{
	while (sockets->count)
		unlink(sockets->names[--sockets->count]);
}
