// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_constants.h"
#include "base/string.h"

#include <string.h>

static const char *name_at(uint32_t index)
{
	return policy_constant_names + policy_constant_offsets[index];
}

bool policy_constant(const char *name, uint64_t *ret_value)
{
	uint32_t low = 0, high = policy_constant_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(name, name_at(middle));

		if (order == 0) {
			*ret_value = policy_constant_values[middle];
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

const char *policy_constant_nearest(const char *name)
{
	VECTOR(const char *) names = {0};
	size_t wanted = strlen(name);
	const char *nearest;

	/* There are very many: only those that begin alike and are about as long are compared. */
	for (uint32_t i = 0; i < policy_constant_count; i++) {
		size_t length;

		if (name_at(i)[0] != name[0])
			continue;
		length = strlen(name_at(i));
		if (length <= wanted + 3 && wanted <= length + 3)
			*vector_add(&names) = name_at(i);
	}
	nearest = string_nearest(name, names.items, names.count);
	vector_free(&names);
	return nearest;
}
