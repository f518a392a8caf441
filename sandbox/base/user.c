// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/user.h"

#include "base/alloc.h"
#include "base/string.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct passwd *look_up(uid_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;

	if (!file && errno == ENOMEM)
		out_of_memory();
	if (!file)
		return NULL;
	do {
		errno = 0;
		entry = fgetpwent(file);
	} while (entry && entry->pw_uid != uid);
	/* Somebody without a name is somebody else. */
	if (!entry && errno == ENOMEM)
		out_of_memory();
	fclose(file);
	return entry;
}

bool user_look_up(uid_t uid, char **ret_name, char **ret_home)
{
	const struct passwd *entry = look_up(uid);

	if (entry) {
		*ret_name = xstrdup(entry->pw_name);
		*ret_home = xstrdup(entry->pw_dir);
	}
	return entry != NULL;
}

char *user_shell(uid_t uid)
{
	const struct passwd *entry = look_up(uid);

	return entry ? xstrdup(entry->pw_shell) : NULL;
}

const char *user_home(void)
{
	static char *name, *home; /* looked up once */
	const char *value = getenv("HOME");

	if (value && value[0] == '/')
		return value;
	if (!home && !user_look_up(getuid(), &name, &home))
		return NULL;
	return home[0] == '/' ? home : NULL;
}

const char *const base_directory_names[BASE_DIRECTORIES] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME",
							    "XDG_STATE_HOME", "XDG_CACHE_HOME"};
static const char *const base_directory_fallbacks[BASE_DIRECTORIES] = {".config", ".local/share",
								       ".local/state", ".cache"};

char *base_directory(const char *variable)
{
	const char *value = getenv(variable), *home;

	/* The specification: relative paths in these are invalid and to be ignored. */
	if (value && value[0] == '/')
		return xstrdup(value);
	home = user_home();
	for (size_t i = 0; i < BASE_DIRECTORIES; i++)
		if (home && strcmp(base_directory_names[i], variable) == 0)
			return xasprintf("%s/%s", home, base_directory_fallbacks[i]);
	return NULL;
}

char *runtime_directory(void)
{
	const char *named = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *path = named && named[0] == '/'
					    ? xstrdup(named)
					    : xasprintf("/run/user/%u", (unsigned)getuid());
	struct stat status;

	if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & 022))
		return NULL;
	return TAKE_PTR(path);
}
