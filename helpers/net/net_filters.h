// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made by compile_policies from profiles/seccomp/net-helper.policy, net-maker.policy and
 * net-follower.policy. */
extern const struct sock_filter net_helper_filter[];
extern const size_t net_helper_filter_count;
extern const struct sock_filter net_maker_filter[];
extern const size_t net_maker_filter_count;
extern const struct sock_filter net_follower_filter[];
extern const size_t net_follower_filter_count;
