// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/action.h"

#include "base/string.h"

#include <errno.h>
#include <stdio.h>

static int unknown(const char *verb, const struct action *actions, size_t count, const char *name,
		   struct error *e)
{
	_cleanup_free_ const char **known = xcalloc(count, sizeof(*known));
	const char *near;

	for (size_t i = 0; i < count; i++)
		known[i] = actions[i].name;
	near = string_nearest(name, known, count);
	error_set(e, EINVAL, "%s %.100s: unknown action", verb, name);
	return near ? error_remedy(e, "did you mean \"hutch %s %s\"?", verb, near)
		    : error_remedy(e, "hutch %s --help", verb);
}

int action_run(const char *verb, const struct action *actions, size_t count, const char *name,
	       size_t words, const void *data, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		int r;

		if (!streq(name, actions[i].name))
			continue;
		if (words < actions[i].least || words > actions[i].most) {
			error_set(e, EINVAL, "%s %s: %s", verb, name,
				  words < actions[i].least ? "nothing named" : "too many names");
			return error_remedy(e, "hutch %s --help", verb);
		}
		r = actions[i].function(data, e);
		if (r >= 0 && fflush(stdout) != 0)
			r = error_errno(e, errno, "standard output");
		return r;
	}
	return unknown(verb, actions, count, name, e);
}
