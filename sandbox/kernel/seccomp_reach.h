// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/seccomp.h"

#include <stdbool.h>

/*
 * What a filter keeps away for certain: where the kernel refuses another layer, it may stand in for
 * it, but only a filter that was looked at. Each runs the filter on the calls in question of every
 * architecture that this kernel executes, so the answer holds for any policy, ours or not. An empty
 * filter keeps nothing away. Async-signal-safe.
 */

/* Whether no new user namespace can be made under @filter. */
bool seccomp_denies_user_namespaces(const struct filter *filter);

/* Whether no keyring can be reached under @filter. */
bool seccomp_denies_keyrings(const struct filter *filter);
