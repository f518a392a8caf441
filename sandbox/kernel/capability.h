// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * Capabilities (capabilities(7)), through libcap-ng. Both return 0 or -errno, touch only the
 * calling thread and allocate nothing.
 */

/*
 * Empty the bounding, inheritable, permitted, effective and ambient sets, and lock the securebits
 * so that being uid 0 means nothing. Needs CAP_SETPCAP to begin with, which the first process of a
 * user namespace has.
 */
int capability_drop_all(void);

/* Keep in the effective and permitted sets only the capability @keep (CAP_KILL …), and nothing
 * inheritable. */
int capability_keep_only(int keep);
