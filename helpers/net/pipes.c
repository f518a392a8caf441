// SPDX-License-Identifier: GPL-2.0-or-later
#include "pipes.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What a pipe is made to hold: the fewer and larger the steps, the less each byte costs, up to what
 * the cache holds. The kernel counts pages, and refuses beyond /proc/sys/fs/pipe-max-size. */
#define SIZE (512 * 1024)

/* Kept though nobody uses them. */
#define SPARE 16

static struct pipe *spare;
static size_t spare_count, lent, lent_limit;

void pipes_begin(size_t limit)
{
	lent_limit = limit;
}

static void close_pipe(struct pipe *pipe)
{
	fd_close(pipe->from);
	fd_close(pipe->to);
	free(pipe);
}

void pipes_end(void)
{
	while (spare) {
		struct pipe *pipe = spare;

		spare = pipe->next;
		close_pipe(pipe);
	}
	spare_count = 0;
}

static struct pipe *make(void)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));
	int fd[2], size;

	if (!pipe)
		return NULL;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(pipe);
		return NULL;
	}
	size = fcntl(fd[0], F_SETPIPE_SZ, SIZE);
	if (size < 0)
		size = fcntl(fd[0], F_GETPIPE_SZ);
	pipe->from = fd[0];
	pipe->to = fd[1];
	pipe->size = size > 0 ? (size_t)size : 4096;
	return pipe;
}

struct pipe *pipe_take(void)
{
	struct pipe *pipe = spare;

	if (lent >= lent_limit)
		return NULL;
	if (pipe) {
		spare = pipe->next;
		spare_count--;
	} else {
		pipe = make();
	}
	if (pipe)
		lent++;
	return pipe;
}

void pipe_give(struct pipe *pipe, int empty)
{
	lent--;
	if (!empty || spare_count >= SPARE) {
		close_pipe(pipe);
		return;
	}
	pipe->next = spare;
	spare = pipe;
	spare_count++;
}
