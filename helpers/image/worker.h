// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extract.h"
#include "stream.h"

#include <sys/types.h>

/*
 * What reads archives. It is done in a process of its own that has nothing but the open file and,
 * where it unpacks, one empty directory: what an archive makes of a parser stays in there. What it
 * says of the archive (digests) is worth no more than the archive itself.
 */

/* One layer to be unpacked. */
struct layer_job {
	const char *member; /* its name in the archive @input is, or NULL: @input is the layer */
	const char *place;  /* directory below @top to fill, there and empty */
	/* set by the worker */
	bool done, whiteouts;
	char packed[DIGEST_SIZE], unpacked[DIGEST_SIZE];
};

/*
 * Unpack @count layers of the open file @input, read once, below the directory @top. @left is
 * counted down. 0, or -errno with what was wrong; a member that is not there is left not done.
 */
int worker_unpack(int input, int top, struct layer_job *jobs, size_t count, struct allowance *left,
		  struct error *e);

/* Read the file @name of the archive @input; to be freed by the caller. ENOENT: not in there. */
int worker_read_member(int input, const char *name, char **ret_text, struct error *e);
