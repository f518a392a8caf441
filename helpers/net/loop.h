// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * The one loop of the program: descriptors, timers, and work that is left for later.
 *
 * Everything runs in one thread and nothing may block. Descriptors are watched edge-triggered where
 * the caller says EPOLLET. A callback may remove any watch and end any object, also those that
 * events of the same batch are about: memory is given back with loop_free(), after the batch.
 */

struct loop;

/* Something to be told about a descriptor; belongs to the object that embeds it. */
struct watch {
	int fd; /* -1 while it is not watched */
	void (*ready)(struct watch *watch, uint32_t events);
};

/* Something to be called once, later. */
struct timer {
	void (*expired)(struct timer *timer);
	int64_t deadline; /* milliseconds of CLOCK_MONOTONIC */
	size_t slot;      /* 0 while it is not set, else its place in the heap and 1 */
};

/* Work that goes on after the events at hand were seen. */
struct task {
	void (*run)(struct task *task);
	struct task *next, *previous; /* NULL while it is not queued */
};

/* The object that embeds @member at @pointer. */
#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

int loop_new(struct loop **ret, struct error *e);
void loop_delete(struct loop *loop);

/* Milliseconds of CLOCK_MONOTONIC, as of the last time the loop woke up. */
int64_t loop_now(const struct loop *loop);

/* Watch watch->fd. 0 or -errno. */
int loop_add(struct loop *loop, struct watch *watch, uint32_t events);

/* Watch it for other events, or by another watch than before. 0 or -errno. */
int loop_modify(struct loop *loop, struct watch *watch, uint32_t events);

/* No longer watch it; the descriptor stays the caller's to close. */
void loop_remove(struct loop *loop, struct watch *watch);

/* Stop watching and close. */
void loop_close(struct loop *loop, struct watch *watch);

/* The same with a call less, for a descriptor of which there is no copy, in no other process either:
 * the kernel stops watching what nobody has open. */
void loop_close_sole(struct loop *loop, struct watch *watch);

/* Call timer->expired in @milliseconds; a timer that is set already is moved. */
void timer_set(struct loop *loop, struct timer *timer, int64_t milliseconds);
void timer_clear(struct loop *loop, struct timer *timer);

/* Run @task after the events at hand; once, however often it is asked for. */
void task_queue(struct loop *loop, struct task *task);
void task_clear(struct loop *loop, struct task *task);

/* free(3) @pointer once no event at hand can be about it. */
void loop_free(struct loop *loop, void *pointer);

/* Run until loop_stop(); returns what that was given, or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);
