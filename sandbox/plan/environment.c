// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/environment.h"

#include <unistd.h>

/* Where programs are looked for when PATH says nothing. */
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

const char *environment_get(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->environment.count; i++) {
		const char *value = startswith(plan->environment.items[i], name);

		if (value && *value == '=')
			return value + 1;
	}
	return NULL;
}

void environment_set(struct plan *plan, const char *name, const char *value, const char *origin)
{
	struct strv *list = &plan->environment, *origins = &plan->environment_origins;

	for (size_t i = 0; i < list->count; i++) {
		const char *rest = startswith(list->items[i], name);

		if (rest && *rest == '=') {
			free(list->items[i]);
			free(origins->items[i]);
			list->items[i] = xasprintf("%s=%s", name, value);
			origins->items[i] = xstrdup(origin);
			return;
		}
	}
	strv_take(list, xasprintf("%s=%s", name, value));
	strv_add(origins, origin);
}

bool environment_matches(const char *pattern, const char *name, size_t length)
{
	size_t fixed = strcspn(pattern, "*");

	return length >= fixed && strncmp(name, pattern, fixed) == 0 &&
	       (pattern[fixed] == '*' || length == fixed);
}

/* Names of the host's environment that match a pattern: a name, or one that ends in "*". */
static void keep(struct plan *plan, const struct setting *setting)
{
	_cleanup_free_ char *origin = setting_origin(setting);

	for (char **item = environ; item && *item; item++) {
		const char *equals = strchr(*item, '=');
		size_t length = equals ? (size_t)(equals - *item) : 0;
		_cleanup_free_ char *name = NULL;

		if (!length || !environment_matches(setting->text, *item, length))
			continue;
		name = xstrndup(*item, length);
		environment_set(plan, name, equals + 1, origin);
	}
}

void environment_plan(const struct request *request, const struct host *host, struct plan *plan)
{
	environment_set(plan, "HOME", host->home, "built in: the home directory");
	environment_set(plan, "USER", host->user, "built in: the user");
	request_each(setting, request, SETTING_KEEP_ENV) keep(plan, setting);
	request_each(setting, request, SETTING_ENV)
	{
		_cleanup_free_ char *origin = setting_origin(setting);

		environment_set(plan, setting->pair.name, setting->pair.value, origin);
	}
	if (!environment_get(plan, "PATH"))
		environment_set(plan, "PATH", DEFAULT_PATH, "built in: the usual PATH");
}
