// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Capabilities (capabilities(7)), through libcap-ng. All return 0 or -errno, touch only the
 * calling thread and allocate nothing.
 */

/*
 * Empty the bounding, inheritable, permitted, effective and ambient sets, and lock the securebits
 * so that being uid 0 means nothing. Needs CAP_SETPCAP to begin with, which the first process of a
 * user namespace has.
 */
int capability_drop_all(void);

/* The same as far as the caller may: without CAP_SETPCAP the bounding set stays, which no_new_privs
 * keeps without effect. */
int capability_drop_own(void);

/* Keep in the effective and permitted sets only the capability @keep (CAP_KILL …), and nothing
 * inheritable. */
int capability_keep_only(int keep);

/*
 * Keep of the capabilities those of @mask (1 << CAP_*), in the bounding set too. Where @ambient, a
 * program executed next has them whoever it is; else only user 0 has.
 */
int capability_keep_mask(uint64_t mask, bool ambient);

/* The capabilities that the caller has in its effective set. */
uint64_t capability_own(void);

/* All that this kernel has. */
uint64_t capability_all(void);

/* The number of "CAP_KILL" or "kill", in any case of letters; -1 where there is none such. */
int capability_by_name(const char *name);
