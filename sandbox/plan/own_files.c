// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that may write to the home could give the next sandbox more than this one has: by
 * default.local.profile, a policy in the cache, an image's root file system, the journal of a
 * session. So hutch's own directories are read-only islands in whatever is writable (plan/arrange.c),
 * and where they are missing, guards stand in their place. A rule for just that path, or for
 * something in it, is somebody's word for the contrary.
 */
#include "plan/own_files.h"

#include "base/user.h"

#include <sys/mount.h>

/* Writes at @path inside would be writes to the same path of the host. */
static bool is_host_writable(const struct rules *rules, const char *path)
{
	const struct rule *rule = rules_find(rules, path);

	return rule && rule->mount.kind == MOUNT_BIND && !(rule->mount.set & MOUNT_ATTR_RDONLY) &&
	       rules_show(rules, path);
}

int own_files_plan(struct rules *rules, struct error *e)
{
	for (size_t i = 0; i < BASE_DIRECTORIES; i++) {
		_cleanup_free_ char *base = base_directory(base_directory_names[i]);
		_cleanup_free_ char *path = base ? xasprintf("%s/hutch", base) : NULL;
		int r;

		if (!path || !is_host_writable(rules, path))
			continue;
		r = rules_add_bind(rules, path, path, false, RANK_FILE,
				   "built in: hutch's own files", e);
		if (r < 0)
			return r;
		rules->list.items[rules->list.count - 1].directory = true;
	}
	return 0;
}
