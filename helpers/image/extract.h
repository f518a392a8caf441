// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>

/* What a tree may grow to; counted down while it does. */
struct allowance {
	uint64_t bytes;   /* of file contents */
	uint64_t entries; /* files, directories, links */
};

/*
 * Make what @archive holds below the directory @root.
 *
 * The archive is an attacker's: names with ".." and hard links to anything that it did not bring
 * are refused, symbolic links lead to places below @root only, device nodes become empty files that
 * nobody can open, and set-user-ID and set-group-ID bits are left out, since the files are the
 * caller's. Owners are not kept for the same reason. Extended attributes are kept where they are
 * users' own ("user."), but for those that overlayfs obeys.
 *
 * @ret_whiteouts: whether a name says that something of a lower layer is gone (".wh.")
 *
 * Return: 0 or -errno; EFBIG where @left is used up.
 */
int extract_tree(struct archive *archive, int root, struct allowance *left, bool *ret_whiteouts,
		 struct error *e);
