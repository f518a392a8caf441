// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "layout.h"

#include "base/error.h"

/* The rules of nftables. Not negative, or -errno with why the kernel has them not. */
int setup_redirection(const struct layout *layout, bool tap, bool ipv6, struct error *e);
