// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/*
 * Pipes for splice(2), lent for as long as there are bytes in them.
 *
 * A connection that is idle, or that has nothing held back, holds none. So ten thousand connections
 * need only as many pipes as move data at this moment, and the kernel's limit on pipe memory for a
 * user (pipe-user-pages-soft) isn't reached.
 */

struct pipe {
	int from, to; /* read and write end */
	size_t size;
	struct pipe *next;
};

/* Lend out at most @limit pipes at once. */
void pipes_begin(size_t limit);
void pipes_end(void);

/* An empty pipe, or NULL where all are lent out or the kernel gives no more. */
struct pipe *pipe_take(void);

/* Give it back; one that isn't @empty is closed with what is in it. */
void pipe_give(struct pipe *pipe, int empty);
