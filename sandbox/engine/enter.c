// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The child side is a straight line. Each step says why it stands where it does.
 *
 *  1. The child asks to die with the launcher, before anything else exists that could outlive it.
 *  2. Its ids are mapped: without a map it can do nothing else. Inside the first user namespace it
 *     is uid 0 whatever the program will be, since devpts and the mounts want a mapped root.
 *     Where the sandbox has a network of its own, its namespace goes to the launcher now, so that
 *     the helper sets it up beside what follows (engine/network.c). Then the helpers are waited for whose sockets step 3
 *     mounts.
 *  3. The file system is built and the host's is dropped (engine/root.c).
 *  4. Host name and loopback: they need the capabilities of step 2.
 *  5. No more than one further user namespace is allowed (the one of step 8), as the kernel's own
 *     limit, so that a hole in a seccomp policy opens nothing.
 *  6. pid 1 starts a session, with a terminal on the sandbox's own devpts where one is wanted; its
 *     master goes to the launcher.
 *  7. pid 1 becomes unreadable (not dumpable, arguments and environment overwritten) before there
 *     is anybody who could read it, and the program's process is forked off.
 *
 * From here in the program's process (engine/program.c):
 *
 *  8. A second user namespace: it owns nothing (the mounts belong to the first), so even with all
 *     capabilities in it nothing can be unmounted or remounted, and mounts copied into a nested
 *     namespace come locked.
 *  9. A session keyring of its own.
 * 10. Working directory and program are looked up, while everything still may be.
 * 11. Limits; then Landlock, which needs no_new_privs and file descriptors of the rules' paths.
 * 12. All capabilities and the bounding set go, after the last step that needs one.
 * 13. Signals are reset, since the handlers' defaults may be needed from here.
 *     Then the network's helper must be ready, and in a new session the clock past its beginning.
 * 14. seccomp comes last: it must not forbid what stands above.
 * 15. The program is executed by the path that step 10 found to lead to the file of the plan. Not
 *     by descriptor: then scripts would see /dev/fd/N as their name, and kernels before 6.14 show
 *     "N" as the program's name.
 */
#include "engine/enter.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/channel.h"
#include "engine/init.h"
#include "engine/own_filters.h"
#include "engine/program.h"
#include "engine/root.h"
#include "kernel/capability.h"
#include "kernel/process.h"
#include "kernel/seccomp_reach.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void map_ids(const struct entry *entry, int proc)
{
	const struct plan *plan = entry->plan;

	if (plan->id_map == ID_SINGLE) {
		entry_must(entry, userns_map_self(proc, 0, plan->outer_uid, 0, plan->outer_gid),
			   "mapping the ids");
		return;
	}
	/* newuidmap and newgidmap are run by the launcher, which is their caller's real user. */
	entry_wait_for_launcher(entry, MESSAGE_GO);
	entry_become_root(entry);
	/* Changing ids took the wish away (prctl(2), PR_SET_PDEATHSIG). */
	entry_die_with_launcher(entry, SIGKILL);
}

/* The kernel's own limit, or a filter that says the same. */
static void limit_user_namespaces(const struct entry *entry, int proc)
{
	const struct plan *plan = entry->plan;
	int r = plan->nested ? 0 : userns_limit(proc, 1);
	struct error e = {0};

	if (r == 0)
		return;
	if (seccomp_denies_user_namespaces(&plan->filter)) {
		entry_note(entry,
			   "user namespaces: forbidden by the seccomp policy only (/proc/sys is "
			   "read-only)");
		return;
	}
	error_errno(&e, -r, "forbidding new user namespaces");
	error_remedy(&e, "/proc/sys is read-only here, as in a container: take a --seccomp policy "
			 "that denies them, or allow them with --nested");
	entry_give_up(entry, &e);
}

static void send_network(const struct entry *entry, int proc)
{
	_cleanup_fd_ int netns = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);

	entry_must_call(entry, netns, "opening the network namespace");
	entry_must(entry,
		   channel_send(entry->channel, &(struct message){.kind = MESSAGE_NETWORK}, netns),
		   "handing the network over");
}

noreturn void enter(struct entry *entry)
{
	const struct plan *plan = entry->plan;
	int root = -1, proc, peer, mapped[2] = {-1, -1};
	struct error e = {0};
	bool own_proc;
	eventfd_t number;
	pid_t program;

	entry_die_with_launcher(entry, SIGKILL);
	umask(0);
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	entry_must_call(entry, proc, "opening /proc");
	map_ids(entry, proc);
	/* Not at the clone: the namespace would show the launcher's group, and ours beside it. */
	if (entry->boxed)
		entry_must_call(entry, unshare(CLONE_NEWCGROUP), "entering a cgroup namespace");
	log_step("namespaces made, ids mapped");
	if (plan->network.helper)
		send_network(entry, proc);
	if (plan_is_awaited(plan))
		entry_wait_for_launcher(entry, MESSAGE_GO);
	if (root_build(plan, entry->trees, &root, &own_proc, &e) < 0)
		entry_give_up(entry, &e);
	log_step("the host's file system is gone");
	if (!own_proc)
		entry_note(entry,
			   "/proc: only a few files (the host's /proc has covered parts, as in a "
			   "container)");
	if (plan->namespaces & CLONE_NEWUTS)
		entry_must_call(entry, sethostname(plan->hostname, strlen(plan->hostname)),
				"setting the host name");
	if (plan->namespaces & CLONE_NEWNET)
		entry_must(entry, process_loopback_up(), "bringing up the loopback interface");
	limit_user_namespaces(entry, proc);
	peer = entry_start_session(entry, root, "/dev/pts");
	log_step("session started%s", peer >= 0 ? ", with a terminal of its own" : "");
	if (plan->id_map == ID_RANGE)
		for (int i = 0; i < 2; i++) {
			mapped[i] = eventfd(0, EFD_CLOEXEC);
			entry_must_call(entry, mapped[i], "preparing the program's ids");
		}

	entry_must_call(entry, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hiding pid 1");
	process_scrub("hutch-init");
	entry_must(entry,
		   channel_send(entry->channel, &(struct message){.kind = MESSAGE_READY}, -1),
		   "telling the launcher");
	program = fork();
	entry_must_call(entry, program, "forking");
	if (program == 0)
		program_run(entry, root, proc, peer, mapped);
	if (plan->id_map == ID_RANGE) {
		if (eventfd_read(mapped[0], &number) < 0)
			entry_must(entry, -EIO, "waiting for the program");
		entry_must(entry,
			   userns_map_identity(proc, (pid_t)number, plan->sub_uid_count,
					       plan->sub_gid_count),
			   "mapping the program's ids");
		eventfd_write(mapped[1], 1);
	}
	/* CAP_KILL: in a range the program may become other users than the one pid 1 is. */
	entry_must(entry, capability_keep_only(CAP_KILL), "dropping capabilities of pid 1");
	/* The host's /proc knows the program under another number. */
	proc = fd_close(proc);
	if (entry->want_credentials && own_proc)
		proc = path_open_in(root, "/proc", O_PATH | O_DIRECTORY);
	/* Nothing of the launcher's, nor of the sandbox's. */
	process_close_all_but((const int[]){entry->channel, proc}, 2);
	entry_must(entry, own_filter_apply(init_filter, init_filter_count), "confining pid 1");
	init_run(program, entry->channel, proc, 0);
}
