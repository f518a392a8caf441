// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/host.h"

#include "base/string.h"
#include "base/user.h"

#include <errno.h>
#include <unistd.h>

int host_look(struct host *ret, struct error *e)
{
	const char *home = user_home(), *user = getenv("USER");
	_cleanup_free_ char *name = NULL, *unused = NULL;
	char *directory;

	ret->uid = getuid();
	ret->gid = getgid();
	if (!home) {
		error_set(e, ENOENT,
			  "no home directory: $HOME is not an absolute path, and user %u has none",
			  ret->uid);
		return error_remedy(e, "set HOME");
	}
	if ((!user || !*user) && user_look_up(ret->uid, &name, &unused))
		user = name;
	ret->home = xstrdup(home);
	ret->user = user && *user ? xstrdup(user) : xasprintf("%u", ret->uid);
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
