// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/alloc.h"
#include "base/vector.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline void free_cleanup(void *pointer)
{
	free(*(void **)pointer);
}

#define _cleanup_free_ __attribute__((cleanup(free_cleanup)))

/* Hand a pointer over: the variable is NULL, the value returned. */
#define TAKE_PTR(pointer)                               \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The rest of @text behind @prefix, or NULL where it does not begin so. */
static inline const char *startswith(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* A text that grows; `text` is NUL-terminated once anything was added. */
struct strbuf {
	char *text;
	size_t length, capacity;
};

void strbuf_append(struct strbuf *buffer, const char *text, size_t length);
void strbuf_printf(struct strbuf *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_free(struct strbuf *buffer);

#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_free)))

/* A NULL-terminated list of strings that owns them (argv, envp). */
struct strv {
	char **items; /* NULL-terminated once anything was added */
	size_t count, capacity;
};

/* Add a string; the list takes ownership. */
void strv_take(struct strv *list, char *text);
/* Add a copy. */
void strv_add(struct strv *list, const char *text);
/* By their bytes, each once. */
void strv_sort(struct strv *list);
bool strv_has(const struct strv *list, const char *text);
void strv_free(struct strv *list);

#define _cleanup_strv_ __attribute__((cleanup(strv_free)))

/*
 * @text with every control byte, invalid UTF-8 byte and backslash written as \n, \t, \e, \\ or
 * \xNN, so that a file name can't speak to the user's terminal. The caller frees it.
 */
char *string_escape(const char *text);

/* What string_escape() made of it; the caller frees it. */
char *string_unescape(const char *text);

/*
 * How many of the @length bytes at @text are valid UTF-8 from the beginning: @length where all are.
 * C1 control characters count as invalid, since terminals obey them.
 */
size_t string_utf8_length(const char *text, size_t length);

/*
 * The candidate nearest to @word by edit distance, or NULL where none is near enough to be meant
 * (at most a third of the word's length, and at most 3, edits away).
 */
const char *string_nearest(const char *word, const char *const *candidates, size_t count);
