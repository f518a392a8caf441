// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made by compile_policies from profiles/seccomp/image-helper.policy and image-worker.policy. */
extern const struct sock_filter image_helper_filter[];
extern const size_t image_helper_filter_count;
extern const struct sock_filter image_worker_filter[];
extern const size_t image_worker_filter_count;
