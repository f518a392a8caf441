// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/make_plan.h"

#include "base/log.h"
#include "language/policy_builtin.h"
#include "language/policy_load.h"
#include "plan/image.h"
#include "plan/make.h"
#include "plan/print.h"

#include <errno.h>

/* The filters that stand in for namespaces: always those that come with hutch, as no user's own
 * policy would know what is wanted. */
static int load_stand_ins(struct plan *plan, struct error *e)
{
	static const char *const names[] = {"no-namespaces", "no-network"};

	for (size_t i = 0; i < (plan->no_network ? 2 : 1); i++) {
		struct filter *filter = &plan->stand_ins[i];

		if (!policy_builtin_filter(names[i], false, &filter->instructions, &filter->count))
			return error_set(e, ENOENT, "no filter %s", names[i]);
		filter->name = xstrdup(names[i]);
	}
	return 0;
}

/* With one id inside, root's calls for others are answered with success (fake-root.policy). The
 * policy itself has no say in it: it is about what is allowed, and this allows nothing. */
static int add_fake_root(struct plan *plan, struct error *e)
{
	_cleanup_filter_ struct filter real = plan->filter;
	struct filter fake = {.name = (char *)"fake-root"};

	plan->filter = (struct filter){0};
	if (!policy_builtin_filter(fake.name, false, &fake.instructions, &fake.count))
		return error_set(e, ENOENT, "no filter %s", fake.name);
	if (seccomp_join(&fake, &real, &plan->filter) < 0) {
		error_errno(e, E2BIG, "the seccomp policy %s with fake-root", real.name);
		return error_remedy(e, "take a shorter policy, or another --uid");
	}
	return 0;
}

int make_plan(struct request *request, struct plan *ret, struct error *e)
{
	const char *policy = request_text(request, SETTING_SECCOMP, "default");
	struct host host = {0};
	int image = -1, r;

	r = host_look(&host, e);
	if (r == 0)
		r = image_apply(request, &host, &image, e);
	if (image >= 0)
		*vector_add(&ret->held) = image;
	if (r == 0)
		r = plan_make(request, &host, ret, e);
	if (r == 0 && !streq(policy, "none"))
		r = policy_load(policy, host.directory, ret->nested, &ret->filter, e);
	ret->fake_root &= ret->filter.count && ret->namespaces;
	if (r == 0 && ret->fake_root)
		r = add_fake_root(ret, e);
	if (r == 0 && !ret->namespaces)
		r = load_stand_ins(ret, e);
	host_free(&host);
	return r;
}

void trace_plan(const struct plan *plan)
{
	_cleanup_free_ char *namespaces = NULL;

	if (!log_verbose)
		return;
	namespaces = plan_namespaces(plan);
	log_step("plan: profile %s; %s in %s", plan->profile, plan->program, plan->directory);
	log_step("plan: uid %u, gid %u; namespaces %s", plan->uid, plan->gid, namespaces);
	log_step("plan: %zu mounts, %zu guards, %zu variables, %zu limits", plan->mounts.count,
		 plan->guards.count, plan->environment.count, plan->rlimits.count);
	log_step("plan: seccomp policy %s; Landlock %s",
		 plan->filter.count ? plan->filter.name : "none",
		 plan->landlock_files ? "with file rules" : "without file rules");
}
