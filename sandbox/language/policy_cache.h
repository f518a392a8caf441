// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/seccomp.h"
#include "language/policy.h"
#include "language/policy_find.h"

/*
 * Compiled policies of the user's own, in $XDG_CACHE_HOME/hutch/seccomp.
 *
 * The cache is convenience: whatever is odd about it means compiling again, never an error.
 */

/* What a cached filter depends on besides the files it includes. */
struct policy_cache_key {
	uint8_t digest[32];
};

/* The key of policy @text: its path and content, hutch's and libseccomp's version, architecture. */
void policy_cache_key(const struct policy_text *text, bool nested, struct policy_cache_key *ret);

/* The filter of @key, if the cache has it and nothing it includes has changed since. */
bool policy_cache_lookup(const struct policy_cache_key *key, struct policy_program *ret);

/* Keep @program, made from @policy. */
void policy_cache_store(const struct policy_cache_key *key, const struct policy *policy,
			const struct policy_program *program);
