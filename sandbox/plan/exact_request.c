// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/exact_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

int exact_use_up(int fd, struct error *e)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return error_set(e, EBADF, "Invalid fd: %d", fd);
	return 0;
}

void exact_request_free(struct exact_request *request)
{
	vector_each (operation, &request->operations) {
		free(operation->source);
		free(operation->destination);
		free(operation->text);
		strv_free(&operation->layers);
	}
	vector_free(&request->operations);
	vector_each (change, &request->environment) {
		free(change->name);
		free(change->value);
	}
	vector_free(&request->environment);
	vector_free(&request->capabilities);
	vector_free(&request->filters);
	strv_free(&request->locks);
	strv_free(&request->arguments);
	free(request->hostname);
	free(request->directory);
	free(request->argv0);
}
