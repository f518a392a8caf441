// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made from profiles/seccomp/sound.policy when hutch is built. */
extern const struct sock_filter sound_filter[];
extern const size_t sound_filter_count;
