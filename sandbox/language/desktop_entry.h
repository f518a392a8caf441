// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "base/vector.h"

/*
 * Desktop entries (freedesktop.org, Desktop Entry Specification 1.5): groups of keys, as text.
 *
 * Strict, since what is written from them is run by others: UTF-8 without control characters, of
 * bounded size, each group and each key once.
 */

enum {
	DESKTOP_SIZE_LIMIT = 256 * 1024,
	DESKTOP_LINE_LIMIT = 32 * 1024,
	DESKTOP_GROUP_LIMIT = 64,
	DESKTOP_KEY_LIMIT = 2048, /* in one group */
	DESKTOP_WORD_LIMIT = 256, /* of one Exec */
};

struct desktop_key {
	char *name;  /* with its locale: "Name[de]" */
	char *value; /* as written, escapes in it */
};

struct desktop_group {
	char *name;
	VECTOR(struct desktop_key) keys;
};

struct desktop_entry {
	VECTOR(struct desktop_group) groups;
};

/* Read one; @length bytes at @data. To be freed in any case. */
int desktop_entry_parse(const char *data, size_t length, struct desktop_entry *ret,
			struct error *e);
void desktop_entry_free(struct desktop_entry *entry);

#define _cleanup_desktop_entry_ __attribute__((cleanup(desktop_entry_free)))

/* The group of that name, and the value of a key of it; NULL where there is none. */
const struct desktop_group *desktop_entry_group(const struct desktop_entry *entry,
						const char *name);
const char *desktop_group_get(const struct desktop_group *group, const char *key);

/*
 * The words of a value of Exec: escapes and quotes taken off, field codes ("%U") left as they are.
 * A field code in quotes is refused, as the specification does.
 */
int desktop_exec_split(const char *value, struct strv *ret, struct error *e);

/* Append a word to a value of Exec, quoted where it has to be, with a blank in front where it is
 * not the first. */
void desktop_exec_add(struct strbuf *exec, const char *word);

/* The same for a word without field codes: a percent sign in it is one. */
void desktop_exec_add_literal(struct strbuf *exec, const char *word);
