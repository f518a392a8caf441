// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/* Send @data with the descriptor @fd (or -1 for none) in one message; 0 or -errno. */
int handover_send(int socket, const void *data, size_t length, int fd);

/* Receive such a message of exactly @length bytes; @ret_fd is -1 where none came with it. -EPIPE
 * when the other side is gone, -EBADMSG when the message is another. */
int handover_receive(int socket, void *data, size_t length, int *ret_fd);
