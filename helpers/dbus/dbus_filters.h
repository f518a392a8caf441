// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/* Made from profiles/seccomp/dbus-proxy.policy when hutch is built. */
extern const struct sock_filter dbus_proxy_filter[];
extern const size_t dbus_proxy_filter_count;
