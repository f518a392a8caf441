// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The policies and groups that come with hutch.
 *
 * They are part of the program: their text (embed_policies.py) and, for policies, the compiled
 * filters (compile_policies.c). The files in the data directory are for people to read and copy and
 * are never read by hutch. So there is no directory that could be the wrong one: no environment
 * variable, no path that a build tree has and an installed program has not, and a start that uses a
 * shipped policy opens no file and compiles nothing.
 */

/* One shipped text; names are "default.policy" and "groups/mount". */
struct policy_builtin {
	const char *name, *text;
	size_t length;
};

size_t policy_builtin_count(void);
struct policy_builtin policy_builtin_at(size_t index);

/* The shipped text called @directory@name@suffix ("groups/", "mount", ""); text is NULL if none. */
struct policy_builtin policy_builtin_find(const char *directory, const char *name,
					  const char *suffix);

/* The compiled filter of shipped policy @name, or false. */
bool policy_builtin_filter(const char *name, bool nested, const struct sock_filter **ret,
			   size_t *ret_count);

/* Made by embed_policies.py: offsets of name and text into one blob; the last is its end. */
extern const char policy_text_blob[];
extern const uint32_t policy_text_offsets[];
extern const uint32_t policy_text_count;
extern const char policy_text_digest[]; /* of them all: changes when one changes */

/* Made by compile_policies: for each policy name, plain and nested, a run of instructions. */
struct policy_filter_entry {
	char name[32];
	uint32_t first[2], count[2]; /* [nested] */
};
extern const struct sock_filter policy_filter_instructions[];
extern const struct policy_filter_entry policy_filter_entries[];
extern const uint32_t policy_filter_count;
