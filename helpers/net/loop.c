// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop: epoll, a heap of timers, a queue of tasks.
 *
 * Tasks make it fair: whoever could go on for long (a relay with data on both sides, a tap with
 * frames without end) does a bounded amount and queues itself, so that everybody gets a turn and a
 * new event is seen soon. With no events, timers or tasks the program sleeps in epoll_wait(2)
 * without a time limit.
 */
#include "loop.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/vector.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Events taken at once: many, since a wake-up costs more than an event. */
#define BATCH 128

struct loop {
	int epoll;
	bool stopped;
	int status;
	int64_t now;
	VECTOR(struct timer *) heap;
	VECTOR(void *) garbage;
	struct task queue; /* a ring; the head runs nothing */
	struct epoll_event events[BATCH];
};

static int64_t read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int loop_new(struct loop **ret, struct error *e)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return error_errno(e, errno, "epoll_create1");
	}
	loop->queue.next = loop->queue.previous = &loop->queue;
	loop->now = read_clock();
	*ret = loop;
	return 0;
}

static void collect_garbage(struct loop *loop)
{
	vector_each (pointer, &loop->garbage)
		free(*pointer);
	loop->garbage.count = 0;
}

void loop_delete(struct loop *loop)
{
	if (!loop)
		return;
	collect_garbage(loop);
	vector_free(&loop->garbage);
	vector_free(&loop->heap);
	fd_close(loop->epoll);
	free(loop);
}

int64_t loop_now(const struct loop *loop)
{
	return loop->now;
}

int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

int loop_modify(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) < 0 ? -errno : 0;
}

/* Events of this batch that are still to be told are about a watch that is none any more. */
static void forget(struct loop *loop, const struct watch *watch)
{
	for (size_t i = 0; i < BATCH; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	forget(loop, watch);
}

void loop_close(struct loop *loop, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	/* Removed by hand: a copy of the descriptor elsewhere would keep it in the set. */
	loop_remove(loop, watch);
	watch->fd = fd_close(watch->fd);
}

void loop_close_sole(struct loop *loop, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	forget(loop, watch);
	watch->fd = fd_close(watch->fd);
}

static void place(struct loop *loop, size_t slot, struct timer *timer)
{
	loop->heap.items[slot] = timer;
	timer->slot = slot + 1;
}

static void sift_up(struct loop *loop, size_t slot, struct timer *timer)
{
	while (slot && loop->heap.items[(slot - 1) / 2]->deadline > timer->deadline) {
		place(loop, slot, loop->heap.items[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	place(loop, slot, timer);
}

static void sift_down(struct loop *loop, size_t slot, struct timer *timer)
{
	for (;;) {
		size_t child = slot * 2 + 1;

		if (child + 1 < loop->heap.count &&
		    loop->heap.items[child + 1]->deadline < loop->heap.items[child]->deadline)
			child++;
		if (child >= loop->heap.count ||
		    loop->heap.items[child]->deadline >= timer->deadline)
			break;
		place(loop, slot, loop->heap.items[child]);
		slot = child;
	}
	place(loop, slot, timer);
}

void timer_clear(struct loop *loop, struct timer *timer)
{
	size_t slot = timer->slot;
	struct timer *last;

	if (!slot)
		return;
	timer->slot = 0;
	last = loop->heap.items[--loop->heap.count];
	if (last == timer)
		return;
	sift_down(loop, slot - 1, last);
	sift_up(loop, last->slot - 1, last);
}

void timer_set(struct loop *loop, struct timer *timer, int64_t milliseconds)
{
	timer_clear(loop, timer);
	timer->deadline = loop->now + milliseconds;
	*vector_add(&loop->heap) = timer; // NOLINT(bugprone-sizeof-expression): pointers are held
	sift_up(loop, loop->heap.count - 1, timer);
}

void task_queue(struct loop *loop, struct task *task)
{
	if (task->next)
		return;
	task->next = &loop->queue;
	task->previous = loop->queue.previous;
	task->previous->next = task;
	loop->queue.previous = task;
}

void task_clear(struct loop *loop, struct task *task)
{
	if (!task->next)
		return;
	task->next->previous = task->previous;
	task->previous->next = task->next;
	task->next = task->previous = NULL;
}

void loop_free(struct loop *loop, void *pointer)
{
	*vector_add(&loop->garbage) = pointer;
}

static int wait_time(const struct loop *loop)
{
	int64_t left;

	if (loop->queue.next != &loop->queue)
		return 0;
	if (!loop->heap.count)
		return -1;
	left = loop->heap.items[0]->deadline - read_clock();
	if (left <= 0)
		return 0;
	/* Rounded up, or the last part of a millisecond would be spent spinning. */
	return left >= INT_MAX ? INT_MAX : (int)left + 1;
}

static void run_timers(struct loop *loop)
{
	while (!loop->stopped && loop->heap.count && loop->heap.items[0]->deadline <= loop->now) {
		struct timer *timer = loop->heap.items[0];

		timer_clear(loop, timer);
		timer->expired(timer);
	}
}

/* Those that are queued now, each once: what they queue themselves waits for the next round. */
static void run_tasks(struct loop *loop)
{
	struct task mark = {0};

	if (loop->queue.next == &loop->queue)
		return;
	task_queue(loop, &mark);
	while (!loop->stopped && loop->queue.next != &mark) {
		struct task *task = loop->queue.next;

		task_clear(loop, task);
		task->run(task);
	}
	task_clear(loop, &mark);
}

int loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		int count = epoll_wait(loop->epoll, loop->events, BATCH, wait_time(loop));

		if (count < 0 && errno != EINTR)
			return -errno;
		loop->now = read_clock();
		for (int i = 0; i < count && !loop->stopped; i++) {
			struct watch *watch = loop->events[i].data.ptr;

			if (watch)
				watch->ready(watch, loop->events[i].events);
		}
		run_timers(loop);
		run_tasks(loop);
		collect_garbage(loop);
	}
	loop->stopped = false; /* it may be run again */
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->stopped = true;
	loop->status = status;
}
