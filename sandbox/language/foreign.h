// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/option_table.h"

/*
 * Options of bubblewrap, firejail, flatpak and podman that hutch does not have by that
 * name, and what says the same here: for whoever types them from habit.
 */

struct foreign_option {
	const char *name; /* without dashes */
	const char *tool;
	const char *here; /* an option of ours with its value; with `always`, why none is needed */
	bool always;
};

extern const struct foreign_option foreign_options[];
extern const size_t foreign_option_count;

/* The row of the long name @name (without dashes), as far as @verb can say it; else NULL. */
const struct foreign_option *foreign_option(const char *name, enum verb verb);
