// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile of any bytes is read or refused. */
#include "fuzz.h"

#include "language/request_build.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct profile_place place = {.path = path, .shown = path};
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_free_ char *description = NULL;
	struct request request = {0};

	if (fd < 0) {
		fd = memfd_create("profile", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		/* No user's files, and no words but the shipped ones. */
		setenv("HOME", "/nonexistent", 1);
		unsetenv("XDG_CONFIG_HOME");
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (request_load_profile(&place, &request, &description, &problems) == 0 &&
	    problems.list.count)
		abort();
	vector_each (problem, &problems.list)
		if (!problem->text[0] || !problem->code)
			abort();
	request_free(&request);
	return 0;
}
