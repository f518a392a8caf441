// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_verdicts.h"
#include "kernel/seccomp.h"
#include "language/policy_samples.h"

#include <linux/audit.h>

static uint64_t random_state = 0x9e3779b97f4a7c15ULL;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static bool compare(const struct policy_rules *rules, const struct sock_filter *instructions,
		    size_t count, const struct seccomp_data *data, bool report)
{
	uint32_t expected = policy_evaluate(rules, data, NULL), got;

	if (seccomp_simulate(instructions, count, data, &got, NULL) == 0 && got == expected)
		return true;
	if (report)
		fprintf(stderr, "arch %x call %d (%llx, %llx, %llx …): rules %08x, filter %08x\n",
			data->arch, data->nr, data->args[0], data->args[1], data->args[2], expected,
			got);
	return false;
}

size_t verdicts_differ(const struct policy_rules *rules, const struct sock_filter *instructions,
		       size_t count, size_t *ret_compared)
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM, 0};
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0, 700},
		{0x0f0000, 0x0f0010},
		{0x3ffffff0, 0x40000300},
		{0x7ffffff0, 0x80000010},
		{0xfffffff0, 0xffffffff},
	};
	size_t differ = 0;

	*ret_compared = 0;
	for (size_t a = 0; a < 5; a++) {
		for (size_t r = 0; r < 5; r++) {
			for (uint64_t n = ranges[r].from; n <= ranges[r].to; n++) {
				struct seccomp_data data = {.nr = (int)(uint32_t)n,
							    .arch = arches[a]};
				struct policy_samples values[6] = {{0}};

				if (!policy_samples(rules, arches[a], (uint32_t)n, values)) {
					differ += !compare(rules, instructions, count, &data,
							   differ < 5);
					++*ret_compared;
				} else {
					for (unsigned int i = 0; i < 6; i++) {
						policy_add_samples(&values[i], 0);
						*vector_add(&values[i]) = next_random();
					}
					for (unsigned int i = 0; i < 6; i++)
						vector_each (v, &values[i]) {
							for (unsigned int k = 0; k < 6; k++)
								data.args[k] =
									values[k].items
										[next_random() %
										 values[k].count];
							data.args[i] = *v;
							differ +=
								!compare(rules, instructions, count,
									 &data, differ < 5);
							++*ret_compared;
						}
					for (unsigned int t = 0; t < 200; t++) {
						for (unsigned int k = 0; k < 6; k++)
							data.args[k] =
								values[k].items[next_random() %
										values[k].count];
						differ += !compare(rules, instructions, count,
								   &data, differ < 5);
						++*ret_compared;
					}
				}
				for (unsigned int i = 0; i < 6; i++)
					vector_free(&values[i]);
			}
		}
	}
	return differ;
}
