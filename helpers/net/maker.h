// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * Sockets inside the sandbox after the namespaces were left: a process that stays there, makes one
 * when it is asked, and can do nothing else.
 */

/* Serve @fd (SOCK_SEQPACKET): each request that comes is answered with a new socket of the internet. Confines itself first; ends, and does not return, when the other side is closed. */
_Noreturn void maker_serve(int fd);

/* Ask for a non-blocking socket of @family and @type (SOCK_STREAM or SOCK_DGRAM); a descriptor or
 * -errno. */
int maker_socket(int maker, int family, int type);
