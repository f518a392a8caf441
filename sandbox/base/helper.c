// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/helper.h"

#include "base/string.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

char *helper_path(const char *name)
{
	const char *plain = startswith(name, "hutch-");
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length <= 0)
		return NULL;
	program[length] = '\0';
	*strrchr(program, '/') = '\0';

	char *places[] = {
		xasprintf("%s/../libexec/hutch/%s", program, name),
		xasprintf("%s/helpers/%s/%s", program, plain ? plain : name, name),
		xasprintf("%s/%s", program, name),
	};
	char *found = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!found && access(places[i], X_OK) == 0)
			found = places[i];
		else
			free(places[i]);
	}
	return found;
}
