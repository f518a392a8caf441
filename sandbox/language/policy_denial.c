// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_denial.h"
#include "base/string.h"
#include "kernel/seccomp.h"
#include "language/policy_builtin.h"
#include "language/policy_calls.h"

/* From the least that is granted to the most; "strict" grants less than the default. */
static const char *const shipped[] = {"default", "desktop", "dev", "browser"};

static bool allows(const char *policy, bool nested, const struct seccomp_data *call)
{
	const struct sock_filter *instructions;
	size_t count;
	uint32_t verdict;

	return policy_builtin_filter(policy, nested, &instructions, &count) &&
	       seccomp_simulate(instructions, count, call, &verdict, NULL) == 0 &&
	       !seccomp_denies(verdict);
}

char *policy_denial_call(const struct seccomp_data *call)
{
	int arch = policy_arch_of(call->arch, (uint32_t)call->nr);
	char *name = arch < 0 ? NULL : policy_call_name((unsigned int)arch, (uint32_t)call->nr);

	return name ? name : xasprintf("number %d", call->nr);
}

void policy_describe_denial(const char *policy, bool nested, const struct seccomp_data *call,
			    int code, struct error *e)
{
	_cleanup_free_ char *name = policy_denial_call(call);

	error_set(e, code,
		  "the seccomp policy %s denied the system call %s (0x%llx, 0x%llx, 0x%llx)",
		  policy, name, call->args[0], call->args[1], call->args[2]);
	e->code = code;
	for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++)
		if (!streq(shipped[i], policy) && allows(shipped[i], nested, call)) {
			error_remedy(e, "--seccomp %s allows it", shipped[i]);
			return;
		}
	error_remedy(
		e,
		"no shipped policy allows it; a file of your own that says \"@include %s\" and "
		"\"%s[replace=yes]: allow\" does",
		policy, name);
}
