// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "kernel/probe.h"

/*
 * What a user should know about one topic, and how it is put together. It stands below the
 * diagnosis, so that each part of that can add to the list without knowing of the others.
 */

enum finding_state {
	FINDING_OK,
	FINDING_WEAKER,  /* it works, with less than there could be */
	FINDING_MISSING, /* it does not work */
	FINDING_UNTRIED, /* could not be tried, for want of something else */
};

struct finding {
	const char *topic; /* a stable name: "user-namespaces" */
	const char *title; /* for people */
	enum finding_state state;
	bool needed;  /* `hutch run` does not start without it */
	char *what;   /* the fact */
	char *cost;   /* what it costs; NULL where it costs nothing */
	char *remedy; /* what to do, may be several lines; NULL where there is nothing */
};

struct findings {
	VECTOR(struct finding) list;
};

void findings_free(struct findings *findings);

/* Whether `hutch run` works with every layer that a sandbox has by default. */
bool findings_good(const struct findings *findings);

/* Add a finding; texts are formatted by the setters below. */
struct finding *finding_add(struct findings *to, const char *topic, const char *title);
void finding_state(struct finding *f, enum finding_state state, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
void finding_cost(struct finding *f, const char *cost, ...) __attribute__((format(printf, 2, 3)));
void finding_remedy(struct finding *f, const char *remedy, ...)
	__attribute__((format(printf, 2, 3)));

/* Where @p was not tried: say so, and true. */
bool finding_untried(struct finding *f, const struct probe *p);

/* "mounting proc: Operation not permitted": how a probe went. The caller frees it. */
char *probe_text(const struct probe *p);
