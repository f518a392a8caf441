// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/box.h"
#include "engine/entry.h"
#include "engine/exec.h"
#include "engine/registry.h"
#include "engine/supervision.h"

#include <stdint.h>

/*
 * What a launcher is asked over its socket, and how it answers (SOCK_SEQPACKET, one request a
 * connection). Both sides are of one build of hutch; `version` tells where they are not.
 */

enum { CONTROL_VERSION = 2 };

enum control_kind {
	CONTROL_STATUS, /* who and since when; .status */
	CONTROL_PLAN,   /* the plan as JSON, in a file whose descriptor comes with the answer */
	CONTROL_SIGNAL, /* send the program, or with .group its process group, the signal .number */
	CONTROL_KILL,   /* end everything inside at once */
	CONTROL_WAIT,   /* answer when the sandbox has ended; .exit_status */
	CONTROL_DENY,   /* from now on, .rule of the network is denied */
	CONTROL_EXEC,   /* start another program; from then on the socket is an engine/channel.h */
	CONTROL_KINDS,
};

struct control_request {
	uint32_t version, kind;
	int32_t number;
	uint32_t group;
	char rule[300]; /* deny */
	/* exec: with descriptors of a file of strings (.arguments, .variables, the directory, which
	 * is empty where none is asked for), and 0 to 2 */
	uint32_t arguments, variables;
	uint32_t own_terminal, terminals; /* a bit for each of 0-2 */
};

struct control_status {
	int32_t init;     /* number of pid 1 outside */
	int64_t started;  /* microseconds since 1970 */
	uint32_t bare;    /* without namespaces */
	uint32_t network; /* a network namespace of its own */
	char box[512];    /* directory of its cgroup; "": none */
	char home[65];    /* name of the home that lasts; "": of none */
	char profile[64]; /* cut where they are longer */
	char command[512];
};

struct control_answer {
	uint32_t version;
	int32_t code; /* errno; 0: done */
	union {
		struct control_status status;
		int32_t exit_status;
		char text[512]; /* where the code is not 0: why */
	};
};

/* The launcher's side. */
struct control;

/* What the control socket can reach; all outlive it. */
struct control_context {
	const struct entry *entry;   /* with the plan */
	const struct report *report; /* .describe makes the plan's text */
	struct supervision *supervision;
	const struct box *box;
	pid_t child; /* pid 1 of the sandbox */
	int init;    /* the same as a pidfd */
};

/*
 * Serve the listener of @registration from within supervise(). To be ended by control_end(), which
 * tells those who wait that the sandbox ended with @exit_status.
 */
struct control *control_begin(const struct control_context *context,
			      const struct registration *registration);
void control_end(struct control *control, int exit_status);

/* The descriptors of a request: the asker's user namespace, and those of exec. */
enum control_descriptor {
	CONTROL_FD_NAMESPACE,
	CONTROL_FD_STRINGS,
	CONTROL_FD_STANDARD,
	CONTROL_FDS = CONTROL_FD_STANDARD + 3,
};

/*
 * The other side: send @request to a launcher and wait at most @patience milliseconds (-1: for
 * ever) for the answer. @ret_fd gets the descriptor that came with it, or -1; may be NULL. 0, or
 * -errno with a message, that of the launcher where it refused. -ENOENT: it has ended meanwhile.
 */
int control_ask(const struct registry_peer *peer, const char *name, struct control_request *request,
		int patience, struct control_answer *ret, int *ret_fd, struct error *e);

/*
 * Ask for @wish, of which .channel is not used, to be started. From then on the peer's socket leads
 * to what stands by the program: supervise() takes it, without a pidfd.
 */
int control_ask_exec(const struct registry_peer *peer, const char *name,
		     const struct exec_wish *wish, struct error *e);
