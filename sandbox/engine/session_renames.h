// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_change.h"

/*
 * Find, among @changes, what was added in one place and removed in another, and has the same
 * contents: set ->renamed of both. What else is ->doubtful is a conflict then.
 */
void changes_find_renames(const struct session *session, struct changes *changes);
