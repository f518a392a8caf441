// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "plan/request.h"

/*
 * What the plan says of one thing, and why. All strings but `state` belong to the answer; those
 * that say nothing are NULL.
 */
struct answer {
	char *subject;     /* what was asked about */
	const char *state; /* of a path: read-only, writable, discarded, memory, empty, device,
			      process, hidden or absent; of a variable: kept, set or absent */
	char *inside;      /* path: where the links inside lead, where that is elsewhere */
	char *host;        /* path: the file of the host that is seen there */
	char *value;       /* variable */
	char *reason;      /* one sentence */
	char *origin;      /* what decided */
	char *remedy;      /* an option that would change it */
};

/*
 * What the program may do at the absolute path @path. Symbolic links are followed as they will be
 * inside; nothing is changed on the host.
 */
int query_path(const struct plan *plan, const char *path, struct answer *ret, struct error *e);

/* Whether the program gets the variable @name. */
void query_variable(const struct plan *plan, const struct request *request, const char *name,
		    struct answer *ret);

void answer_free(struct answer *answer);

#define _cleanup_answer_ __attribute__((cleanup(answer_free)))
