// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "commands/finding.h"
#include "kernel/features.h"

/*
 * From what was probed to what a user should know: one finding a topic. Reads nothing but its
 * arguments, so that hosts that are not at hand can be told about in tests.
 */

/* Diagnose @f, for the hutch that is the file @program (an absolute path). */
void diagnose(const struct features *f, const char *program, struct findings *ret);
