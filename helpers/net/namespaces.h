// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <sys/types.h>

/* The namespaces that get a network. */
struct namespaces {
	int user; /* owns the other; -1 where that is the caller's own */
	int net;
};

#define NAMESPACES_NONE ((struct namespaces){-1, -1})

/* Those of the process @target. @ret_pidfd ends when it does; all three are the caller's. */
int namespaces_of(pid_t target, struct namespaces *ret, int *ret_pidfd, struct error *e);

/* Wait for those that the launcher hands over on @control; the caller closes them. */
int namespaces_receive(int control, struct namespaces *ret, struct error *e);

void namespaces_close(struct namespaces *namespaces);
