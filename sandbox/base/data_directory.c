// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/data_directory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *data_directory(void)
{
	static const char *const places[] = {"../share/hutch", "profiles"};
	static char found[PATH_MAX + 32];
	char program[PATH_MAX];
	ssize_t length;

	if (found[0])
		return found;
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length <= 0)
		return NULL;
	program[length] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(found, sizeof(found), "%s/%s", program, places[i]);
		if (access(found, R_OK | X_OK) == 0)
			return found;
	}
	found[0] = '\0';
	return NULL;
}
