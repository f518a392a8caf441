// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/session.h"

#include "base/log.h"
#include "base/user.h"
#include "commands/commands.h"
#include "language/expand.h"

#include <errno.h>

char *sessions_root(struct error *e)
{
	_cleanup_free_ char *state = base_directory("XDG_STATE_HOME");

	if (state)
		return xasprintf("%s/hutch/sessions", state);
	error_set(e, ENOENT, "no place for sessions: neither XDG_STATE_HOME nor a home directory");
	error_remedy(e, "set XDG_STATE_HOME");
	return NULL;
}

int session_line(int argc, char **argv, enum verb verb, struct request *request,
		 struct command_line *line, int *ret_status, struct error *e)
{
	struct request part = {0};
	struct strv rest = {0}, names = {0};
	int r;

	for (int i = 0; i < argc; i++)
		strv_add(&rest, argv[i]);
	/* Here options may stand behind names, too. */
	do {
		r = options_parse(verb, (int)rest.count, rest.items, &part, line, e);
		strv_free(&rest);
		strv_add(&rest, argv[0]);
		for (size_t i = 0; i < part.arguments.count; i++)
			strv_add(i == 0 || line->separated ? &names : &rest,
				 part.arguments.items[i]);
		strv_free(&part.arguments);
	} while (r == 0 && rest.count > 1);
	strv_free(&rest);
	request_free(&part);
	request->arguments = names;
	if (r == 0 && command_answered(verb, line, ret_status))
		return 1;
	log_verbose = line->verbose;
	return r;
}

char *session_name(const char *root, const struct request *request, bool or_last, const char *verb,
		   struct error *e)
{
	_cleanup_strv_ struct strv names = {0};

	if (request->arguments.count == 1)
		return xstrdup(request->arguments.items[0]);
	if (request->arguments.count > 1) {
		error_set(e, EINVAL, "%s: more than one session named", verb);
		return NULL;
	}
	session_names(root, &names);
	if (or_last && names.count)
		return xstrdup(names.items[names.count - 1]);
	error_set(e, ENOENT, or_last ? "%s: there is no session" : "%s: no session named", verb);
	error_remedy(e, or_last ? "`hutch shell` begins one" : "`hutch sessions` lists them");
	return NULL;
}

char *size_text(uint64_t bytes)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	return unit == 0      ? xasprintf("%u B", (unsigned)bytes)
	       : value < 9.95 ? xasprintf("%.1f %s", value, units[unit])
			      : xasprintf("%.0f %s", value, units[unit]);
}

char *age_text(int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *one, *many;
	} units[] = {{86400, "day", "days"}, {3600, "hour", "hours"}, {60, "minute", "minutes"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		long long count = seconds / units[i].seconds;

		if (count > 0)
			return xasprintf("%lld %s", count,
					 count == 1 ? units[i].one : units[i].many);
	}
	return xstrdup("now");
}
