// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

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

/* The descriptors of a request: the asker's user namespace, and those of exec. */
enum control_descriptor {
	CONTROL_FD_NAMESPACE,
	CONTROL_FD_STRINGS,
	CONTROL_FD_STANDARD,
	CONTROL_FDS = CONTROL_FD_STANDARD + 3,
};

/* What a request brings the first descriptor of. */
#define CONTROL_USER_NAMESPACE "/proc/self/ns/user"
