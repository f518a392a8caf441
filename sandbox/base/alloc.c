// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void out_of_memory(void)
{
	static const char message[] = "hutch: out of memory\n";

	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(125); /* nobody to tell; the status still says it */
	_exit(125);
}

static void *checked(void *pointer)
{
	if (!pointer)
		out_of_memory();
	return pointer;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *pointer, size_t count, size_t size)
{
	return checked(reallocarray(pointer, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return text ? checked(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}

void *xmemdup(const void *data, size_t length)
{
	char *copy = checked(malloc(length + 1));

	if (length)
		memcpy(copy, data, length);
	copy[length] = '\0';
	return copy;
}

char *xvasprintf(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		checked(NULL);
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	return text;
}
