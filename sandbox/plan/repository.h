// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/host.h"
#include "plan/request.h"
#include "plan/rules.h"

/*
 * With `git = protect`, and the working directory the top of a git work tree: what git obeys
 * (configuration and hooks, those of submodules and linked work trees too) is read-only, whatever
 * else is writable there, and cannot be made where it is missing. In a linked work tree the
 * repository itself is shown, so that git works, in the same way as the directory is.
 */
int repository_plan(const struct request *request, const struct host *host, struct rules *rules,
		    struct error *e);
