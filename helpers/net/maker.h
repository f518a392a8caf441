// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * Sockets inside the sandbox after the namespaces were left: a process that stays there, makes one
 * when it is asked, and can do nothing else.
 */

/* Serve @fd (SOCK_SEQPACKET): each byte that comes, 4 or 6, is answered with a new TCP socket of
 * that version. Confines itself first; ends, and does not return, when the other side is closed. */
_Noreturn void maker_serve(int fd);

/* Ask for a non-blocking socket for @family; a descriptor or -errno. */
int maker_socket(int maker, int family);
