// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_samples.h"

void policy_add_samples(struct policy_samples *samples, uint64_t value)
{
	const uint64_t some[] = {value,
				 value + 1,
				 value - 1,
				 ~value,
				 value | (1ULL << 32),
				 value ^ (1ULL << 63),
				 value & UINT32_MAX,
				 value | 0xdead00000000ULL,
				 value << 32};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		*vector_add(samples) = some[i];
	for (unsigned int bit = 0; bit < 64; bit++) {
		/* ~FLAGS: the bits of the flags are the interesting ones, and there are few. */
		uint64_t few = __builtin_popcountll(value) <= 16 ? value : ~value;

		if (!(few & (1ULL << bit)) || __builtin_popcountll(few) > 16)
			continue;
		*vector_add(samples) = 1ULL << bit;
		*vector_add(samples) = value ^ (1ULL << bit);
	}
}

static void add_filter(const struct policy *policy, const struct policy_filter *filter,
		       struct policy_samples samples[6])
{
	for (uint32_t c = 0; c < filter->clauses.count; c++) {
		struct policy_span clause = policy->clauses.items[filter->clauses.first + c];

		for (uint32_t i = 0; i < clause.count; i++) {
			const struct policy_atom *atom = &policy->atoms.items[clause.first + i];

			policy_add_samples(&samples[atom->argument], atom->value);
			if (atom->comparison == POLICY_MASKED_EQUAL)
				policy_add_samples(&samples[atom->argument], atom->mask);
		}
	}
}

bool policy_samples(const struct policy_rules *rules, uint32_t audit_arch, uint32_t number,
		    struct policy_samples samples[6])
{
	bool any = false;

	vector_each (a, &rules->arches) {
		vector_each (rule, &a->rules) {
			if (a->audit_arch != audit_arch || rule->number != number)
				continue;
			for (uint32_t i = 0; i < rule->filters.count; i++) {
				uint32_t index = rules->filters.items[rule->filters.first + i];

				add_filter(rules->policy, &rules->policy->filters.items[index],
					   samples);
			}
		}
	}
	for (unsigned int i = 0; i < 6; i++)
		any |= samples[i].count != 0;
	return any;
}
