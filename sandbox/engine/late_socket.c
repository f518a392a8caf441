// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/late_socket.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/string.h"
#include "engine/spawn.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
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

int late_helper_start(pid_t *ret, struct late_sockets *sockets, const char *path,
		      const char *program, const char *const *words, size_t count, struct error *e)
{
	_cleanup_fd_ int listener = late_socket_make(sockets, path, e);
	_cleanup_strv_ struct strv argv = {0};
	int r;

	if (listener < 0)
		return listener;
	for (size_t i = 0; i < count; i++)
		strv_take(&argv, words[i] ? xstrdup(words[i]) : xasprintf("%d", listener));
	r = spawn_helper(&(struct spawn){.path = program,
					 .argv = argv.items,
					 .descriptors = &listener,
					 .count = 1,
					 .output = -1},
			 ret, e);
	if (r == 0)
		log_step("%s is process %d", words[0], *ret);
	return r;
}

void late_helper_stop(pid_t *helper)
{
	if (!*helper)
		return;
	kill(*helper, SIGKILL);
	while (waitpid(*helper, NULL, 0) < 0 && errno == EINTR)
		;
	*helper = 0;
}
