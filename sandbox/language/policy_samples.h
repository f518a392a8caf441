// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/policy.h"

/* Arguments worth trying on a policy: around every value that it mentions. */

struct policy_samples {
	uint64_t *items;
	size_t count, capacity;
};

/* @value, its neighbours, each of its bits alone and left out, and copies with another upper half.
 */
void policy_add_samples(struct policy_samples *samples, uint64_t value);

/*
 * Samples for each argument of call @number of @audit_arch, from the rules that rule on it.
 *
 * Return: whether any of them looks at arguments; there are no samples otherwise.
 */
bool policy_samples(const struct policy_rules *rules, uint32_t audit_arch, uint32_t number,
		    struct policy_samples samples[6]);
