// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/profile_store.h"

#include "base/data_directory.h"
#include "base/user.h"
#include "language/expand.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

/* Below the directory of what comes with hutch, and below the user's. */
static const struct {
	const char *shipped, *user, *suffix;
} forms[] = {
	[PROFILE_APP] = {"apps/", "", ".profile"},
	[PROFILE_WORD] = {"words/", "words/", ".profile"},
	[PROFILE_LOCAL] = {NULL, "", ".local.profile"},
	[PROFILE_POLICY] = {"seccomp/", "seccomp/", ".policy"},
};

bool profile_name_valid(const char *name)
{
	static const char local[] = ".local";
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._+@-");

	if (!length || name[length] || length > 64 || name[0] == '.' || name[0] == '-')
		return false;
	return length < sizeof(local) || !streq(name + length - (sizeof(local) - 1), local);
}

/* "~/.config/…" for what is in the home directory. */
static char *with_tilde(const char *path)
{
	const char *home = user_home(), *rest = home ? startswith(path, home) : NULL;

	return rest && *rest == '/' && home[1] ? xasprintf("~%s", rest) : xstrdup(path);
}

/* Most users have no profiles of their own: one look then spares one for each name. Anything but
 * "it is not there" is for whoever opens a file there to find out. */
static bool is_there(const char *directory)
{
	static char *known;
	static bool there;

	if (!known || !streq(known, directory)) {
		free(known);
		known = xstrdup(directory);
		there = access(directory, F_OK) == 0 || errno != ENOENT;
	}
	return there;
}

size_t profile_places(enum profile_kind kind, const char *name, struct profile_place ret[2])
{
	_cleanup_free_ char *user = user_profile_directory();
	const char *data = data_directory(), *suffix = forms[kind].suffix;
	size_t count = 0;

	if (!profile_name_valid(name))
		return 0;
	if (user && is_there(user)) {
		ret[count].path = xasprintf("%s/%s%s%s", user, forms[kind].user, name, suffix);
		ret[count].shown = with_tilde(ret[count].path);
		ret[count++].user = true;
	}
	if (data && forms[kind].shipped) {
		/* These are not for a program of that name. */
		bool first =
			kind == PROFILE_APP && (streq(name, "default") || streq(name, "shell"));

		ret[count].path = xasprintf("%s/%s%s%s", data, first ? "" : forms[kind].shipped,
					    name, suffix);
		ret[count].shown = xasprintf("%s%s%s", forms[kind].user, name, suffix);
		ret[count++].user = false;
	}
	return count;
}

void profile_place_of_file(const char *path, struct profile_place *ret)
{
	ret->path = xstrdup(path);
	ret->shown = xstrdup(path);
	ret->user = false;
}

/* Add the NAMEs of all files NAME + @suffix in a directory. */
static void names_in(const char *directory, const char *below, const char *suffix,
		     struct strv *list)
{
	_cleanup_free_ char *path = NULL;
	struct dirent *entry;
	DIR *dir;

	if (!directory)
		return;
	path = xasprintf("%s/%s", directory, below);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), end = strlen(suffix);
		_cleanup_free_ char *name = NULL;

		if (length <= end || !streq(entry->d_name + length - end, suffix))
			continue;
		name = xstrndup(entry->d_name, length - end);
		if (profile_name_valid(name))
			strv_take(list, TAKE_PTR(name));
	}
	closedir(dir);
}

void profile_names(enum profile_kind kind, struct strv *ret)
{
	_cleanup_free_ char *user = user_profile_directory();

	names_in(user, forms[kind].user, forms[kind].suffix, ret);
	/* default.profile stands above all the others. */
	if (kind == PROFILE_APP)
		names_in(data_directory(), "", forms[kind].suffix, ret);
	if (forms[kind].shipped)
		names_in(data_directory(), forms[kind].shipped, forms[kind].suffix, ret);
	strv_sort(ret);
}
