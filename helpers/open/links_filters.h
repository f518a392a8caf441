// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made from profiles/seccomp/links.policy when hutch is built. */
extern const struct sock_filter links_filter[];
extern const size_t links_filter_count;
