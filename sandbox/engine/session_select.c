// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_select.h"

#include <fnmatch.h>

static bool matches_one(const char *pattern, const char *absolute, const char *below,
			const char *directory)
{
	const char *slash = strrchr(absolute, '/');
	_cleanup_free_ char *full = NULL;

	if (pattern[0] == '/')
		return fnmatch(pattern, absolute, 0) == 0;
	if (fnmatch(pattern, below, 0) == 0 || fnmatch(pattern, slash + 1, 0) == 0)
		return true;
	if (!directory)
		return false;
	full = xasprintf("%s/%s", streq(directory, "/") ? "" : directory, pattern);
	return fnmatch(full, absolute, 0) == 0;
}

/* The path itself, or a directory that it is in. */
static bool matches(const struct strv *patterns, const char *path, size_t tree_length,
		    const char *directory)
{
	for (size_t i = 0; i < patterns->count; i++) {
		_cleanup_free_ char *prefix = xstrdup(path);
		_cleanup_free_ char *pattern = xstrdup(patterns->items[i]);
		size_t length = strlen(pattern);

		if (length > 1 && pattern[length - 1] == '/')
			pattern[length - 1] = '\0';
		for (;;) {
			const char *below = prefix + tree_length;

			if (matches_one(pattern, prefix, *below ? below + 1 : below, directory))
				return true;
			if (strlen(prefix) <= tree_length + 1)
				break;
			*strrchr(prefix, '/') = '\0';
		}
	}
	return false;
}

size_t changes_select(const struct session *session, struct changes *changes,
		      const struct strv *only, const struct strv *except, const char *directory)
{
	size_t count = 0;

	vector_each (change, &changes->list) {
		_cleanup_free_ char *path = change_path(session, change);
		const char *tree = session->layers.items[change->layer].path;
		size_t length = streq(tree, "/") ? 0 : strlen(tree);

		change->selected = (!only->count || matches(only, path, length, directory)) &&
				   !matches(except, path, length, directory);
	}
	vector_each (change, &changes->list) {
		if (change->renamed != SIZE_MAX && change->kind == CHANGE_ADDED)
			changes->list.items[change->renamed].selected = change->selected;
		count += change->selected;
	}
	return count;
}
