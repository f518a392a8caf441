// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"

/*
 * Copy the source of @mount to "lower" in its directory of the session (.aside), where it is not
 * there already, and take what that is from @left bytes. A line on standard error says how much it
 * was, and one what could not be read and so is not in the session. -EFBIG beyond @left; then, and
 * when it is broken off by a signal (-EINTR), nothing of it is left.
 */
int session_copy(const struct plan *plan, const struct plan_mount *mount, uint64_t *left,
		 struct error *e);
