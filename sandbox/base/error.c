// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *error_name(int code)
{
	const char *name = strerrordesc_np(code);

	return name ? name : "Unknown error";
}

static void set_text(struct error *e, int code, const char *format, va_list arguments)
{
	e->code = code;
	e->status = 0;
	e->remedy[0] = '\0';
	vsnprintf(e->text, sizeof(e->text), format, arguments);
}

int error_set(struct error *e, int code, const char *format, ...)
{
	va_list arguments;

	if (e) {
		va_start(arguments, format);
		set_text(e, code, format, arguments);
		va_end(arguments);
	}
	return -code;
}

int error_errno(struct error *e, int code, const char *format, ...)
{
	va_list arguments;
	size_t used;

	if (e) {
		va_start(arguments, format);
		set_text(e, code, format, arguments);
		va_end(arguments);
		used = strlen(e->text);
		snprintf(e->text + used, sizeof(e->text) - used, ": %s", error_name(code));
	}
	return -code;
}

int error_wrap(struct error *e, const char *format, ...)
{
	char inner[sizeof(e->text)];
	va_list arguments;
	size_t used;

	if (!e)
		return -1;
	memcpy(inner, e->text, sizeof(inner));
	va_start(arguments, format);
	vsnprintf(e->text, sizeof(e->text), format, arguments);
	va_end(arguments);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", inner);
	return -e->code;
}

int error_remedy(struct error *e, const char *format, ...)
{
	va_list arguments;

	if (!e)
		return -1;
	if (!e->remedy[0]) {
		va_start(arguments, format);
		vsnprintf(e->remedy, sizeof(e->remedy), format, arguments);
		va_end(arguments);
	}
	return -e->code;
}

int error_status(struct error *e, int status)
{
	if (!e)
		return -1;
	e->status = status;
	return -e->code;
}
