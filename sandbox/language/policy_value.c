// SPDX-License-Identifier: GPL-2.0-or-later
/* One value alone: read as the only one of a policy, so that it means what it means there. */
#include "language/policy.h"

#include <errno.h>
#include <string.h>

int policy_value(const char *text, uint64_t *ret, struct error *e)
{
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_free_ char *statement = xasprintf("0: arg0 == %s", text);
	const struct policy_options options = {.no_files = true};
	int r = policy_parse(&policy, "argument", NULL, statement, strlen(statement), false,
			     &options);

	if (r == 0 && policy.atoms.count == 1 && policy.statements.count == 1) {
		*ret = policy.atoms.items[0].value;
		return 0;
	}
	if (policy.diagnostics.count)
		return error_set(e, EINVAL, "argument \"%s\": %s", text,
				 policy.diagnostics.items[0].text);
	return error_set(e, EINVAL, "argument \"%s\" is no number or constant", text);
}
