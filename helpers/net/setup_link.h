// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "layout.h"

#include "base/error.h"

/*
 * In the child: loopback, and the tap with its addresses and routes. @tap is a
 * descriptor, or -1. @ipv6: the kernel has it; false comes back where the sandbox can't.
 */
int setup_link(const struct layout *layout, int tap, bool *ipv6, struct error *e);

/* The routes that keep TCP inside but for its SYN, once setup_redirection() has marked
 * that. @missing gets why the kernel would not have them; then there are none. */
int setup_routing(const struct layout *layout, bool ipv6, struct error *missing, struct error *e);
