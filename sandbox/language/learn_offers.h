// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/recording.h"
#include "plan/host.h"
#include "plan/request.h"

/*
 * What could be said in a profile, and what of the recording it would grant.
 *
 * There is no table of what a word stands for: a plan is made of the default profile and the word,
 * as `hutch run --use WORD` would make it, and asked. So a word of the user's own is proposed like
 * any other, and one that this host has no use for is not.
 */

/* Something that was used and that the default profile does not grant. */
struct learnt_need {
	const struct touched *touched;       /* or */
	const struct questioned *questioned; /* or */
	const struct messaged *messaged;
	char *inside; /* where the links of the default profile's plan lead; NULL: nowhere else */
	bool granted; /* by an offer that was taken */
};

/* A line that could be said. */
struct offer {
	const char *section, *key;
	char *value;
	struct strv options; /* that say the same on the command line */
	char *description;   /* of a word, and what it exposes; NULL: none */
	char *exposes;
	char *escape;  /* how a program gets out with it: only to be said, not granted; NULL: not */
	int breadth;   /* 0: grants no system calls; more, the more it opens of the kernel */
	bool to_write; /* nothing that is only read is reason enough for it */
	bool *grants;  /* for each need */
	bool taken;
	size_t first, needs; /* of those that were granted by it first: number, and how many */
	uint64_t times;
};

struct offers {
	const struct recording *recording;
	const struct strv *arguments; /* of the program, its name first */
	const struct host *host;
	const char *network;              /* mode; NULL: none */
	const struct plan *plain;         /* that the default profile alone gives */
	VECTOR(struct learnt_need) needs; /* in the order of the first time */
	VECTOR(struct offer) list;
};

/*
 * Make the plan that the default profile and @options give for the program. Both results are to be
 * zeroed before and freed by the caller, on failure too.
 */
int offers_plan(const struct offers *offers, const struct strv *options, struct plan *ret,
		struct request *ret_request, struct error *e);

/* Find out what each of the words, and of some lines that stand for themselves, would grant of
 * .needs, and take those that grant most, until none grants anything more. */
void offers_take(struct offers *offers);

void offers_free(struct offers *offers);
