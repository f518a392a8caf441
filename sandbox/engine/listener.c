// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The listener comes into being with the filter, in the process that the filter binds: its own
 * sendmsg would already ask, and there is nobody yet to answer. So a process without the filter
 * sends it. It is made before, shares the table of descriptors (CLONE_FILES) and so finds the
 * listener in it by number; the number comes through a page of shared memory, since writing that
 * takes no system call. execve gives the program a table of its own and closes its listener.
 *
 * The sender is pid 1's child (CLONE_PARENT), so that the program finds no child it never had, and
 * is not dumpable before the program exists, so that nothing inside can trace it and reach the
 * channel that it has. It lives for a few hundred microseconds.
 */
#include "engine/listener.h"

#include "engine/channel.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the page says; a descriptor when it is not negative. */
enum { NOT_READY = -1, READY = -2, FAILED = -3 };

enum { PATIENCE = 5000 }; /* milliseconds that the sender waits at most */

static void a_moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20 * 1000}, NULL);
}

static void send_listener(atomic_int *page, int channel)
{
	const struct message message = {.kind = MESSAGE_LISTENER};
	struct message failure = {.kind = MESSAGE_ERROR};
	int number, r;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	atomic_store(page, READY);
	for (int i = 0; (number = atomic_load(page)) == READY && i < PATIENCE * 50; i++)
		a_moment();
	if (number < 0)
		_exit(1); /* the program's process tells */
	r = channel_send(channel, &message, number);
	if (r < 0) {
		/* Denied calls would go unheard, and the program can't be told from here. */
		error_errno(&failure.error, -r, "handing the denied system calls over");
		channel_send(channel, &failure, -1);
	}
	_exit(r < 0);
}

int listener_apply(const struct plan *plan, int channel)
{
	atomic_int *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long sender;
	int r;

	if (page == MAP_FAILED)
		return -errno;
	atomic_store(page, NOT_READY);
	sender = syscall(SYS_clone, CLONE_FILES | CLONE_PARENT, NULL, NULL, NULL, NULL);
	if (sender < 0)
		return -errno;
	if (sender == 0)
		send_listener(page, channel);
	for (int i = 0; atomic_load(page) == NOT_READY && i < PATIENCE * 50; i++)
		a_moment();
	if (atomic_load(page) == NOT_READY)
		return -ETIMEDOUT;
	r = seccomp_apply(&plan->asking, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	/* No system call from here that the filter has anything to say about. */
	atomic_store(page, r < 0 ? FAILED : r);
	return r < 0 ? r : 0;
}
