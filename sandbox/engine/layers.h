// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"

/*
 * A detached overlay of the layers of @mount, number @number of the plan; where it writes to memory,
 * into directories of @base. Descriptor or -errno; -ESTALE where a layer is no longer what the plan
 * saw. Async-signal-safe.
 */
int layers_open(const struct plan_mount *mount, size_t number, int base);
