// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_builtin.h"
#include "base/string.h"

#include <string.h>

size_t policy_builtin_count(void)
{
	return policy_text_count;
}

struct policy_builtin policy_builtin_at(size_t index)
{
	const uint32_t *offsets = &policy_text_offsets[index * 2];

	/* Name and text both end in a NUL byte. */
	return (struct policy_builtin){
		.name = policy_text_blob + offsets[0],
		.text = policy_text_blob + offsets[1],
		.length = offsets[2] - offsets[1] - 1,
	};
}

struct policy_builtin policy_builtin_find(const char *directory, const char *name,
					  const char *suffix)
{
	_cleanup_free_ char *whole = xasprintf("%s%s%s", directory, name, suffix);

	for (size_t i = 0; i < policy_builtin_count(); i++) {
		struct policy_builtin builtin = policy_builtin_at(i);

		if (streq(builtin.name, whole))
			return builtin;
	}
	return (struct policy_builtin){0};
}

bool policy_builtin_filter(const char *name, bool nested, const struct sock_filter **ret,
			   size_t *ret_count)
{
	for (uint32_t i = 0; i < policy_filter_count; i++) {
		const struct policy_filter_entry *entry = &policy_filter_entries[i];

		if (!streq(entry->name, name))
			continue;
		*ret = policy_filter_instructions + entry->first[nested];
		*ret_count = entry->count[nested];
		return true;
	}
	return false;
}
