// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <dirent.h>

#include <sys/types.h>

/* File descriptors are -1 when unset. */

/* Close @fd unless it is unset; keeps errno; returns -1 so that `fd = fd_close(fd)` resets it. */
int fd_close(int fd);

static inline void fd_cleanup(int *fd)
{
	fd_close(*fd);
}

#define _cleanup_fd_ __attribute__((cleanup(fd_cleanup)))

/* Hand the descriptor over: the variable is unset, the value returned. */
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

/*
 * Read all of @fd into memory that the caller frees, NUL-terminated behind @ret_length bytes. More
 * than @limit bytes is EFBIG. The origin of the data for the message is @name.
 */
int fd_read_all(int fd, const char *name, size_t limit, char **ret_data, size_t *ret_length,
		struct error *e);

/* Write all @length bytes, going on after EINTR and partial writes; 0 or -errno. Async-signal-safe.
 */
int fd_write_all(int fd, const void *data, size_t length);

/* Read exactly @length bytes; 0, -errno, or -EPIPE when the other side closed before.
 * Async-signal-safe. */
int fd_read_exactly(int fd, void *data, size_t length);

/*
 * readdir(3) that tells an error from the end: NULL at both, and *@r, which is left alone otherwise, is -errno after an
 * error. Who takes a list that broke off for the whole loses what was behind.
 */
struct dirent *directory_next(DIR *directory, int *r);
