// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What is asked for where the sandbox is to be exactly what its caller lists (bubblewrap's command
 * line): operations on an empty file system in the order given, and single settings of which the
 * last one said holds. Descriptors and ids that are not given are -1.
 */

enum operation_kind {
	OPERATION_BIND,      /* .source, or the open .fd, at .destination */
	OPERATION_REMOUNT,   /* read-only, that one mount */
	OPERATION_OVERLAY,   /* of .layers (lowest first), written to as .writes says */
	OPERATION_PROC,      /* /proc */
	OPERATION_DEV,       /* a minimal /dev */
	OPERATION_TMPFS,     /* of .size bytes (0: the kernel's default), with .mode */
	OPERATION_MQUEUE,    /* message queues */
	OPERATION_DIRECTORY, /* with .mode */
	OPERATION_FILE,      /* what is read from .fd, with .mode */
	OPERATION_DATA,      /* the same, mounted */
	OPERATION_SYMLINK,   /* that says .source */
	OPERATION_CHMOD,     /* .mode */
};

struct operation {
	enum operation_kind kind;
	bool read_only, devices, optional; /* bind, data */
	enum layer_writes writes;
	int fd;
	int mode; /* -1: the usual */
	uint64_t size;
	char *source, *destination;
	struct strv layers;
	char *text; /* as written: "--bind /a /b" */
};

enum environment_verb { ENVIRONMENT_SET, ENVIRONMENT_UNSET, ENVIRONMENT_CLEAR };

struct environment_change {
	enum environment_verb verb;
	char *name, *value;
};

struct capability_change {
	bool add;
	int capability; /* CAP_*; -1: all */
};

struct exact_request {
	VECTOR(struct operation) operations;
	/* namespaces: new ones; with _try where there are such */
	bool user, user_try, ipc, pid, net, uts, cgroup, cgroup_try;
	int userns, userns2, pidns;
	bool userns_disabled, assert_userns_disabled;
	int64_t uid, gid;
	char *hostname;

	char *directory;
	VECTOR(struct environment_change) environment;
	VECTOR(struct capability_change) capabilities;
	VECTOR(int) filters;
	bool new_session, die_with_parent, as_pid_1, lenient;
	struct strv locks;
	int info, status, userns_block, block, sync;

	char *argv0;
	struct strv arguments; /* the program and its arguments */
};

/* One with nothing asked for. */
#define EXACT_REQUEST_NONE                                                                  \
	{                                                                                   \
		.userns = -1, .userns2 = -1, .pidns = -1, .uid = -1, .gid = -1, .info = -1, \
		.status = -1, .userns_block = -1, .block = -1, .sync = -1                   \
	}

void exact_request_free(struct exact_request *request);

/* Have the descriptor @fd closed when the program is executed; -EBADF where it is not open. */
int exact_use_up(int fd, struct error *e);
