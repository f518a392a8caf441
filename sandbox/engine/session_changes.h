// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_change.h"

/*
 * Read what @session changed. @home is the user's, for what is risky there. 0 or -errno; what
 * cannot be read of single files goes to ->problems.
 */
int changes_read(const struct session *session, const char *home, struct changes *ret,
		 struct error *e);
