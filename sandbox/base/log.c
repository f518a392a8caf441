// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include "base/fd.h"
#include "base/string.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool log_verbose, log_json;
const char *log_name = "hutch";

/* How many bytes from @s on can be shown as they are: a whole character, or 0. Control characters
 * come from names that others chose; they must not reach the terminal. */
static size_t showable(const unsigned char *s)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] < 0x20 || s[0] == 0x7f)
		return 0;
	length = strnlen((const char *)s, length);
	return string_utf8_length((const char *)s, length) == length ? length : 0;
}

/* Append @text to a line that has room for @size bytes, and return its new length. Some room stays
 * for what ends the line. */
static size_t append(char *line, size_t at, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s && at + 12 < size) {
		size_t length = showable(s);

		if (!length) {
			at += (size_t)(log_json ? snprintf(line + at, size - at, "\\u%04x", *s)
						: snprintf(line + at, size - at, "\\x%02x", *s));
			s++;
			continue;
		}
		if (log_json && (*s == '"' || *s == '\\'))
			line[at++] = '\\';
		memcpy(line + at, s, length);
		at += length;
		s += length;
	}
	return at;
}

static void write_object(const char *level, const char *text, const char *remedy)
{
	char line[4096];
	size_t at;

	at = (size_t)snprintf(line, sizeof(line), "{\"level\":\"%s\",\"message\":\"", level);
	at = append(line, at, sizeof(line) / 2, text);
	if (*remedy) {
		at += (size_t)snprintf(line + at, sizeof(line) - at, "\",\"remedy\":\"");
		at = append(line, at, sizeof(line), remedy);
	}
	memcpy(line + at, "\"}\n", 3);
	fd_write_all(STDERR_FILENO, line, at + 3);
}

static void write_line(const char *prefix, const char *text)
{
	char line[2048];
	size_t at = (size_t)snprintf(line, sizeof(line), "%s: %s", log_name, prefix);

	at = append(line, at, sizeof(line), text);
	line[at++] = '\n';
	fd_write_all(STDERR_FILENO, line, at);
}

static void write_formatted(const char *level, const char *format, va_list arguments)
{
	char text[1700];

	vsnprintf(text, sizeof(text), format, arguments);
	if (log_json)
		write_object(level, text, "");
	else
		write_line("", text);
}

void log_object(const char *object)
{
	_cleanup_free_ char *line = xasprintf("%s\n", object);

	fd_write_all(STDERR_FILENO, line, strlen(line));
}

void log_step(const char *format, ...)
{
	va_list arguments;

	if (!log_verbose)
		return;
	va_start(arguments, format);
	write_formatted("step", format, arguments);
	va_end(arguments);
}

void log_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_formatted("note", format, arguments);
	va_end(arguments);
}

int log_error(const struct error *e)
{
	if (log_json) {
		write_object("error", e->text, e->remedy);
	} else {
		write_line("", e->text);
		if (e->remedy[0])
			write_line("try: ", e->remedy);
	}
	return e->status ? e->status : EXIT_HUTCH_FAILED;
}
