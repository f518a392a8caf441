// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/bus_rule.h"

#include "base/string.h"

#include <errno.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

/* What a name of the specification may be long. */
enum { NAME_LENGTH = 255 };

const char *const bus_verb_names[BUS_VERBS] = {
	[BUS_SEE] = "see",   [BUS_TALK] = "talk",           [BUS_OWN] = "own",
	[BUS_CALL] = "call", [BUS_BROADCAST] = "broadcast",
};

/* Elements of @letters and digits, no digit first, with dots between them. How many they are; 0
 * where @text is no such thing. */
static size_t count_elements(const char *text, size_t length, const char *letters, const char *more)
{
	size_t count = 0, at = 0;

	if (!length || length > NAME_LENGTH)
		return 0;
	for (;;) {
		size_t start = at;

		while (at < length && (strchr(letters, text[at]) || strchr(more, text[at])))
			at++;
		if (at == start || strchr(DIGITS, text[start]))
			return 0;
		count++;
		if (at == length)
			return count;
		if (text[at++] != '.')
			return 0;
	}
}

static int check_name(const char *name, size_t length, struct error *e)
{
	if (length > 2 && name[length - 1] == '*' && name[length - 2] == '.')
		length -= 2;
	if (*name == ':') {
		error_set(e, EINVAL, "a connection's number is another one each time");
		return error_remedy(e, "name what it is known by, as org.example.Service");
	}
	if (count_elements(name, length, LETTERS "-", DIGITS) >= 2)
		return 0;
	error_set(e, EINVAL, "not a name on a bus");
	return error_remedy(e, "it has two or more parts, as org.example.Service, and may end in "
			       ".* for all below");
}

static int check_method(const char *method, size_t length, struct error *e)
{
	size_t parts;

	if (!length || (length == 1 && *method == '*'))
		return 0;
	if (length > 2 && method[length - 1] == '*' && method[length - 2] == '.')
		/* The interface alone, which has two parts itself. */
		parts = count_elements(method, length - 2, LETTERS, DIGITS) + 1;
	else
		parts = count_elements(method, length, LETTERS, DIGITS);
	if (parts >= 3)
		return 0;
	error_set(e, EINVAL, "%.*s: not a method", (int)(length > 100 ? 100 : length), method);
	return error_remedy(e, "the forms are *, INTERFACE.* and INTERFACE.METHOD, as in "
			       "org.example.Service=org.example.Player.Play");
}

static int check_path(const char *path, struct error *e)
{
	const char *at = path;

	if (streq(path, "/") || streq(path, "/*"))
		return 0;
	while (*at == '/') {
		size_t length = strspn(at + 1, LETTERS DIGITS);

		if (!length && streq(at, "/*"))
			return 0;
		if (!length)
			break;
		at += 1 + length;
	}
	if (!*at && at > path)
		return 0;
	error_set(e, EINVAL, "@%.100s: not an object's path", path);
	return error_remedy(e, "it begins with /, and may end in /* for all below");
}

int bus_rule_check(enum bus_verb verb, const char *rule, struct error *e)
{
	const char *equals = strchr(rule, '='), *at;
	size_t length = equals ? (size_t)(equals - rule) : strlen(rule);
	bool methods = verb == BUS_CALL || verb == BUS_BROADCAST;
	int r;

	r = check_name(rule, length, e);
	if (r < 0)
		return r;
	if (!methods && equals) {
		error_set(e, EINVAL, "a rule behind the name");
		return error_remedy(e, "single methods are granted by call, not by %s",
				    bus_verb_names[verb]);
	}
	if (!methods)
		return 0;
	if (!equals || !equals[1]) {
		error_set(e, EINVAL, "no rule behind the name");
		return error_remedy(e, "the form is NAME=INTERFACE.METHOD@PATH, each part with * "
				       "for all; talk grants a name as a whole");
	}
	at = strchr(equals, '@');
	r = check_method(equals + 1, at ? (size_t)(at - equals - 1) : strlen(equals + 1), e);
	return r < 0 || !at ? r : check_path(at + 1, e);
}

/* The length of the name of @rule, and whether all below it are meant too. */
static size_t name_of(const char *rule, bool *ret_below)
{
	size_t length = strcspn(rule, "=");

	*ret_below = length > 2 && rule[length - 1] == '*';
	return *ret_below ? length - 2 : length;
}

bool bus_rule_covers(const char *rule, const char *name)
{
	bool below;
	size_t length = name_of(rule, &below);

	return strncmp(rule, name, length) == 0 &&
	       (!name[length] || (below && name[length] == '.'));
}

bool bus_rule_touches(const char *rule, const char *prefix)
{
	bool below;
	size_t length = name_of(rule, &below), wanted = strlen(prefix);

	return bus_rule_covers(rule, prefix) ||
	       (length > wanted && strncmp(rule, prefix, wanted) == 0 && rule[wanted] == '.');
}

bool bus_rule_calls(const char *rule, const char *interface)
{
	const char *method = strchr(rule, '=');
	size_t length, wanted = strlen(interface);

	if (!method)
		return false;
	method++;
	length = strcspn(method, "@");
	if (!length || (length == 1 && *method == '*'))
		return true;
	/* What is behind the interface is one part: a member, or the asterisk. */
	return length > wanted && strncmp(method, interface, wanted) == 0 &&
	       method[wanted] == '.' && !memchr(method + wanted + 1, '.', length - wanted - 1);
}
