// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The child side where the host refuses namespaces and --allow-weaker accepts that. Nothing is
 * built: the program sees the host's files, and what the plan grants of them is all that Landlock
 * lets it open. plan/weaken.c has made the plan such; the program's process takes the same way
 * as otherwise (engine/program.c), with filters besides (profiles/seccomp/no-namespaces.policy).
 *
 * What pid 1 of a PID namespace gets from the kernel is made up for here:
 *
 *  - Orphans of the sandbox become this process's children, and it kills what is left (init.c).
 *  - It does not die with the launcher but is told by a signal, so that it can kill first.
 *  - The program dies with it. Where somebody outside kills this process, the launcher, to which
 *    orphans fall then (launch.c), kills the rest. Only where both are killed at once can processes
 *    that the program left behind go on, as confined as they are.
 *  - Signals from inside: Landlock's scope keeps them from this process, which is outside of it.
 */
#include "engine/enter.h"

#include "base/fd.h"
#include "engine/init.h"
#include "engine/own_filters.h"
#include "engine/program.h"
#include "kernel/capability.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A /proc that knows this process by its number: without one, what is left could not be found. */
static int open_proc(const struct entry *entry)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char text[24] = "";
	struct error e = {0};

	if (proc >= 0 && readlinkat(proc, "self", text, sizeof(text) - 1) > 0 &&
	    atoi(text) == getpid())
		return proc;
	error_set(&e, ENOENT,
		  "no /proc of these processes: without one, what a program leaves behind can't be "
		  "ended");
	error_remedy(&e, "mount -t proc proc /proc");
	entry_give_up(entry, &e);
}

noreturn void enter_bare(struct entry *entry)
{
	int root, proc, peer, none[2] = {-1, -1};
	pid_t program;

	/* Any signal does: it wakes init_run(), which looks who its parent is. */
	entry_die_with_launcher(entry, SIGCHLD);
	umask(0);
	proc = open_proc(entry);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	entry_must_call(entry, root, "opening /");
	entry_must_call(entry, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "taking in orphans");
	peer = entry_start_session(entry, root, "/dev");
	entry_must_call(entry, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hiding pid 1");
	process_scrub("hutch-init");
	entry_must(entry,
		   channel_send(entry->channel, &(struct message){.kind = MESSAGE_READY}, -1),
		   "telling the launcher");
	program = fork();
	entry_must_call(entry, program, "forking");
	if (program == 0) {
		entry_must_call(entry, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
				"asking to die with pid 1");
		program_run(entry, root, proc, peer, none);
	}
	entry_must(entry, capability_keep_only(-1), "dropping capabilities of pid 1");
	/* Nothing of the launcher's, nor of the sandbox's. */
	process_close_all_but((const int[]){entry->channel, proc}, 2);
	entry_must(entry, own_filter_apply(init_filter, init_filter_count), "confining pid 1");
	init_run(program, entry->channel, proc, entry->launcher);
}
