// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/seccomp.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The system calls that are recorded: one table for the filter that asks about them and for whoever
 * reads their arguments.
 */

enum call_shape {
	CALL_PATHS,   /* .path[0] and, where there are two, .path[1] */
	CALL_OPEN,    /* the same with one; .flags is the argument with the flags of open(2) */
	CALL_HOW,     /* the same; .flags is the argument with the address of a struct open_how */
	CALL_EXECUTE, /* a program; .flags with AT_EMPTY_PATH, or none */
	CALL_ADDRESS, /* descriptor, address, length: .path[0] is the argument with the address */
	CALL_SOCKETS, /* i386's socketcall(2): one of the latter, its arguments in memory */
};

struct recorded_call {
	int native, compatible; /* numbers; -1: there is none */
	enum call_shape shape;
	signed char directory[2]; /* arguments with the directories' descriptors; -1: none */
	signed char path[2];      /* arguments with the paths; -1: none */
	unsigned access[2];       /* enum access_kind, of the paths */
	signed char flags;        /* -1: none */
	bool bound;               /* an address that is taken as one's own */
	bool link;                /* a symbolic link at the end is meant itself */
};

/* The row of a call of this or the other architecture that the kernel executes (i386 on x86-64), or
 * NULL. */
const struct recorded_call *recorded_call_find(uint32_t arch, int number);

/* Whether the call is one by which a program makes a sandbox of its own: namespaces, roots, mounts. */
bool recorded_call_nests(const struct seccomp_data *call);

/*
 * Make the filter that asks about every call of the table, and about what @policy denies, and lets
 * everything through. Two calls are refused with ENOSYS, as every policy of hutch does: io_uring,
 * which opens files unseen, and clone3, whose flags no filter sees; programs fall back. So are x32's.
 *
 * 0, or -E2BIG where it is longer than the kernel takes. Freed with filter_free().
 */
int recorded_calls_filter(const struct filter *policy, struct filter *ret, struct error *e);
