// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than the headers of some distributions that hutch builds on. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/*
 * A filter ready to be loaded. The text it was made from belongs to the floors above; here it is
 * classic BPF, a name and an origin for messages and for the report.
 */
struct filter {
	const struct sock_filter *instructions;
	size_t count;
	char *name;                    /* what the user asked for: "default", "./mine.policy" */
	char *origin_path;             /* the file it came from; "built in" for a shipped one */
	struct sock_filter *allocated; /* == instructions where they are ours to free, or NULL */
};

/* Free what the filter owns and make it empty; safe on an empty one. */
void filter_free(struct filter *filter);

#define _cleanup_filter_ __attribute__((cleanup(filter_free)))

/*
 * Load @filter into the calling thread with seccomp(2), after which it cannot be taken back.
 *
 * @flags: SECCOMP_FILTER_FLAG_*. With SECCOMP_FILTER_FLAG_NEW_LISTENER the listener's descriptor
 * (close-on-exec) is returned; kernel/seccomp_notify.h serves it.
 *
 * The caller has no_new_privs set (the kernel refuses with EACCES otherwise). Async-signal-safe,
 * allocates nothing: it stands between clone and exec.
 *
 * Return: 0, a descriptor with NEW_LISTENER, or -errno.
 */
int seccomp_apply(const struct filter *filter, unsigned int flags);

/*
 * The same with prctl(2), for filters of others that follow one another: those are written so that
 * each lets the next one be loaded by that call (PR_SET_SECCOMP).
 */
int seccomp_apply_by_prctl(const struct filter *filter);

/*
 * What the kernel would make of @data: run @instructions as it does, without the kernel. Used by
 * `hutch profile seccomp explain` and `diff`, by the answerer of denied calls and by the tests.
 *
 * @ret_value:       the SECCOMP_RET_* value the program returned
 * @ret_instruction: the index of the instruction that returned it; may be NULL
 *
 * Return: 0, or -EINVAL where the program is none that the kernel would load: a jump or a load
 * outside, an operation that seccomp does not know, no return at its end.
 */
int seccomp_simulate(const struct sock_filter *instructions, size_t count,
		     const struct seccomp_data *data, uint32_t *ret_value, size_t *ret_instruction);

/* Whether the kernel would accept the program; the same checks as seccomp_simulate() on every
 * instruction, for filters that come from a file. */
bool seccomp_valid(const struct sock_filter *instructions, size_t count);

/*
 * Make one filter of two: @front has the first word, and what it allows, @back decides. The result
 * has the name and origin of @back and is to be freed by the caller.
 *
 * Return: 0, or -E2BIG where it is longer than the kernel takes.
 */
int seccomp_join(const struct filter *front, const struct filter *back, struct filter *ret);

/* Whether the call does not run under verdict @value (kill, trap, errno). */
bool seccomp_denies(uint32_t value);
