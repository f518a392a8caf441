// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "plan/exact_request.h"

/* What bubblewrap's command line says. */
struct bwrap_line {
	struct exact_request request;
	bool help, version;             /* answered instead of run */
	bool level_prefix;              /* messages begin with "<3>" or "<4>" */
	struct strv warnings;           /* one line each */
	bool seccomp_one, seccomp_list; /* --seccomp, --add-seccomp-fd were given */
};
