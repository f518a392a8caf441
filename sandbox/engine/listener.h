// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"

/*
 * Load the plan's filter as the variant that asks the supervisor (kernel/seccomp_notify.h), and see
 * the listener off to it over @channel (MESSAGE_LISTENER). In the program's process, last before it
 * executes. 0 or -errno.
 */
int listener_apply(const struct plan *plan, int channel);
