// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/host.h"
#include "plan/rules.h"

/*
 * Keep hutch's own files of this user read-only wherever the rules would let the program write
 * there. Called when all other rules are there.
 */
int own_files_plan(struct rules *rules, struct error *e);
