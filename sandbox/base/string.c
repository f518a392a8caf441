// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/string.h"

#include <stdarg.h>
#include <stdio.h>

static void reserve(struct strbuf *buffer, size_t more)
{
	size_t need = buffer->length + more + 1;

	if (need <= buffer->capacity)
		return;
	buffer->capacity = need < 64 ? 64 : need + need / 2;
	buffer->text = xreallocarray(buffer->text, buffer->capacity, 1);
}

void strbuf_append(struct strbuf *buffer, const char *text, size_t length)
{
	reserve(buffer, length);
	memcpy(buffer->text + buffer->length, text, length);
	buffer->length += length;
	buffer->text[buffer->length] = '\0';
}

void strbuf_printf(struct strbuf *buffer, const char *format, ...)
{
	va_list arguments;
	_cleanup_free_ char *text = NULL;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	strbuf_append(buffer, text, strlen(text));
}

void strbuf_free(struct strbuf *buffer)
{
	free(buffer->text);
	*buffer = (struct strbuf){0};
}

void strv_take(struct strv *list, char *text)
{
	if (list->count + 2 > list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 16;
		list->items = xreallocarray(list->items, list->capacity, sizeof(char *));
	}
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void strv_add(struct strv *list, const char *text)
{
	strv_take(list, xstrdup(text));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool strv_has(const struct strv *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (streq(list->items[i], text))
			return true;
	return false;
}

void strv_sort(struct strv *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(char *), compare);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && streq(list->items[kept - 1], list->items[i]))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	list->items[kept] = NULL;
}

void strv_free(struct strv *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strv){0};
}

/* Length of the valid UTF-8 sequence at @s, 0 where there is none. Overlong forms and surrogates
 * are invalid. */
static size_t utf8_sequence(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = s[0] < 0x80   ? 1
			: s[0] < 0xc2 ? 0
			: s[0] < 0xe0 ? 2
			: s[0] < 0xf0 ? 3
			: s[0] < 0xf5 ? 4
				      : 0;
	uint32_t point;

	if (length < 2)
		return length;
	point = s[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (point < least[length] || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
		return 0;
	/* C1 controls speak to terminals as ESC does. */
	return point < 0xa0 ? 0 : length;
}

size_t string_utf8_length(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length) {
		unsigned char sequence[5] = {0};
		size_t left = length - at, got = 1;

		if ((unsigned char)text[at] >= 0x80) {
			memcpy(sequence, text + at, left < 4 ? left : 4);
			got = utf8_sequence(sequence);
		}
		if (!got)
			break;
		at += got;
	}
	return at;
}

char *string_escape(const char *text)
{
	struct strbuf out = {0};

	strbuf_append(&out, "", 0);
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t length = utf8_sequence(s);

		if (*s == '\\')
			strbuf_append(&out, "\\\\", 2);
		else if (*s == '\n')
			strbuf_append(&out, "\\n", 2);
		else if (*s == '\t')
			strbuf_append(&out, "\\t", 2);
		else if (*s == '\033')
			strbuf_append(&out, "\\e", 2);
		else if (*s < 0x20 || *s == 0x7f || length == 0)
			strbuf_printf(&out, "\\x%02x", *s);
		else
			strbuf_append(&out, (const char *)s, length);
		s += length ? length : 1;
	}
	return out.text;
}

static int hex_digit(char digit)
{
	return digit >= '0' && digit <= '9'   ? digit - '0'
	       : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
					      : -1;
}

char *string_unescape(const char *text)
{
	char *plain = xstrdup(text), *to = plain;

	for (const char *from = text; *from; to++) {
		if (*from != '\\' || !from[1]) {
			*to = *from++;
			continue;
		}
		if (from[1] == 'x' && hex_digit(from[2]) >= 0 && hex_digit(from[3]) >= 0) {
			*to = (char)(hex_digit(from[2]) * 16 + hex_digit(from[3]));
			from += 4;
			continue;
		}
		*to = from[1] == 'n'   ? '\n'
		      : from[1] == 't' ? '\t'
		      : from[1] == 'e' ? '\033'
				       : from[1];
		from += 2;
	}
	*to = '\0';
	return plain;
}

/* Edits that lead from @a, of @height letters, to @b; two letters changed round are one, being the
 * commonest error of all. SIZE_MAX: more than @limit. */
static size_t edit_distance(const char *a, size_t height, const char *b, size_t limit)
{
	size_t rows[3][64], *before = rows[0], *last = rows[1], *row = rows[2];
	size_t width = strlen(b), least = 0, least_before;

	if (width >= sizeof(rows[0]) / sizeof(rows[0][0]) || width > height + limit ||
	    height > width + limit)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; i <= height; i++) {
		size_t *oldest = before;

		before = last;
		last = row;
		row = oldest;
		row[0] = i;
		least_before = least;
		least = i;
		for (size_t j = 1; j <= width; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < row[j])
				row[j] = last[j] + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			if (row[j] < least)
				least = row[j];
		}
		/* A row is made of the two before it, and never less than both. */
		if (least > limit && least_before > limit)
			return SIZE_MAX;
	}
	return row[width] <= limit ? row[width] : SIZE_MAX;
}

const char *string_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strlen(word), limit = (length + 2) / 3;
	const char *best = NULL;

	if (limit > 3)
		limit = 3;
	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(word, length, candidates[i], limit);

		if (distance != SIZE_MAX) {
			best = candidates[i];
			if (!distance)
				break;
			limit = distance - 1;
		}
	}
	return best;
}
