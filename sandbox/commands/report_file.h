// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "engine/report.h"

/* A refusal as one line of JSON, to be freed by the caller. */
char *refusal_json(const struct refusal *refusal);

/*
 * Write the report where the plan says (a file, or fd:N), as JSON or in the key:value form of
 * isolate's meta files.
 * @failure: why nothing ran; NULL where the program did. 0 or -errno.
 */
int report_write(const struct plan *plan, const struct report *report, const struct error *failure,
		 struct error *e);
