// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text: parsing ends, and what compiles says in the filter what it says in the text. */
#include "kernel/seccomp.h"
#include "language/policy.h"
#include "language/policy_calls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* An argument: small, one that the policy mentions, or anything. */
static uint64_t argument(const struct policy *policy, uint64_t *state)
{
	uint64_t r = next(state);

	if (policy->atoms.count && r % 4)
		return policy->atoms.items[r / 4 % policy->atoms.count].value + next(state) % 3 - 1;
	return r % 8 ? next(state) % 16 : next(state);
}

static void compare(const struct policy_rules *rules, const struct policy_program *program,
		    uint64_t *state)
{
	for (int i = 0; i < 40; i++) {
		const struct policy_arch_rules *a =
			&rules->arches.items[next(state) % rules->arches.count];
		struct seccomp_data call = {.arch = a->audit_arch, .nr = (int)(next(state) % 512)};
		uint32_t got = 0;

		if (a->rules.count && i % 4)
			call.nr = (int)a->rules.items[next(state) % a->rules.count].number;
		for (int k = 0; k < 6; k++)
			call.args[k] = argument(rules->policy, state);
		if (seccomp_simulate(program->items, program->count, &call, &got, NULL) < 0 ||
		    got != policy_evaluate(rules, &call, NULL))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_options options = {.no_files = true};
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	_cleanup_program_ struct policy_program program = {0};
	_cleanup_strbuf_ struct strbuf words = {0};
	uint64_t state = size * 0x9e3779b97f4a7c15ULL + 1;
	struct error e;

	policy_parse(&policy, "fuzz", NULL, (const char *)data, size, false, &options);
	policy_resolve(&policy, policy_arch_native(), size % 2, &rules);
	vector_each (d, &policy.diagnostics)
		policy_format_diagnostic(&policy, d, &words);
	if (policy.errors || policy_compile(&rules, &program, &e) < 0)
		return 0;
	compare(&rules, &program, &state);
	return 0;
}
