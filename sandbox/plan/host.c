// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/host.h"

#include "base/string.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

/*
 * $HOME and $USER first: they are what every other program of this user goes by, and asking the
 * user database costs more than the rest of the plan.
 */
int host_look(struct host *ret, struct error *e)
{
	const char *home = getenv("HOME"), *user = getenv("USER");
	const struct passwd *entry = NULL;
	char *directory;

	ret->uid = getuid();
	ret->gid = getgid();
	if (!home || home[0] != '/' || !user || !*user)
		entry = getpwuid(ret->uid);
	if (!home || home[0] != '/')
		home = entry ? entry->pw_dir : NULL;
	if (!home || home[0] != '/') {
		error_set(e, ENOENT,
			  "no home directory: $HOME is not an absolute path, and user %u has none",
			  ret->uid);
		return error_remedy(e, "set HOME");
	}
	ret->home = xstrdup(home);
	ret->user = user && *user ? xstrdup(user)
		    : entry       ? xstrdup(entry->pw_name)
				  : xasprintf("%u", ret->uid);
	directory = getcwd(NULL, 0);
	/* "(unreachable)/…": a directory outside this root. */
	if (directory && directory[0] != '/') {
		free(directory);
		directory = NULL;
	}
	ret->directory = directory;
	return 0;
}

void host_free(struct host *host)
{
	free(host->home);
	free(host->user);
	free(host->directory);
	*host = (struct host){0};
}
