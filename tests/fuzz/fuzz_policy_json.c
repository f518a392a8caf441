// SPDX-License-Identifier: GPL-2.0-or-later
/* Any JSON: the import ends, and what it makes is a policy without errors. */
#include "language/policy.h"
#include "language/policy_calls.h"
#include "language/policy_json.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_options options = {.no_files = true};
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	_cleanup_program_ struct policy_program program = {0};
	_cleanup_strbuf_ struct strbuf out = {0};
	struct error e;

	if (policy_import_json("fuzz", (const char *)data, size, &out, &e) < 0)
		return 0;
	policy_parse(&policy, "fuzz", NULL, out.text, out.length, false, &options);
	policy_resolve(&policy, policy_arch_native(), false, &rules);
	if (policy.errors) {
		policy_first_error(&policy, &e);
		fprintf(stderr, "%s\n%s\n", e.text, out.text);
		abort();
	}
	if (policy_compile(&rules, &program, &e) < 0 && e.code != E2BIG)
		abort();
	return 0;
}
