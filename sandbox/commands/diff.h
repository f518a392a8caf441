// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/session_changes.h"

/* The selected changes as text for people, at most @limit lines, and the totals below; to be freed
 * by the caller. */
char *diff_summary(const struct session *session, const struct changes *changes, size_t limit);

/* "3 added, 1 removed; 2 to look at twice". */
void diff_totals(const struct changes *changes, struct strbuf *out);
