// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/desktop_entry.h"

#include <errno.h>

/* What has to stand in quotes (Desktop Entry Specification, "The Exec key"). */
#define RESERVED " \t\n\"'\\><~|&;$*?#()`"
/* What takes a backslash in quotes. */
#define ESCAPED "\"`$\\"

void desktop_entry_free(struct desktop_entry *entry)
{
	vector_each (group, &entry->groups) {
		vector_each (key, &group->keys) {
			free(key->name);
			free(key->value);
		}
		vector_free(&group->keys);
		free(group->name);
	}
	vector_free(&entry->groups);
}

const struct desktop_group *desktop_entry_group(const struct desktop_entry *entry, const char *name)
{
	vector_each (group, &entry->groups)
		if (streq(group->name, name))
			return group;
	return NULL;
}

const char *desktop_group_get(const struct desktop_group *group, const char *key)
{
	vector_each (one, &group->keys)
		if (streq(one->name, key))
			return one->value;
	return NULL;
}

static bool has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return true;
	return false;
}

static int add_group(struct desktop_entry *entry, const char *line, size_t length, unsigned number,
		     struct error *e)
{
	_cleanup_free_ char *name = NULL;

	if (length < 3 || line[length - 1] != ']' || memchr(line + 1, '[', length - 1) ||
	    memchr(line, ']', length - 1))
		return error_set(e, EINVAL, "line %u: no name of a group", number);
	name = xstrndup(line + 1, length - 2);
	if (desktop_entry_group(entry, name))
		return error_set(e, EINVAL, "line %u: the group %.60s a second time", number, name);
	if (entry->groups.count == DESKTOP_GROUP_LIMIT)
		return error_set(e, E2BIG, "line %u: too many groups", number);
	vector_add(&entry->groups)->name = TAKE_PTR(name);
	return 0;
}

/* "Name", "Name[sr@latin]". */
static bool is_key(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-");
	const char *rest = name + length;

	if (!length || !*rest)
		return length;
	length = strspn(rest + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_.@");
	return *rest == '[' && length && streq(rest + 1 + length, "]");
}

static int add_key(struct desktop_entry *entry, const char *line, size_t length, unsigned number,
		   struct error *e)
{
	const char *equals = memchr(line, '=', length), *value;
	struct desktop_group *group;
	struct desktop_key *key;
	_cleanup_free_ char *name = NULL;
	size_t end;

	if (!equals)
		return error_set(e, EINVAL, "line %u: neither a group nor a key", number);
	if (!entry->groups.count)
		return error_set(e, EINVAL, "line %u: a key before the first group", number);
	group = &entry->groups.items[entry->groups.count - 1];
	end = (size_t)(equals - line);
	while (end && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	name = xstrndup(line, end);
	if (!is_key(name))
		return error_set(e, EINVAL, "line %u: not the name of a key", number);
	if (desktop_group_get(group, name))
		return error_set(e, EINVAL, "line %u: the key %.60s a second time", number, name);
	if (group->keys.count == DESKTOP_KEY_LIMIT)
		return error_set(e, E2BIG, "line %u: too many keys", number);
	value = equals + 1;
	while (value < line + length && (*value == ' ' || *value == '\t'))
		value++;
	key = vector_add(&group->keys);
	key->name = TAKE_PTR(name);
	key->value = xstrndup(value, (size_t)(line + length - value));
	return 0;
}

int desktop_entry_parse(const char *data, size_t length, struct desktop_entry *ret, struct error *e)
{
	unsigned number = 0;
	int r = 0;

	if (length > DESKTOP_SIZE_LIMIT)
		return error_set(e, E2BIG, "more than %d bytes", DESKTOP_SIZE_LIMIT);
	for (size_t at = 0; r == 0 && at < length;) {
		const char *line = data + at, *newline = memchr(line, '\n', length - at);
		size_t size = newline ? (size_t)(newline - line) : length - at;

		at += size + 1;
		number++;
		while (size &&
		       (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r'))
			size--;
		if (!size || line[0] == '#')
			continue;
		if (size > DESKTOP_LINE_LIMIT)
			return error_set(e, E2BIG, "line %u: more than %d bytes", number,
					 DESKTOP_LINE_LIMIT);
		if (has_control(line, size) || string_utf8_length(line, size) != size)
			return error_set(e, EINVAL, "line %u: a control character, or not UTF-8",
					 number);
		r = line[0] == '[' ? add_group(ret, line, size, number, e)
				   : add_key(ret, line, size, number, e);
	}
	return r;
}

/* The escapes that every string of a desktop entry has. */
static char *unescape(const char *value)
{
	static const char from[] = "sntr\\", to[] = " \n\t\r\\";
	char *text = xcalloc(strlen(value) + 1, 1), *end = text;

	for (; *value; value++) {
		const char *found = value[0] == '\\' && value[1] ? strchr(from, value[1]) : NULL;

		/* An unknown one is left for the rules of quoting. */
		*end++ = found ? to[found - from] : *value;
		value += found != NULL;
	}
	return text;
}

/* Copy what stands in quotes to @end; the place of the closing one, or NULL. */
static const char *copy_quoted(const char *at, char **end)
{
	char quote = *at++;

	for (; *at && *at != quote; at++) {
		if (quote == '"' && at[0] == '\\' && at[1] && strchr(ESCAPED, at[1]))
			at++;
		*(*end)++ = *at;
	}
	return *at ? at : NULL;
}

static bool has_field_code(const char *from, const char *to)
{
	for (; from < to; from++) {
		if (from[0] == '%' && from + 1 < to && from[1] == '%')
			from++;
		else if (from[0] == '%')
			return true;
	}
	return false;
}

/* One word from @at on; where it ends, or NULL with a message. */
static const char *take_word(const char *at, char *word, struct error *e)
{
	for (; *at && *at != ' ' && *at != '\t'; at++) {
		if (*at == '"' || *at == '\'') {
			const char *begin = word;

			at = copy_quoted(at, &word);
			if (!at) {
				error_set(e, EINVAL, "a quotation mark without its pair");
				return NULL;
			}
			if (has_field_code(begin, word)) {
				error_set(e, EINVAL, "a field code in quotation marks");
				return NULL;
			}
		} else {
			if (at[0] == '\\' && at[1])
				at++;
			*word++ = *at;
		}
	}
	*word = '\0';
	return at;
}

int desktop_exec_split(const char *value, struct strv *ret, struct error *e)
{
	_cleanup_free_ char *text = unescape(value);
	const char *at = text;

	if (has_control(text, strlen(text)))
		return error_set(e, EINVAL, "a control character");
	for (;;) {
		_cleanup_free_ char *word = xcalloc(strlen(text) + 1, 1);

		at += strspn(at, " \t");
		if (!*at)
			break;
		at = take_word(at, word, e);
		if (!at)
			return -EINVAL;
		if (ret->count == DESKTOP_WORD_LIMIT)
			return error_set(e, E2BIG, "more than %d words", DESKTOP_WORD_LIMIT);
		/* Outside of quotes only; where both are in a word, it can't be written again. */
		if (strpbrk(word, RESERVED) && has_field_code(word, word + strlen(word)))
			return error_set(e, EINVAL, "a field code in a word to be quoted");
		strv_take(ret, TAKE_PTR(word));
	}
	return ret->count ? 0 : error_set(e, EINVAL, "empty");
}

void desktop_exec_add(struct strbuf *exec, const char *word)
{
	if (exec->length)
		strbuf_append(exec, " ", 1);
	if (*word && !strpbrk(word, RESERVED)) {
		strbuf_append(exec, word, strlen(word));
		return;
	}
	strbuf_append(exec, "\"", 1);
	for (; *word; word++) {
		/* A backslash of the quoting is itself escaped, as in every string. */
		if (strchr(ESCAPED, *word))
			strbuf_append(exec, "\\\\", 2);
		if (*word == '\\')
			strbuf_append(exec, "\\\\", 2);
		else
			strbuf_append(exec, word, 1);
	}
	strbuf_append(exec, "\"", 1);
}

void desktop_exec_add_literal(struct strbuf *exec, const char *word)
{
	_cleanup_free_ char *doubled = xcalloc(strlen(word) * 2 + 1, 1);
	char *end = doubled;

	for (; *word; word++) {
		if (*word == '%')
			*end++ = '%';
		*end++ = *word;
	}
	desktop_exec_add(exec, doubled);
}
