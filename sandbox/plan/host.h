// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <sys/types.h>

/* What the plan has to know of the caller and this host. */
struct host {
	uid_t uid;
	gid_t gid;
	char *home;      /* absolute */
	char *user;      /* name, or the number where there is none */
	char *directory; /* working directory, absolute; NULL where it is gone or out of reach */
};

int host_look(struct host *ret, struct error *e);
void host_free(struct host *host);
