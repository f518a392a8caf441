// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

/*
 * Give up everything but what moving packets takes: capabilities, files (Landlock), new privileges,
 * and the system calls that profiles/seccomp/net-helper.policy does not list. What cannot be given up
 * is an error, except for Landlock where the kernel has none.
 */
int confine_helper(struct error *e);

/* The same for the process that makes sockets inside, with net-maker.policy. */
int confine_maker(struct error *e);

/* The same for the process that follows resolv.conf, with net-follower.policy; it may read below @directories. */
int confine_follower(const char *const *directories, struct error *e);
