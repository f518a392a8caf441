// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

/*
 * What the child side tells the launcher, over a SOCK_SEQPACKET pair: one message a packet, whole
 * or not at all. The program never has the descriptor: it is close-on-exec in the process that
 * executes it, and pid 1 can't be traced.
 */

enum message_kind {
	MESSAGE_ERROR,     /* the set-up failed; nothing ran */
	MESSAGE_TERMINAL,  /* carries the master of the sandbox's terminal */
	MESSAGE_GO,        /* launcher to child: what you wait for is done */
	MESSAGE_NOTE,      /* something is weaker than it could be; .text says what */
	MESSAGE_LISTENER,  /* carries the listener that is asked about denied system calls */
	MESSAGE_NETWORK,   /* carries the network namespace, for the helper that serves it */
	MESSAGE_READY,     /* everything stands; the program is next */
	MESSAGE_STOPPED,   /* the program was stopped (^Z); the status is the signal */
	MESSAGE_ENDED,     /* the program ended */
	MESSAGE_NAMESPACE, /* carries one of pid 1's namespaces (engine/exec.h); none: it can't */
	MESSAGE_SIGNAL,    /* to what stands by an exec: for the program, or its process group */
};

/* How the program ended. */
struct ending {
	int status;             /* as wait(2) gives it */
	struct rusage usage;    /* of everything that ran in the sandbox and was waited for */
	char credentials[1024]; /* the security lines of its /proc/PID/status, where a report was
				   asked for */
};

struct message {
	enum message_kind kind;
	union {
		struct error error;
		struct ending ending;
		char text[512];
		int namespace; /* enum exec_namespace */
		struct {
			int number;
			bool group;
		} signal;
	};
};

/* Send @message and, unless it is -1, the descriptor @fd. 0 or -errno. Async-signal-safe. */
int channel_send(int channel, const struct message *message, int fd);

/*
 * Receive one message. Returns 1, 0 when the other side is gone, or -errno. @ret_fd gets the
 * descriptor that came with it, or -1.
 */
int channel_receive(int channel, struct message *ret, int *ret_fd);
