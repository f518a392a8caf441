// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/policy.h"

/*
 * Compare what a filter says with what its rules say, for every call of several architectures and
 * for arguments around every value that the policy mentions. Prints the first differences.
 *
 * Return: how many verdicts differ; @ret_compared: how many were compared.
 */
size_t verdicts_differ(const struct policy_rules *rules, const struct sock_filter *instructions,
		       size_t count, size_t *ret_compared);
