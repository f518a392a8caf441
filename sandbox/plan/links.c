// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that has links opened says something to whoever it names, by the user's browser, with no network of its own. Where
 * that is too much, the user is asked about each: the program reaches a helper outside (helpers/open/serve.c), not the portal.
 */
#include "plan/links.h"

#include "base/helper.h"
#include "base/user.h"
#include "plan/dbus.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>

/* As helpers/open has it. */
#define LINKS "/run/hutch-links"

/* What programs call to have a link opened. */
static int add_opener(struct rules *rules, const char *opener, const char *origin, struct error *e)
{
	int r = rules_add_bind(rules, opener, "/usr/bin/xdg-open", false, RANK_SYSTEM, origin, e);

	if (r == 0)
		rules->list.items[rules->list.count - 1].system = true;
	return r;
}

static int plan_asked(const struct setting *setting, const char *opener, struct rules *rules,
		      struct plan *plan, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting), *runtime = runtime_directory();
	struct plan_links *links = &plan->links;
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_errno(e, errno, "a random number");
	if (!runtime) {
		strv_add(&plan->dbus.notes,
			 "links can't be opened: there is no runtime directory of yours alone");
		return 0;
	}
	links->bus = dbus_host_address(BUS_SESSION);
	if (!links->bus) {
		strv_add(&plan->dbus.notes, "links can't be opened: you have no session bus");
		return 0;
	}
	links->helper = xstrdup(opener);
	links->own = xasprintf("%s/hutch-links-%08x", runtime, number);
	rules_add_late(rules, links->own, LINKS, S_IFSOCK, origin);
	return add_opener(rules, opener, origin, e);
}

int links_plan(const struct request *request, struct rules *rules, struct plan *plan,
	       struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_LINKS);
	_cleanup_free_ char *opener = helper_path("hutch-open");
	int r = 0;

	if (!opener)
		return 0;
	if (dbus_opens_links(request, plan))
		r = add_opener(rules, opener, "built in: xdg-open asks the portal", e);
	else if (setting && setting->choice == LINKS_ASK)
		r = plan_asked(setting, opener, rules, plan, e);
	return r;
}
