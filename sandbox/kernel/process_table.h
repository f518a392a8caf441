// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/vector.h"

#include <stdint.h>
#include <sys/types.h>

/* One look at all processes that /proc shows (proc(5), /proc/PID/stat). */
struct process_entry {
	pid_t pid, parent;
	char state;            /* 'R', 'S', 'T', … */
	uint64_t cpu;          /* microseconds, its own */
	uint64_t children_cpu; /* of its children that ended and were waited for */
	uint64_t memory;       /* bytes resident, shared pages too */
};

struct process_table {
	VECTOR(struct process_entry) list; /* by rising number */
};

/* 0 or -errno. @ret is zeroed before, and freed by the caller. */
int process_table_read(struct process_table *ret);

/* NULL where there is none of that number. */
const struct process_entry *process_table_find(const struct process_table *table, pid_t pid);

/*
 * How many steps up from @pid the process @ancestor is: 0 for itself, -1 where it is none of its
 * ancestors.
 */
int process_table_depth(const struct process_table *table, pid_t pid, pid_t ancestor);

void process_table_free(struct process_table *table);
