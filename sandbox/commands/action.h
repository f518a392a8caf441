// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stddef.h>

/* What a verb can be told to do: hutch VERB ACTION WORD… */
struct action {
	const char *name;
	size_t least, most; /* words that may follow */
	int (*function)(const void *data, struct error *e);
};

/*
 * Do the action @name of @verb, one of the @count @actions, with @words words behind it: what its function returns for
 * @data, standard output written out; or -errno where there is no such action, or the words are too few or too many.
 */
int action_run(const char *verb, const struct action *actions, size_t count, const char *name,
	       size_t words, const void *data, struct error *e);
