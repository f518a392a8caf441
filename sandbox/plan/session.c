// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/session.h"

#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

void session_add_rlimit(struct plan *plan, int resource, const char *name, uint64_t soft,
			uint64_t hard)
{
	struct plan_rlimit *limit = NULL;

	vector_each (existing, &plan->rlimits)
		if (existing->resource == resource)
			limit = existing;
	if (!limit) {
		limit = vector_add(&plan->rlimits);
		limit->name = xstrdup(name);
	}
	limit->resource = resource;
	limit->soft = soft;
	limit->hard = hard;
}

/* "N", "unlimited" or "SOFT:HARD"; the form was checked when it was read. */
static uint64_t limit_value(const char *text, const char **ret_rest)
{
	char *end;
	uint64_t value;

	if (startswith(text, "unlimited")) {
		*ret_rest = text + strlen("unlimited");
		return RLIM_INFINITY;
	}
	value = strtoull(text, &end, 10);
	switch (*end) {
	case 'G':
		value *= 1024;
		/* fall through */
	case 'M':
		value *= 1024;
		/* fall through */
	case 'K':
		value *= 1024;
		end++;
		break;
	default:
		break;
	}
	*ret_rest = end;
	return value;
}

static int plan_limit(const struct setting *setting, struct plan *plan, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	const char *names[sizeof(resources) / sizeof(resources[0])], *nearest, *rest;
	uint64_t soft, hard;
	struct rlimit now;

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		names[i] = resources[i].name;
		if (!streq(setting->pair.name, names[i]))
			continue;
		soft = hard = limit_value(setting->pair.value, &rest);
		if (*rest == ':')
			hard = limit_value(rest + 1, &rest);
		getrlimit((__rlimit_resource_t)resources[i].resource, &now);
		if (hard > now.rlim_max) {
			error_set(e, EPERM, "%s: above the caller's own hard limit of %llu", origin,
				  (unsigned long long)now.rlim_max);
			return error_remedy(e, "choose at most that");
		}
		if (soft > hard)
			return error_set(e, EINVAL, "%s: the soft limit is above the hard one",
					 origin);
		session_add_rlimit(plan, resources[i].resource, names[i], soft, hard);
		return 0;
	}
	error_set(e, EINVAL, "%s: unknown limit \"%s\"", origin, setting->pair.name);
	nearest = string_nearest(setting->pair.name, names, sizeof(names) / sizeof(names[0]));
	return nearest ? error_remedy(e, "did you mean \"%s\"?", nearest) : -e->code;
}

static int plan_limits(const struct request *request, struct plan *plan, struct error *e)
{
	struct rlimit core;
	uint64_t none = 1;

	/* No core file, and no handler of the host fed with the program's memory either: that is
	 * what 1 means (core(5)). A caller who may have none at all cannot raise it to that; then a
	 * handler is told that there is to be no core. */
	if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max < none)
		none = core.rlim_max;
	session_add_rlimit(plan, RLIMIT_CORE, "core", none, none);
	request_each(setting, request, SETTING_RLIMIT)
	{
		int r = plan_limit(setting, plan, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_descriptors(const struct request *request, struct plan *plan, struct error *e)
{
	static const char *const standard[] = {"standard input", "standard output",
					       "standard error"};

	for (int fd = 0; fd <= 2; fd++) {
		if (!path_leads_out(fd))
			continue;
		error_set(e, EISDIR, "%s: an open directory would lead out of the sandbox",
			  standard[fd]);
		return error_remedy(e, "share the directory itself: --ro or --rw");
	}
	request_each(setting, request, SETTING_FD)
	{
		_cleanup_free_ char *origin = setting_origin(setting);

		if (setting->number > INT_MAX || fcntl((int)setting->number, F_GETFD) < 0) {
			error_errno(e, EBADF, "%s", origin);
			return error_remedy(e, "open it: hutch run --fd 3 … 3<file");
		}
		if (path_leads_out((int)setting->number)) {
			error_set(e, EISDIR, "%s: an open directory would lead out of the sandbox",
				  origin);
			return error_remedy(e, "share the directory itself: --ro or --rw");
		}
		*vector_add(&plan->descriptors) = (int)setting->number;
	}
	return 0;
}

static int plan_terminal(const struct request *request, struct plan *plan, struct error *e)
{
	const struct setting *tty = request_last(request, SETTING_TTY);
	const struct setting *output = request_last(request, SETTING_OUTPUT);
	bool limited = output && output->number != NO_LIMIT;

	switch ((enum tty)request_choice(request, SETTING_TTY, TTY_AUTO)) {
	case TTY_AUTO:
		/* What a terminal of its own shows is not counted. */
		plan->own_terminal = !limited && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
		break;
	case TTY_OWN:
		plan->own_terminal = true;
		break;
	case TTY_SHARE:
		plan->share_terminal = true;
		break;
	}
	if (limited && plan->own_terminal) {
		_cleanup_free_ char *origin = setting_origin(output);
		_cleanup_free_ char *other = setting_origin(tty);

		error_set(e, EINVAL, "%s: cannot be counted on a terminal of its own (%s)", origin,
			  other);
		return error_remedy(e, "leave one of them out");
	}
	return 0;
}

int session_plan(const struct request *request, struct plan *plan, struct error *e)
{
	const char *report = request_text(request, SETTING_REPORT, NULL);
	int r = plan_terminal(request, plan, e);

	if (r == 0)
		r = plan_descriptors(request, plan, e);
	if (r == 0)
		r = plan_limits(request, plan, e);
	plan->raise_signal = request_flag(request, SETTING_RAISE_SIGNAL);
	plan->name = xstrdup(request_text(request, SETTING_NAME, NULL));
	plan->report = xstrdup(report);
	plan->report_format = request_choice(request, SETTING_REPORT_FORMAT, REPORT_JSON);
	return r;
}
