// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_changes.h"

/*
 * Find, among @changes, what was added in one place and removed in another, and is the same: set
 * ->renamed of both. And take back the doubt (->doubtful) about what turns out to have come from
 * elsewhere; where it stays, it is a conflict.
 */
void changes_find_renames(const struct session *session, struct changes *changes);
