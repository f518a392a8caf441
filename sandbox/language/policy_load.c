// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_load.h"
#include "base/string.h"
#include "language/policy.h"
#include "language/policy_builtin.h"
#include "language/policy_cache.h"
#include "language/policy_calls.h"
#include "language/policy_find.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Compile @text, or take what an earlier start has compiled from the same. */
static int compile_text(const struct policy_text *text, bool nested, struct policy_program *ret,
			struct error *e)
{
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	struct policy_cache_key key;
	int r;

	policy_cache_key(text, nested, &key);
	if (policy_cache_lookup(&key, ret))
		return 0;
	r = policy_parse(&policy, text->name, text->directory, text->text, text->length,
			 text->builtin, NULL);
	if (r == 0)
		r = policy_resolve(&policy, policy_arch_native(), nested, &rules);
	if (r < 0)
		return policy_first_error(&policy, e);
	r = policy_compile(&rules, ret, e);
	if (r < 0)
		return error_wrap(e, "%s", text->name);
	policy_cache_store(&key, &policy, ret);
	return 0;
}

/* A shipped policy that no file of the user's stands in for. */
static bool load_builtin(const char *name, bool nested, struct filter *ret)
{
	_cleanup_free_ char *own = NULL;
	const struct sock_filter *instructions;
	size_t count;

	own = policy_user_path(name);
	if (own && access(own, F_OK) == 0)
		return false;
	if (!policy_builtin_filter(name, nested, &instructions, &count))
		return false;
	*ret = (struct filter){
		.instructions = instructions,
		.count = count,
		.name = xstrdup(name),
		.origin_path = xstrdup("built in"),
	};
	return true;
}

int policy_load(const char *name, const char *base, bool nested, struct filter *ret,
		struct error *e)
{
	_cleanup_policy_text_ struct policy_text text = {0};
	_cleanup_program_ struct policy_program program = {0};
	int r;

	if (load_builtin(name, nested, ret))
		return 0;
	r = policy_find(name, base, &text, e);
	if (r < 0)
		return r;
	r = compile_text(&text, nested, &program, e);
	if (r < 0)
		return r;
	*ret = (struct filter){
		.instructions = program.items,
		.count = program.count,
		.name = xstrdup(name),
		.origin_path = xstrdup(text.name),
		.allocated = TAKE_PTR(program.items),
	};
	return 0;
}
