// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bus_address.h"

#include "base/string.h"

static int hexadecimal(char c)
{
	const char *digits = "0123456789abcdef", *at;

	c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* @length bytes of a value, with %XX for what can't stand there; NULL where that is not right. */
static char *unescape(const char *text, size_t length)
{
	char *value = xcalloc(length + 1, 1), *end = value;

	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (text[i] != '%') {
			*end++ = text[i];
			continue;
		}
		high = i + 2 < length ? hexadecimal(text[i + 1]) : -1;
		low = high < 0 ? -1 : hexadecimal(text[i + 2]);
		if (low < 0 || !(high || low)) {
			free(value);
			return NULL;
		}
		*end++ = (char)(high << 4 | low);
		i += 2;
	}
	return value;
}

/* The value of @key among the @length bytes of pairs KEY=VALUE with commas between them. */
static char *value_of(const char *pairs, size_t length, const char *key)
{
	const char *end = pairs + length;

	while (pairs < end) {
		size_t pair = strcspn(pairs, ",;");
		const char *value = startswith(pairs, key);

		if (value && *value == '=')
			return unescape(value + 1, pair - (size_t)(value + 1 - pairs));
		pairs += pair + 1;
	}
	return NULL;
}

char *bus_address(const char *text)
{
	for (; *text; text += strcspn(text, ";"), text += *text == ';') {
		const char *pairs = startswith(text, "unix:");
		size_t length = pairs ? strcspn(pairs, ";") : 0;
		_cleanup_free_ char *path = pairs ? value_of(pairs, length, "path") : NULL;
		_cleanup_free_ char *name = pairs ? value_of(pairs, length, "abstract") : NULL;

		if (path && *path == '/')
			return xasprintf("path:%s", path);
		if (name && *name)
			return xasprintf("abstract:%s", name);
	}
	return NULL;
}
