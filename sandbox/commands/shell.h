// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/options.h"
#include "plan/request.h"

/*
 * Carry @request out with its overlays kept in a session, and say at the end what was changed and
 * what can be done with it. @name goes on in a session; NULL begins one. Without arguments the
 * user's own shell runs. The exit status, or -errno where nothing ran.
 */
int run_in_session(struct request *request, const struct command_line *line, const char *name,
		   struct error *e);
