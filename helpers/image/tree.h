// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

/*
 * Remove @name in the directory @parent with all that is in it, however its directories are closed
 * to their owner; no link is followed. @freed, unless NULL, grows by the bytes of files that had no
 * other name. 0 or -errno; nothing there is fine.
 */
int tree_remove(int parent, const char *name, uint64_t *freed);
