// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <linux/seccomp.h>
#include <stdbool.h>

/* The name of the system call, or "number N"; the caller frees it. */
char *policy_denial_call(const struct seccomp_data *call);

/*
 * Say in words that policy @policy denied @call with error number @code: the text in @e, and what
 * would allow it as its remedy. @e->code is @code.
 */
void policy_describe_denial(const char *policy, bool nested, const struct seccomp_data *call,
			    int code, struct error *e);
