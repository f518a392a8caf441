// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bucket holds a tenth of a second, at least one large frame. Those that wait are woken in turn,
 * all at once: each takes what is there, and whoever finds nothing waits again at the end.
 */
#include "limit.h"

#define FRAME 65536
#define TICK  10 /* milliseconds */

static uint64_t depth(const struct limit *limit)
{
	return limit->rate / 10 > FRAME ? limit->rate / 10 : FRAME;
}

static void fill(struct limit *limit)
{
	int64_t now = loop_now(limit->loop);
	int64_t passed = now - limit->filled;

	/* Fractions of a token are kept by not counting the time until there is a whole one. */
	if (passed <= 0)
		return;
	if (passed > 1000)
		passed = 1000;
	if (limit->rate * (uint64_t)passed < 1000)
		return;
	limit->tokens += limit->rate * (uint64_t)passed / 1000;
	if (limit->tokens > depth(limit))
		limit->tokens = depth(limit);
	limit->filled = now;
}

static void expired(struct timer *timer)
{
	struct limit *limit = container_of(timer, struct limit, timer);

	while (limit->waiting.next != &limit->waiting) {
		struct task *task = limit->waiting.next;

		task_clear(limit->loop, task);
		task_queue(limit->loop, task);
	}
}

void limit_begin(struct limit *limit, struct loop *loop, uint64_t rate)
{
	*limit = (struct limit){.rate = rate, .loop = loop, .timer.expired = expired};
	limit->waiting.next = limit->waiting.previous = &limit->waiting;
	limit->filled = loop_now(loop);
	limit->tokens = depth(limit);
}

size_t limit_ask(struct limit *limit, size_t wanted)
{
	if (!limit->rate)
		return wanted;
	fill(limit);
	return wanted < limit->tokens ? wanted : (size_t)limit->tokens;
}

void limit_spend(struct limit *limit, size_t bytes)
{
	if (limit->rate)
		limit->tokens -= bytes < limit->tokens ? bytes : limit->tokens;
}

void limit_wait(struct limit *limit, struct task *task)
{
	task_clear(limit->loop, task);
	task->next = &limit->waiting;
	task->previous = limit->waiting.previous;
	task->previous->next = task;
	limit->waiting.previous = task;
	if (!limit->timer.slot)
		timer_set(limit->loop, &limit->timer, TICK);
}
