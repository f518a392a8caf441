// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdarg.h>
#include <stddef.h>

/*
 * Allocation that does not return without memory.
 *
 * The launcher allocates while it makes the plan, before anything runs, and hardly at all after.
 * Running out of memory there has one right answer: say so and end with 125. So these print one
 * line and leave with status 125 instead of returning NULL. A sandbox that is already running ends
 * with its launcher.
 *
 * Nothing between clone and exec may call them (style: no allocation there).
 */

/* Say so and end: for libraries that tell it by what they return. */
void out_of_memory(void) __attribute__((noreturn));

/* @pointer, of whatever type, if there is one. */
#define alloc_checked(pointer)                         \
	({                                             \
		__typeof__(pointer) made_ = (pointer); \
		if (!made_)                            \
			out_of_memory();               \
		made_;                                 \
	})

/* Zeroed memory of @count times @size bytes; the caller frees it. */
void *xcalloc(size_t count, size_t size);

/* realloc(3) to @count times @size bytes, checked for overflow. */
void *xreallocarray(void *pointer, size_t count, size_t size);

/* strdup(3); NULL stays NULL. */
char *xstrdup(const char *text);

/* strndup(3). */
char *xstrndup(const char *text, size_t length);

/* A copy of @length bytes of @data, followed by a NUL byte that is not counted. */
void *xmemdup(const void *data, size_t length);

/* asprintf(3) and vasprintf(3), returning the text; the caller frees it. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
