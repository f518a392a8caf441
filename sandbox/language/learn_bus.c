// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_bus.h"

#include "plan/bus_rule.h"
#include "plan/dbus.h"

#include <stdio.h>

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

/* Names that do things for whoever asks: start programs, hand out secrets, draw what is clicked. */
static bool is_way_out(const char *name)
{
	static const char *const rules[] = {
		"org.freedesktop.systemd1",
		"org.freedesktop.secrets",
		"org.freedesktop.Flatpak.*",
		"org.freedesktop.login1",
		"org.freedesktop.PolicyKit1",
		"org.freedesktop.PackageKit",
		"org.freedesktop.UDisks2",
		"org.freedesktop.NetworkManager",
		"org.freedesktop.FileManager1",
		"org.kde.StatusNotifierWatcher",
		"org.kde.kwalletd5",
		"org.kde.kwalletd6",
		"org.gnome.keyring.*",
		"org.gnome.Shell.*",
		"org.gnome.Terminal",
		"org.gtk.vfs.*",
		"ca.desrt.dconf",
		"org.a11y.Bus",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (bus_rule_covers(rules[i], name))
			return true;
	return false;
}

/* The line that lets it be said, without what stands before it; NULL where there is none. */
static char *line_of(const struct messaged *message)
{
	const char *bus = plan_bus_names[message->system ? BUS_SYSTEM : BUS_SESSION];
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

static void say(struct strbuf *out, const struct messaged *const *messages, size_t count,
		bool out_of)
{
	_cleanup_strv_ struct strv said = {0};

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *line = line_of(messages[i]), *by = NULL, *first = NULL;
		uint64_t times = 0;
		size_t calls = 0;
		bool again = false;

		if (is_way_out(messages[i]->name) != out_of || !line)
			continue;
		for (size_t k = 0; k < said.count; k++)
			again |= streq(said.items[k], line);
		if (again)
			continue;
		for (size_t k = i; k < count; k++) {
			_cleanup_free_ char *other = line_of(messages[k]);

			if (other && streq(other, line)) {
				times += messages[k]->times;
				calls++;
			}
		}
		if (out_of && !said.count)
			strbuf_printf(out, "# warning: these do for this program what it can't do "
					   "itself\n");
		by = string_escape(messages[i]->by);
		first = string_escape(messages[i]->own ? "the name" : messages[i]->method);
		strbuf_printf(out, "# ");
		if (calls > 1)
			strbuf_printf(out, "%zu methods, ", calls);
		strbuf_printf(out, "%llu time%s, first %s, by %s\n%s%s\n",
			      (unsigned long long)times, times == 1 ? "" : "s", first, by,
			      out_of ? "# " : "", line);
		strv_add(&said, line);
	}
}

void learn_bus_say(struct strbuf *out, const struct messaged *const *messages, size_t count)
{
	say(out, messages, count, false);
	say(out, messages, count, true);
}
