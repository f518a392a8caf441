// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_changes.h"

/*
 * Set ->selected of the changes that match one of @only (all, where that is empty) and none of
 * @except. A pattern has * ? [ ], and * matches slashes too. It may be an absolute path, one
 * relative to @directory or to the tree, or a name in any directory; what matches a directory
 * matches all in it. Both halves of a renaming go together. How many are selected.
 */
size_t changes_select(const struct session *session, struct changes *changes,
		      const struct strv *only, const struct strv *except, const char *directory);
