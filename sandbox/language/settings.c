// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind an option or key → the settings it stands for. A list is split first, and each
 * item read by itself (language/setting_value.c); so a home directory with a comma in its name is
 * one path, since items are split before anything in them is expanded.
 */
#include "language/settings.h"

#include <errno.h>

/* Values can be long; the reason behind them must not be cut off for that. */
static const char *shortened(const char *value, char *buffer, size_t size)
{
	size_t length = strlen(value), keep = size - 4;

	if (length < size)
		return value;
	/* Not in the middle of a character. */
	while (keep && ((unsigned char)value[keep] & 0xc0) == 0x80)
		keep--;
	memcpy(buffer, value, keep);
	memcpy(buffer + keep, "…", 4);
	return buffer;
}

int setting_error(const struct option_row *row, const char *value,
		  const struct value_source *source, struct error *e)
{
	char buffer[200];
	const char *shown = shortened(value, buffer, sizeof(buffer));
	/* A key that ends in "." goes on in the value. */
	const char *space = *shown && !(row->key && row->key[strlen(row->key) - 1] == '.' &&
					source->origin.file)
				    ? " "
				    : "";

	if (source->origin.file)
		return error_wrap(e, "%s:%u: %s%s%s", source->origin.file, source->origin.line,
				  row->key, space, shown);
	return error_wrap(e, "--%s%s%s", row->name, space, shown);
}

bool list_next(const char **at, bool blanks_separate, char **ret_item)
{
	const char *separators = blanks_separate ? ", \t" : ",", *text = *at;
	size_t length = 0;

	if (!text)
		return false;
	if (blanks_separate)
		text += strspn(text, " \t");
	while (text[length] && !strchr(separators, text[length]))
		length += text[length] == '\\' && text[length + 1] ? 2 : 1;
	*ret_item = xstrndup(text, length);
	text += length;
	/* "a , b" in a profile has one comma between two items, not an empty one. */
	if (blanks_separate)
		text += strspn(text, " \t");
	*at = !*text ? NULL : *text == ',' ? text + 1 : text;
	return true;
}

static int add_setting(const struct option_row *row, const char *rest, const char *item,
		       const struct value_source *source, struct request *request, struct error *e)
{
	_cleanup_free_ char *scratch = xstrdup(item);
	struct setting *setting = vector_add(&request->settings);
	struct setting_value value = {row, rest, source, scratch, setting};
	int r;

	setting->id = (enum setting_id)row->id;
	/* "rlimit.nofile = 100" and "--rlimit nofile=100" are the same setting. */
	setting->name = source->origin.file && !rest ? row->key : row->name;
	setting->text = rest ? xasprintf("%s=%s", rest, item) : xstrdup(item);
	setting->origin = source->origin;
	setting->origin.file = xstrdup(source->origin.file);
	r = setting_value_parse(&value, e);
	if (r >= 0)
		return 0;
	/* A half-made setting must not be taken for a rule. */
	setting_free(setting);
	request->settings.count--;
	if (!rest)
		return setting_error(row, item, source, e);
	free(scratch);
	scratch = xasprintf("%s = %s", rest, item);
	return setting_error(row, scratch, source, e);
}

int setting_parse(const struct option_row *row, const char *rest, const char *value,
		  const struct value_source *source, struct request *request, struct error *e)
{
	bool blanks = source->origin.file != NULL;
	const char *at = value;
	char *next;
	int r;

	/* "rlimit.nofile = 100" is one value, not a list of names and values. */
	if (!option_is_list(row) || rest)
		return add_setting(row, rest, value, source, request, e);
	while (list_next(&at, blanks, &next)) {
		_cleanup_free_ char *item = next;

		if (!*item) {
			error_set(e, EINVAL, *value ? "empty item in the list" : "empty value");
			return setting_error(row, value, source, e);
		}
		r = add_setting(row, rest, item, source, request, e);
		if (r < 0)
			return r;
	}
	return 0;
}
