// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/control_message.h"
#include "engine/exec.h"
#include "engine/registry.h"

/*
 * Send @request to a launcher and wait at most @patience milliseconds (-1: for
 * ever) for the answer. @ret_fd gets the descriptor that came with it, or -1; may be NULL. 0, or
 * -errno with a message, that of the launcher where it refused. -ENOENT: it has ended meanwhile.
 */
int control_ask(const struct registry_peer *peer, const char *name, struct control_request *request,
		int patience, struct control_answer *ret, int *ret_fd, struct error *e);

/* Its two halves, for who asks several before the first one answers. */
int control_ask_begin(const struct registry_peer *peer, const char *name,
		      struct control_request *request, struct error *e);
int control_ask_end(const struct registry_peer *peer, const char *name, int patience,
		    struct control_answer *ret, int *ret_fd, struct error *e);

/*
 * Ask for @wish, of which .channel is not used, to be started. From then on the peer's socket leads
 * to what stands by the program: supervise() takes it, without a pidfd.
 */
int control_ask_exec(const struct registry_peer *peer, const char *name,
		     const struct exec_wish *wish, struct error *e);
