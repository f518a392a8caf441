// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/make.h"

#include "plan/aside.h"
#include "plan/dbus.h"
#include "plan/display.h"
#include "plan/environment.h"
#include "plan/fake_root.h"
#include "plan/identity.h"
#include "plan/limits.h"
#include "plan/links.h"
#include "plan/mounts.h"
#include "plan/network.h"
#include "plan/own_files.h"
#include "plan/program.h"
#include "plan/repository.h"
#include "plan/session.h"
#include "plan/sound.h"
#include "plan/system.h"
#include "plan/wayland.h"
#include "plan/weaken.h"

#include <errno.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	enum weaker layer;
} layers[] = {
	{"namespaces", WEAKER_NAMESPACES},
	{"landlock", WEAKER_LANDLOCK},
	{"seccomp", WEAKER_SECCOMP},
	{"limits", WEAKER_LIMITS},
};

static int plan_weaker(const struct request *request, struct plan *plan, struct error *e)
{
	request_each(setting, request, SETTING_ALLOW_WEAKER)
	{
		_cleanup_free_ char *origin = setting_origin(setting);
		unsigned before = plan->weaker;

		for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
			if (streq(setting->text, layers[i].name))
				plan->weaker |= layers[i].layer;
		if (plan->weaker == before &&
		    !strstr("namespaces landlock seccomp limits", setting->text)) {
			error_set(e, EINVAL, "%s: no such layer", origin);
			return error_remedy(e, "one of namespaces, landlock, seccomp, limits");
		}
	}
	return 0;
}

int plan_make(const struct request *request, const struct host *host, struct plan *ret,
	      struct error *e)
{
	struct rules rules = {0};
	char reason[160];
	bool weak;
	int r;

	ret->profile = xstrdup(request->profile ? request->profile : "default");
	environment_plan(request, host, ret);
	r = plan_weaker(request, ret, e);
	if (r == 0)
		r = identity_plan(request, host, ret, e);
	if (r == 0)
		r = session_plan(request, ret, e);
	if (r == 0)
		r = mounts_collect(&rules, request, host, ret, e);
	if (r == 0)
		r = repository_plan(request, host, &rules, e);
	if (r == 0)
		r = own_files_plan(&rules, e);
	if (r == 0)
		r = aside_plan(request, host, &rules, ret, e);
	if (r == 0)
		fake_root_plan(request, &rules, ret);
	/* Before the program: nothing that its command line names may come from the host's /proc or
	 * /dev. */
	if (r == 0)
		r = system_add(&rules, e);
	if (r == 0 && request->arguments.count)
		r = program_plan(request, host, &rules, ret, e);
	weak = r == 0 && (ret->weaker & WEAKER_NAMESPACES) && !weaken_namespaces_work(reason);
	if (weak)
		r = weaken(request, reason, &rules, ret, e);
	else if (r == 0)
		r = network_plan(request, host, &rules, ret, e);
	if (r == 0 && !weak)
		r = dbus_plan(request, &rules, ret, e);
	if (r == 0 && !weak)
		r = links_plan(request, &rules, ret, e);
	if (r == 0 && !weak)
		r = display_plan(request, &rules, ret, e);
	if (r == 0 && !weak)
		r = wayland_plan(request, &rules, ret, e);
	if (r == 0 && !weak)
		r = sound_plan(request, &rules, ret, e);
	if (r == 0 && !weak)
		r = mounts_finish(&rules, ret, e);
	if (r == 0)
		r = limits_plan(request, ret, e);
	/* A nested sandbox has to mount; Landlock's file rules forbid that (landlock(7)). */
	ret->landlock_files = !ret->nested;
	if (r == 0 && ret->directory)
		environment_set(ret, "PWD", ret->directory, "built in: working directory");
	rules_free(&rules);
	return r;
}
