// SPDX-License-Identifier: GPL-2.0-or-later
/* Statements as text again, for `hutch profile seccomp explain` and the import of other forms. */
#include "language/policy.h"

static void format_atom(const struct policy_atom *atom, struct strbuf *out)
{
	static const char *const operators[] = {
		[POLICY_EQUAL] = "==",       [POLICY_NOT_EQUAL] = "!=",
		[POLICY_LESS] = "<",         [POLICY_LESS_EQUAL] = "<=",
		[POLICY_GREATER] = ">",      [POLICY_GREATER_EQUAL] = ">=",
		[POLICY_ANY_BIT] = "&",      [POLICY_ONLY_BITS] = "in",
		[POLICY_MASKED_EQUAL] = "&",
	};
	uint64_t width = atom->narrow ? UINT32_MAX : UINT64_MAX;
	uint64_t first = atom->comparison == POLICY_MASKED_EQUAL ? atom->mask : atom->value;

	strbuf_printf(out, "%s%u %s ", atom->narrow ? "int" : "arg", atom->argument,
		      operators[atom->comparison]);
	/* Few bits left out read better as what they leave out. */
	if (atom->comparison == POLICY_ONLY_BITS && __builtin_popcountll(first & width) > 32)
		strbuf_printf(out, "~0x%llx", (unsigned long long)(~first & width));
	else
		strbuf_printf(out, "0x%llx", (unsigned long long)first);
	if (atom->comparison == POLICY_MASKED_EQUAL)
		strbuf_printf(out, " == 0x%llx", (unsigned long long)atom->value);
}

void policy_format_filter(const struct policy *policy, const struct policy_filter *filter,
			  struct strbuf *out)
{
	const char *name = policy_action_name(filter->action);

	for (uint32_t c = 0; c < filter->clauses.count; c++) {
		struct policy_span clause = policy->clauses.items[filter->clauses.first + c];

		strbuf_printf(out, "%s", c ? " || " : "");
		for (uint32_t i = 0; i < clause.count; i++) {
			strbuf_printf(out, "%s", i ? " && " : "");
			format_atom(&policy->atoms.items[clause.first + i], out);
		}
	}
	strbuf_printf(out, "%s", filter->clauses.count ? "; " : "");
	if (filter->action == POLICY_ACTION_BLOCK)
		strbuf_printf(out, "return");
	else if ((filter->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && name[0] == 'E')
		strbuf_printf(out, "return %s", name);
	else
		strbuf_printf(out, "%s", name);
}
