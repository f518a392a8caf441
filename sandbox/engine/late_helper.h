// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/late_socket.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "engine/supervision.h"

/*
 * The helpers that serve a sandbox on such sockets: the filter of sound, and who asks about links. Where one ends by itself,
 * its socket leads nowhere: the program has lost that service and goes on, since nothing falls open by that.
 */
struct late_helper {
	pid_t process; /* 0: none */
	int pidfd;
	const char *name, *serves; /* constants */
	struct report *report;
};

struct late_helpers {
	struct late_helper sound, links;
};

// clang-format off
#define LATE_HELPERS_NONE ((struct late_helpers){.sound.pidfd = -1, .links.pidfd = -1})
// clang-format on

/*
 * Start those that @plan asks for. They are killed when the launcher dies (spawn.h); their sockets listen from the beginning,
 * so nobody has to wait for them. One that ends before the sandbox does is told, also in @report, which like @helpers lasts as
 * long as @supervision. 0 or -errno.
 */
int late_helpers_start(struct late_helpers *helpers, const struct plan *plan,
		       struct late_sockets *sockets, struct report *report,
		       struct supervision *supervision, struct error *e);

/* Have them end; fine where there are none. */
void late_helpers_stop(struct late_helpers *helpers);
