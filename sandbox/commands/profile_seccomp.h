// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/policy.h"

/* `hutch profile seccomp …`; argv[0] is "seccomp". Returns the exit status. */
int command_profile_seccomp(int argc, char **argv);

/* --- shared by profile_seccomp*.c --- */

/* The options of all of its actions. */
struct policy_tool {
	unsigned int arch;
	bool nested, verbose;
	struct policy_options parse;
};

/* A policy in all its forms. */
struct policy_forms {
	struct policy policy;
	struct policy_rules rules;
	struct policy_program program;
};

void policy_forms_free(struct policy_forms *forms);

#define _cleanup_forms_ __attribute__((cleanup(policy_forms_free)))

/* Parse, resolve and compile policy @name; its diagnostics go to standard error. 0 or -errno, said
 * already. */
int policy_forms_load(const struct policy_tool *tool, const char *name, struct policy_forms *ret);

/* The actions: arguments behind the action's name. */
int policy_explain(const struct policy_tool *tool, int argc, char **argv);
int policy_diff(const struct policy_tool *tool, int argc, char **argv);
