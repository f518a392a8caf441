// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/rules.h"

/**
 * data_plan - a directory of the program's own: writable, and made where it is missing
 * @rules:	gets the rule for it
 * @setting:	of kind SETTING_DATA
 * @request:	what else was asked for
 * @host:	whose home it is in
 * @rank:	of the rule
 * @plan:	what is missing is added to its .lacking
 *
 * Only beside an empty home: any other home has a place for it already, and what is kept apart by
 * such a home must not be joined to the user's own. Nothing is made here, see data_make().
 *
 * Returns 0, or -errno: -EPERM where it is not below the home.
 */
int data_plan(struct rules *rules, const struct setting *setting, const struct request *request,
	      const struct host *host, size_t rank, struct plan *plan, struct error *e);

/**
 * data_make - make what a plan lacks, for the user alone
 * @plan:	whose .lacking are absolute paths
 *
 * The plan has to be made again after it.
 *
 * Returns 0 or -errno.
 */
int data_make(const struct plan *plan, struct error *e);
