// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/channel.h"
#include "engine/plan.h"

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What the child side needs beside the plan; made before the clone, since nothing is allocated
 * after it. */
struct entry {
	const struct plan *plan;
	pid_t launcher;            /* set where there are no namespaces */
	int channel;               /* to the launcher (engine/channel.h) */
	int *trees;                /* room for one descriptor a mount of the plan */
	int landlock_abi;          /* kernel/landlock.h */
	struct rlimit descriptors; /* as many the program may have; where the plan is exact */
	mode_t umask;              /* the program's */
	bool want_credentials;     /* a report was asked for */
	bool terminal[3];          /* which of 0-2 become the sandbox's own terminal */
	const int *output;  /* what 0-2 become (engine/relay.h), -1: they stay; NULL: all do */
	bool boxed;         /* in a cgroup of its own */
	int program_userns; /* exec: the user namespace to join; -1: one is made */
	const struct strv
		*candidates; /* exec: where the program may be inside; NULL: plan->program */
};

/* Every mount of the plan is a descriptor for a moment: allow as many as possible. What was allowed
 * before. */
struct rlimit entry_raise_descriptor_limit(void);

/* Tell the launcher why nothing ran, and end. */
noreturn void entry_give_up(const struct entry *entry, const struct error *e);

/* Give up when a step's result @r is negative, naming the step. */
void entry_must(const struct entry *entry, int r, const char *step);

/* The same for a system call that leaves errno. */
void entry_must_call(const struct entry *entry, int result, const char *step);

/* Tell the launcher of something that is weaker than it could be. */
void entry_note(const struct entry *entry, const char *text);

/* Ask for @signal when the launcher ends; end at once where it is gone already. */
void entry_die_with_launcher(const struct entry *entry, int signal);

/* Where the ids are a range: become user and group 0 of the first user namespace. */
void entry_become_root(const struct entry *entry);

/* Wait until the launcher sends @kind; give up where it sends anything else, end where it is gone. */
void entry_wait_for_launcher(const struct entry *entry, enum message_kind kind);

/*
 * A session of the sandbox's own, led by pid 1, so that the program's process group, which has its
 * parent there, is not orphaned and ^Z works. With a terminal, from @directory with the name
 * "ptmx", this is its controlling one; the master goes to the launcher. The terminal's descriptor,
 * or -1.
 */
int entry_start_session(const struct entry *entry, int root, const char *directory);
