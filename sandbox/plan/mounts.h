// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/* Turn the path settings of the request, the home and the working directory into rules; the name of
 * a home that lasts goes to @plan. */
int mounts_collect(struct rules *rules, const struct request *request, const struct host *host,
		   struct plan *plan, struct error *e);

/* Whether a setting says that nothing can be executed at @path. */
bool mounts_noexec(const struct request *request, const struct host *host, const char *path);

/*
 * Decide between the rules and put what remains into @plan: mounts in the order of attaching,
 * guards, the root, and the Landlock rules that say the same. The strings move to the plan.
 */
int mounts_finish(struct rules *rules, struct plan *plan, struct error *e);
