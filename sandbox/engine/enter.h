// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/entry.h"

#include <stdnoreturn.h>

/*
 * Build the sandbox in the calling process, which clone3(2) made in the new namespaces, start the
 * program, and be its pid 1. Failures go to the channel. Never returns.
 */
noreturn void enter(struct entry *entry);

/*
 * The same where there are no namespaces: nothing is built, and the calling process, an ordinary
 * child, stands in for pid 1 (engine/enter_bare.c).
 */
noreturn void enter_bare(struct entry *entry);

/* The same where the plan is exact (plan_exact): the caller's list and nothing else
 * (engine/enter_exact.c). */
noreturn void enter_exact(struct entry *entry);
