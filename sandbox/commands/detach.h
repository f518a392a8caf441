// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "plan/request.h"

/*
 * hutch run --detach: the launcher goes on in the background, and what its program writes goes to a
 * file of bounded size.
 */
struct detach {
	int sign;        /* to the process in the foreground: the sandbox stands */
	int spoken;      /* standard error as it was, for messages until then */
	char *directory; /* of what is kept of it, DETACHED_DIRECTORY/NAME */
	char *name;
};

#define DETACH_NONE ((struct detach){.sign = -1, .spoken = -1})

/*
 * Fork. In the background, where it returns 0, @request gets a name if it has none. In the
 * foreground it waits until the sandbox stands or failed, prints its name, and returns 1 with the
 * status in @ret_status. Or -errno.
 */
int detach_begin(struct detach *detach, struct request *request, int *ret_status, struct error *e);

/* For run_sandbox(): turn descriptors 0 to 2 away from the caller. */
int detach_prepare(const struct plan *plan, struct report *report, void *detach, struct error *e);

/* The sandbox ended with @status, or never began: keep that for `hutch wait`. */
void detach_end(struct detach *detach, int status);

/*
 * Where what is kept of the detached sandbox @name is ($XDG_STATE_HOME/hutch/detached/NAME: log,
 * log.1, status), to be freed; NULL where there is no home.
 */
char *detached_directory(const char *name);

/* The exit status of one that has ended. 0, or -ENOENT where there is none. */
int detached_status(const char *name, int *ret);
