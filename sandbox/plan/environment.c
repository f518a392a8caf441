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

static void set(struct plan *plan, const char *name, const char *value)
{
	struct strv *list = &plan->environment;

	for (size_t i = 0; i < list->count; i++) {
		const char *rest = startswith(list->items[i], name);

		if (rest && *rest == '=') {
			free(list->items[i]);
			list->items[i] = xasprintf("%s=%s", name, value);
			return;
		}
	}
	strv_take(list, xasprintf("%s=%s", name, value));
}

/* Names of the host's environment that match @pattern: a name, or one that ends in "*". */
static void keep(struct plan *plan, const char *pattern)
{
	size_t length = strcspn(pattern, "*");

	for (char **item = environ; item && *item; item++) {
		const char *equals = strchr(*item, '=');
		size_t name = equals ? (size_t)(equals - *item) : 0;
		_cleanup_free_ char *copy = NULL;

		if (!name || name < length || strncmp(*item, pattern, length) != 0 ||
		    (pattern[length] != '*' && name != length))
			continue;
		copy = xstrndup(*item, name);
		set(plan, copy, equals + 1);
	}
}

void environment_plan(const struct request *request, const struct host *host, struct plan *plan)
{
	strv_take(&plan->environment, xasprintf("HOME=%s", host->home));
	strv_take(&plan->environment, xasprintf("USER=%s", host->user));
	request_each(setting, request, SETTING_KEEP_ENV) keep(plan, setting->text);
	request_each(setting, request, SETTING_ENV)
		set(plan, setting->pair.name, setting->pair.value);
	if (!environment_get(plan, "PATH"))
		set(plan, "PATH", DEFAULT_PATH);
}
