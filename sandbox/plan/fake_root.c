// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/fake_root.h"

#include "plan/environment.h"

#define APT_FILE "/run/hutch/apt.conf"

void fake_root_plan(const struct request *request, struct rules *rules, struct plan *plan)
{
	static const char text[] = "APT::Sandbox::User \"root\";\n";
	const struct rule *above = rules_find(rules, APT_FILE);
	struct rule *rule;

	/* Asked for by name: who is root already wants to hear what is denied. */
	plan->fake_root = plan->uid == 0 && plan->id_map == ID_SINGLE &&
			  !streq(request_text(request, SETTING_UID, "self"), "self");
	if (!plan->fake_root || !request_last(request, SETTING_ROOT) ||
	    environment_get(plan, "APT_CONFIG"))
		return;
	/* Nothing is made in a directory of the host's. */
	if (!above || (above->mount.kind != MOUNT_SCRATCH && above->mount.kind != MOUNT_TMPFS &&
		       above->mount.kind != MOUNT_OVERLAY))
		return;
	rule = rules_add(rules, MOUNT_FILE, APT_FILE, RANK_SYSTEM, "built in: root of one id");
	rule->mount.mode = 0444;
	rule->mount.length = sizeof(text) - 1;
	rule->mount.data = xmemdup(text, sizeof(text) - 1);
	environment_set(plan, "APT_CONFIG", APT_FILE, "built in: root of one id");
}
