// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include "base/fd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool log_verbose;
const char *log_name = "hutch";

/* Control bytes in a message come from names that others chose; they must not reach the terminal.
 */
static void write_line(const char *prefix, const char *text)
{
	char line[2048];
	int used = snprintf(line, sizeof(line), "%s: %s", log_name, prefix);
	size_t at = (size_t)used;

	for (const unsigned char *s = (const unsigned char *)text; *s && at < sizeof(line) - 6;
	     s++) {
		if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0))
			at += (size_t)snprintf(line + at, sizeof(line) - at, "\\x%02x", *s);
		else
			line[at++] = (char)*s;
	}
	line[at++] = '\n';
	fd_write_all(STDERR_FILENO, line, at);
}

static void write_formatted(const char *format, va_list arguments)
{
	char text[1700];

	vsnprintf(text, sizeof(text), format, arguments);
	write_line("", text);
}

void log_step(const char *format, ...)
{
	va_list arguments;

	if (!log_verbose)
		return;
	va_start(arguments, format);
	write_formatted(format, arguments);
	va_end(arguments);
}

void log_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_formatted(format, arguments);
	va_end(arguments);
}

int log_error(const struct error *e)
{
	write_line("", e->text);
	if (e->remedy[0])
		write_line("try: ", e->remedy);
	return e->status ? e->status : EXIT_HUTCH_FAILED;
}
