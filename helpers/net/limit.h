// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop.h"

#include <stdint.h>

/*
 * A rate in bytes a second: a bucket of tokens that fills with time, and those who wait for it.
 */
struct limit {
	uint64_t rate; /* 0: none */
	uint64_t tokens;
	int64_t filled; /* when, in milliseconds */
	struct loop *loop;
	struct timer timer;
	struct task waiting; /* a ring of tasks; the head runs nothing */
};

void limit_begin(struct limit *limit, struct loop *loop, uint64_t rate);

/* How many of @wanted bytes may pass now; 0 where none may. */
size_t limit_ask(struct limit *limit, size_t wanted);

/* So many passed. */
void limit_spend(struct limit *limit, size_t bytes);

/* Queue @task in the loop once bytes may pass again; task_clear() takes it back. */
void limit_wait(struct limit *limit, struct task *task);
