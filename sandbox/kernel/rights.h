// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Messages with file descriptors over a unix socket (unix(7), SCM_RIGHTS). Both are
 * async-signal-safe.
 */

/* The most descriptors that one message carries here. */
#define RIGHTS_MAX 8

/*
 * Send @length bytes at @data with the @count descriptors at @fds. @flags as for sendmsg(2); there
 * is never a SIGPIPE. 0 or -errno, -EPIPE when the peer is gone.
 */
int rights_send(int socket, const void *data, size_t length, const int *fds, size_t count,
		int flags);

/*
 * Receive at most @size bytes, and at most @max descriptors, which are close-on-exec; what came
 * beyond that is closed by the kernel. Those that did not come are set to -1. Returns the number of
 * bytes, 0 at the end, or -errno. What a peer sent before it went comes in any case.
 */
ssize_t rights_receive(int socket, void *data, size_t size, int *ret_fds, size_t max, int flags);
