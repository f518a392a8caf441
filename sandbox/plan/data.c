// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Directories of a program's own: configuration, data, caches. A program that finds none makes them
 * at its first run, which in an empty home would be lost at the end. So hutch makes them before, as
 * the program would have: empty, and for the user alone. They stay, as the program's would.
 */
#include "plan/data.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int data_plan(struct rules *rules, const struct setting *setting, const struct request *request,
	      const struct host *host, size_t rank, struct plan *plan, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *home = path_absolute("/", host->home);
	_cleanup_free_ char *path = path_absolute(home, setting->path.path);
	const char *inside = path_below(path, home);
	struct rule *rule;
	int r;

	if (!inside || !*inside) {
		error_set(e, EPERM, "%s: not below the home directory", origin);
		return error_remedy(e, "share other directories with rw");
	}
	if (request_choice(request, SETTING_HOME, HOME_PRIVATE) != HOME_PRIVATE ||
	    request_last(request, SETTING_ROOT))
		return 0;
	r = rules_add_bind(rules, path, path, true, rank, origin, e);
	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->setting = setting;
	if (!rule->absent)
		return 0;
	rule_done(rule);
	rules->list.count--;
	/* What a throwaway session writes is not for the host. */
	if (setting->path.optional || request->session)
		return 0;
	rule = rules_add(rules, MOUNT_SCRATCH, path, rank, origin);
	rule->setting = setting;
	rule->mount.mode = 0700;
	strv_take(&plan->lacking, xstrdup(path));
	strv_take(&plan->remarks, xasprintf("%s: made at the first run", origin));
	return 0;
}

/* Make the directories on the way and the last one. */
static int make_path(const char *path, struct error *e)
{
	_cleanup_free_ char *way = xstrdup(path);

	for (char *slash = strchr(way + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(way, 0700) < 0 && errno != EEXIST)
			return error_errno(e, errno, "making %s", way);
		*slash = '/';
	}
	if (mkdir(way, 0700) < 0 && errno != EEXIST)
		return error_errno(e, errno, "making %s", way);
	return 0;
}

int data_make(const struct plan *plan, struct error *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->lacking.count; i++)
		r = make_path(plan->lacking.items[i], e);
	return r;
}
