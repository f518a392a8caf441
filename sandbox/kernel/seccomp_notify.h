// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/vector.h"
#include "kernel/seccomp.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Seeing what a filter denies (`--log-denied`). (libseccomp has taken the prefix seccomp_notify_.)
 *
 *	notifier_filter()   the filter's variant that asks instead of denying
 *	seccomp_apply(variant, SECCOMP_FILTER_FLAG_NEW_LISTENER)      in the child: the listener
 *	…                         the listener travels to the supervisor, which polls it for reading
 *	notifier_handle()   one denied call: answered as the plain filter would have
 *
 * The supervisor answers every call with the error that the plain filter gives, found by running it
 * on what the kernel says about the call: nothing is let through, nothing in the program's memory
 *is looked at, and so nothing can change between check and use. ENOSYS stays the kernel's: it is
 *the answer to calls that programs try first and have a way around, and logging them would be
 *noise.
 *
 * How the listener travels: once the filter is in force, the child's own calls ask it too, sending
 * it included, and nobody answers yet. So before loading the filter the child makes a thread or
 * process that shares its descriptors (CLONE_FILES) and not its filter, which sends the listener
 * over a socket when the number is written to memory or a pipe they share; or the supervisor takes
 * it with pidfd_getfd(2) where it may trace the child.
 */

/* A call that was denied. */
struct denial {
	struct seccomp_data call; /* number, architecture, arguments */
	pid_t pid;                /* in the supervisor's pid namespace */
	int code;                 /* positive errno it was answered with */
	uint64_t times;           /* how often it was denied so far, this one included */
};

struct seen_call {
	uint32_t arch;
	int number, code;
	uint64_t times;
};

/* The supervisor's side; zero is empty. */
struct notifier {
	const struct filter *plain; /* what the program believes to run under; outlives this.
				       NULL for who only looks on (notifier_let()) */
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
	size_t request_size;
	VECTOR(struct seen_call) seen;
};

/*
 * Make the variant of @plain whose denials with an error number (but ENOSYS) reach a listener. It
 * is freed with filter_free() like any filter.
 */
int notifier_filter(const struct filter *plain, struct filter *ret, struct error *e);

/* Make the buffers that the kernel asks for. -ENOSYS where it has no user notification (< 5.0). */
int notifier_init(struct notifier *notifier, const struct filter *plain, struct error *e);
void notifier_free(struct notifier *notifier);

/*
 * Receive one call from @listener, which poll(2) says is readable, and answer it.
 *
 * Return: 1 the call's number and error number are seen for the first time: @ret says what, an
 * event is due; 0 answered, seen before (@ret is filled all the same), or the caller has gone
 * meanwhile; -errno: the listener is of no more use (poll's POLLHUP says so, too).
 */
int notifier_handle(int listener, struct notifier *notifier, struct denial *ret);

/*
 * For who looks on and denies nothing (`hutch learn`): receive a call into @notifier->request. The
 * caller of it stands still until it is answered.
 *
 * Return: 1 there is one, 0 there is none, the caller has gone; -errno: the listener is of no use.
 */
int notifier_receive(int listener, struct notifier *notifier);

/*
 * Let the call that was received be carried out (SECCOMP_USER_NOTIF_FLAG_CONTINUE). Never an answer
 * of who enforces something: what the arguments point to can change after it was looked at.
 *
 * Return: 1; 0 where the caller has gone meanwhile, so that what was read through its number may
 * have been another process's; -errno: the listener is of no use.
 */
int notifier_let(int listener, struct notifier *notifier);

/* Ask for the switch to the answerer and back to stay on one processor, which is several times
 * faster for calls that come one by one. Kernels before 6.6 don't know it, and that is no failure. */
void notifier_switch_fast(int listener);
