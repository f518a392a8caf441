// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made by compile_policies from profiles/seccomp/scope-keeper.policy. */
extern const struct sock_filter scope_keeper_filter[];
extern const size_t scope_keeper_filter_count;
