// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

/*
 * Lay the tree @layer over the tree @root: directories grow, everything else replaces what was
 * there, and whiteouts take away (OCI image specification, "Whiteouts": ".wh.NAME" removes NAME,
 * ".wh..wh..opq" all that lower layers have in its directory). Files are hard links to the layer's,
 * which nobody writes to: so layers are on the disk once.
 *
 */
int merge_layer(int root, int layer, struct error *e);
