// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/*
 * Find the program, and share it and the files that its command line names, read-only, where no
 * rule shows or hides them. Sets the working directory too. Statuses 126 and 127 as a shell gives
 * them.
 */
int program_plan(const struct request *request, const struct host *host, struct rules *rules,
		 struct plan *plan, struct error *e);
