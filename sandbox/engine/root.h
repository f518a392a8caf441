// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"

/*
 * Build the file system of the plan and make it the root of the calling process, which must own its
 * mount namespace.
 * @trees has room for one descriptor a mount. The descriptor of the new root goes to @ret_root;
 * @ret_proc says whether there is a /proc of the sandbox's own (see open_trees()). 0 or -errno;
 * async-signal-safe.
 */
int root_build(const struct plan *plan, int *trees, int *ret_root, bool *ret_proc, struct error *e);
