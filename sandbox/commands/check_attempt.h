// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "base/vector.h"

#include <sys/types.h>

/*
 * The attempts of hutch-attempts (tests/escape) on this machine, made with and without a sandbox, and the canary that tells what
 * of the host was touched.
 */

struct attempt {
	char *name, *needs, *words, *text; /* as hutch-attempts has them (tests/escape/attack.h) */
	char *without, *inside; /* verdicts: WORKED, or the errno's name; NULL: there was none */
	char *remark;           /* what the canary saw, or why it could not be tried */
	int status;             /* of who made it inside */
	int state;              /* what it came to: the caller's to judge */
};

/* What attempts are made with. All zero, then trial_begin(); trial_end() also after an error. */
struct trial {
	char self[4096];                     /* this program: what is started may start it */
	char *helper, *directory, *canaries; /* the value of $ATTACK */
	int to, from;                        /* the canary's ends */
	pid_t canary;
	struct strv options; /* of the sandbox: those of hutch run, the caller's to fill in */
	VECTOR(struct attempt) attempts;
};

/* Find hutch-attempts, start the canary, and list the harmless attempts, or of those the ones with @names: 0 or -errno. -EINVAL:
 * there is none of such a name. */
int trial_begin(struct trial *trial, const struct strv *names, struct error *e);

/* Make the attempt in a sandbox, and, where it may be, without one before. */
void trial_make(const struct trial *trial, struct attempt *attempt);

/* What the canary calls @key: "secret" is a path. Empty where it calls nothing so; to be freed. */
char *trial_value(const struct trial *trial, const char *key);

/* Whether the attempt has the word: what it needs, or what lets it through by design. */
bool attempt_has(const struct attempt *attempt, const char *word);

/* End the canary, remove what was made, free what was allocated. */
void trial_end(struct trial *trial);
