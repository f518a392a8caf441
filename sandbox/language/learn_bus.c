// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_bus.h"

#include "plan/bus_risk.h"
#include "plan/bus_rule.h"
#include "plan/dbus.h"

/* The part of "NAME=RULE[@PATH]" behind the equals sign lets that method be called there. */
static bool call_allows(const char *rule, const struct messaged *message)
{
	const char *method = strchr(rule, '='), *path;
	size_t length, wanted;

	if (!method)
		return false;
	method++;
	length = strcspn(method, "@");
	path = method[length] ? method + length + 1 : NULL;
	if (path && !streq(path, "/*") && !streq(path, message->path)) {
		size_t below = strlen(path);

		/* With an asterisk at the end, all below. */
		if (below < 2 || !streq(path + below - 2, "/*") ||
		    strncmp(path, message->path, below - 1) != 0)
			return false;
	}
	wanted = strlen(message->method);
	if (!length || (length == 1 && *method == '*'))
		return true;
	if (method[length - 1] == '*')
		return strncmp(method, message->method, length - 1) == 0 &&
		       !strchr(message->method + length - 1, '.');
	return length == wanted && strncmp(method, message->method, wanted) == 0;
}

bool learn_bus_grants(const struct request *request, const struct messaged *message)
{
	enum plan_bus_which which = message->system ? BUS_SYSTEM : BUS_SESSION;
	int first = (message->system ? (int)SETTING_DBUS_SYSTEM : (int)SETTING_DBUS_SESSION) + 1;

	bus_rules_each(setting, request, which)
	{
		enum bus_verb verb = (enum bus_verb)((int)setting->id - first);

		if (!bus_rule_covers(setting->text, message->name))
			continue;
		if (verb == BUS_OWN || (!message->own && verb == BUS_TALK))
			return true;
		if (!message->own && verb == BUS_CALL && call_allows(setting->text, message))
			return true;
	}
	return false;
}

static const char *bus_of(const struct messaged *message)
{
	return plan_bus_names[message->system ? BUS_SYSTEM : BUS_SESSION];
}

/* The line that lets it be said, without what stands before it; NULL where there is none. */
static char *line_of(const struct messaged *message)
{
	const char *bus = bus_of(message);
	const char *dot = strrchr(message->method, '.');
	_cleanup_free_ char *rule = NULL;

	if (message->own)
		rule = xstrdup(message->name);
	else if (dot > message->method)
		rule = xasprintf("%s=%.*s.*", message->name, (int)(dot - message->method),
				 message->method);
	else /* no interface said */
		rule = xasprintf("%s=*", message->name);
	if (bus_rule_check(message->own ? BUS_OWN : BUS_CALL, rule, NULL) < 0)
		return NULL;
	return xasprintf("%s.%s = %s", bus, message->own ? "own" : "call", rule);
}

/* How often, by all messages that @line lets be said, from number @first on. */
static void say_evidence(struct strbuf *out, const struct messaged *const *messages, size_t count,
			 size_t first, const char *line)
{
	const struct messaged *begin = messages[first];
	_cleanup_free_ char *by = string_escape(begin->by);
	_cleanup_free_ char *what = string_escape(begin->own ? "the name" : begin->method);
	uint64_t times = 0;
	size_t calls = 0;

	for (size_t i = first; i < count; i++) {
		_cleanup_free_ char *other = line_of(messages[i]);

		if (!other || !streq(other, line))
			continue;
		times += messages[i]->times;
		calls++;
	}
	strbuf_printf(out, "# ");
	if (calls > 1)
		strbuf_printf(out, "%zu methods, ", calls);
	strbuf_printf(out, "%llu time%s, first %s, by %s\n", (unsigned long long)times,
		      times == 1 ? "" : "s", what, by);
}

void learn_bus_say(struct strbuf *out, const struct messaged *const *messages, size_t count)
{
	_cleanup_strv_ struct strv said = {0};

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *line = line_of(messages[i]);
		const char *risk = bus_risk_of(bus_of(messages[i]), messages[i]->name);

		if (!line || strv_has(&said, line))
			continue;
		if (risk)
			strbuf_printf(out, "# warning: %s\n", risk);
		say_evidence(out, messages, count, i, line);
		strbuf_printf(out, "%s%s\n", risk ? "# " : "", line);
		strv_add(&said, line);
	}
}
