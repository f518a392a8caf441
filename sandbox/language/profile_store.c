// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/profile_store.h"

#include "base/data_directory.h"
#include "language/expand.h"

#include <dirent.h>

#define SUFFIX ".profile"

static const char *const subdirectories[] = {
	[PROFILE_APP] = "apps/",
	[PROFILE_WORD] = "words/",
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
	const char *home = home_directory(), *rest = home ? startswith(path, home) : NULL;

	return rest && *rest == '/' && home[1] ? xasprintf("~%s", rest) : xstrdup(path);
}

size_t profile_places(enum profile_kind kind, const char *name, struct profile_place ret[2])
{
	_cleanup_free_ char *user = user_profile_directory();
	const char *data = data_directory();
	const char *word = kind == PROFILE_WORD ? subdirectories[kind] : "";
	const char *local = kind == PROFILE_LOCAL ? ".local" : "";
	size_t count = 0;

	if (!profile_name_valid(name))
		return 0;
	if (user) {
		ret[count].path = xasprintf("%s/%s%s%s" SUFFIX, user, word, name, local);
		ret[count].shown = with_tilde(ret[count].path);
		ret[count++].user = true;
	}
	if (data && kind != PROFILE_LOCAL) {
		const char *below = streq(name, "default") ? "" : subdirectories[kind];

		ret[count].path = xasprintf("%s/%s%s" SUFFIX, data, below, name);
		ret[count].shown = xasprintf("%s%s" SUFFIX, word, name);
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

/* Add the NAMEs of all NAME.profile in a directory. */
static void names_in(const char *directory, const char *below, struct strv *list)
{
	static const size_t suffix = sizeof(SUFFIX) - 1;
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
		size_t length = strlen(entry->d_name);
		_cleanup_free_ char *name = NULL;

		if (length <= suffix || !streq(entry->d_name + length - suffix, SUFFIX))
			continue;
		name = xstrndup(entry->d_name, length - suffix);
		if (profile_name_valid(name))
			strv_take(list, TAKE_PTR(name));
	}
	closedir(dir);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void profile_names(enum profile_kind kind, struct strv *ret)
{
	_cleanup_free_ char *user = user_profile_directory();
	size_t kept = 0;

	names_in(user, kind == PROFILE_WORD ? "words" : "", ret);
	if (kind == PROFILE_APP)
		names_in(data_directory(), "", ret);
	names_in(data_directory(), subdirectories[kind], ret);
	if (!ret->count)
		return;
	qsort(ret->items, ret->count, sizeof(char *), compare);
	for (size_t i = 0; i < ret->count; i++) {
		if (kept && streq(ret->items[kept - 1], ret->items[i]))
			free(ret->items[i]);
		else
			ret->items[kept++] = ret->items[i];
	}
	ret->count = kept;
	ret->items[kept] = NULL;
}
