// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The child side is a straight line. Each step says why it stands where it does.
 *
 *  1. The child asks to die with the launcher, before anything else exists that could outlive it.
 *  2. Its ids are mapped: without a map it can do nothing else. Inside the first user namespace it
 * is uid 0 whatever the program will be, since devpts and the mounts want a mapped root.
 *  3. The file system is built and the host's is dropped (engine/root.c).
 *  4. Host name and loopback: they need the capabilities of step 2.
 *  5. No more than one further user namespace is allowed (the one of step 8), as the kernel's own
 * limit, so that a hole in a seccomp policy opens nothing.
 *  6. pid 1 starts a session, with a terminal on the sandbox's own devpts where one is wanted; its
 * master goes to the launcher.
 *  7. pid 1 becomes unreadable (not dumpable, arguments and environment overwritten) before there
 * is anybody who could read it, and the program's process is forked off.
 *
 * From here in the program's process:
 *
 *  8. A second user namespace: it owns nothing (the mounts belong to the first), so even with all
 * capabilities in it nothing can be unmounted or remounted, and mounts copied into a nested
 * namespace come locked.
 *  9. A session keyring of its own.
 * 10. Working directory and program are looked up, while everything still may be.
 * 11. Limits; then Landlock, which needs no_new_privs and file descriptors of the rules' paths.
 * 12. All capabilities and the bounding set go, after the last step that needs one.
 * 13. Signals are reset, since the handlers' defaults may be needed from here.
 * 14. seccomp comes last: it must not forbid what stands above.
 * 15. The program is executed by the path that step 10 found to lead to the file of the plan. Not
 * by descriptor: then scripts would see /dev/fd/N as their name, and kernels before 6.14 show "N"
 * as the program's name.
 */
#include "engine/enter.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/channel.h"
#include "engine/init.h"
#include "engine/listener.h"
#include "engine/root.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "kernel/pty.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static noreturn void give_up(const struct entry *entry, const struct error *e)
{
	struct message message = {.kind = MESSAGE_ERROR, .error = *e};

	channel_send(entry->channel, &message, -1);
	_exit(EXIT_HUTCH_FAILED);
}

/* Give up when a step's result @r is negative, naming the step. */
static void must(const struct entry *entry, int r, const char *step)
{
	struct error e = {0};

	if (r >= 0)
		return;
	error_errno(&e, -r, "%s", step);
	give_up(entry, &e);
}

static void must_call(const struct entry *entry, int result, const char *step)
{
	must(entry, result < 0 ? -errno : 0, step);
}

static void note(const struct entry *entry, const char *text)
{
	struct message message = {.kind = MESSAGE_NOTE};

	strncpy(message.text, text, sizeof(message.text) - 1);
	channel_send(entry->channel, &message, -1);
}

static void die_with_launcher(const struct entry *entry)
{
	struct pollfd peer = {.fd = entry->channel};

	must_call(entry, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
		  "asking to die with the launcher");
	/* The launcher may have died before; then its end of the channel is closed. */
	if (poll(&peer, 1, 0) > 0 && (peer.revents & POLLHUP))
		_exit(EXIT_HUTCH_FAILED);
}

static void wait_for_launcher(const struct entry *entry, enum message_kind kind)
{
	struct message message;

	if (channel_receive(entry->channel, &message, NULL) != 1 || message.kind != kind)
		_exit(EXIT_HUTCH_FAILED);
}

static void map_ids(const struct entry *entry, int proc)
{
	const struct plan *plan = entry->plan;

	if (plan->id_map == ID_SINGLE) {
		must(entry, userns_map_self(proc, 0, plan->outer_uid, 0, plan->outer_gid),
		     "mapping the ids");
		return;
	}
	/* newuidmap and newgidmap are run by the launcher, which is their caller's real user. */
	wait_for_launcher(entry, MESSAGE_GO);
	must_call(entry, setresgid(0, 0, 0), "becoming group 0 of the sandbox");
	must_call(entry, setgroups(0, NULL), "leaving the supplementary groups");
	must_call(entry, setresuid(0, 0, 0), "becoming user 0 of the sandbox");
	/* Changing ids took the wish away (prctl(2), PR_SET_PDEATHSIG). */
	die_with_launcher(entry);
}

/*
 * A session of the sandbox's own, led by pid 1, so that the program's process group, which has its
 * parent there, is not orphaned and ^Z works. With a terminal, this is its controlling one; the
 * master goes to the launcher. The terminal's descriptor, or -1.
 */
static int start_session(const struct entry *entry, int root)
{
	struct message message = {.kind = MESSAGE_TERMINAL};
	_cleanup_fd_ int pts = -1, master = -1;
	struct error e = {0};
	int peer = -1;

	if (entry->plan->share_terminal)
		return -1;
	if (!entry->plan->own_terminal) {
		must_call(entry, setsid(), "starting a session");
		return -1;
	}
	pts = path_open_in(root, "/dev/pts", O_PATH | O_DIRECTORY);
	must(entry, pts, "opening /dev/pts");
	if (pty_open(pts, "ptmx", &master, &peer, &e) < 0 || pty_lead_session(peer, &e) < 0)
		give_up(entry, &e);
	must(entry, channel_send(entry->channel, &message, master), "handing the terminal over");
	/* Its size and modes are set by the launcher, before the program can ask. */
	wait_for_launcher(entry, MESSAGE_GO);
	return peer;
}

/* The program's process group, in the foreground of its terminal. */
static void join_session(const struct entry *entry, int peer)
{
	struct error e = {0};

	if (entry->plan->share_terminal)
		return;
	must_call(entry, setpgid(0, 0), "making a process group");
	if (peer < 0)
		return;
	if (pty_set_foreground(peer, getpid(), &e) < 0)
		give_up(entry, &e);
	for (int fd = 0; fd <= 2; fd++)
		if (entry->terminal[fd])
			must_call(entry, dup2(peer, fd), "taking the terminal");
}

/* The number that this process has in @proc. */
static eventfd_t own_number(const struct entry *entry, int proc)
{
	char text[24];
	ssize_t n = readlinkat(proc, "self", text, sizeof(text) - 1);
	eventfd_t number = 0;

	must_call(entry, (int)n, "reading /proc/self");
	for (ssize_t i = 0; i < n; i++)
		number = number * 10 + (eventfd_t)(text[i] - '0');
	return number;
}

static void enter_second_userns(const struct entry *entry, int proc, int mapped[2])
{
	const struct plan *plan = entry->plan;
	eventfd_t go, number;

	must_call(entry, unshare(CLONE_NEWUSER), "entering a second user namespace");
	if (plan->id_map == ID_SINGLE) {
		must(entry, userns_map_self(proc, plan->uid, 0, plan->gid, 0),
		     "mapping the program's ids");
		return;
	}
	/* Maps of several ids must come from the parent namespace, where pid 1 is. It has the
	 * host's /proc, and there this process has another number than in the sandbox. */
	number = own_number(entry, proc);
	if (eventfd_write(mapped[0], number) < 0 || eventfd_read(mapped[1], &go) < 0)
		must(entry, -EIO, "waiting for the program's ids");
	must_call(entry, setresgid(plan->gid, plan->gid, plan->gid),
		  "becoming the program's group");
	must_call(entry, setresuid(plan->uid, plan->uid, plan->uid), "becoming the program's user");
}

/* Not by chdir(2): descriptors of the caller are still open, and /proc/self/fd/N would lead to what
 * they are of (CVE-2024-21626). */
static void enter_directory(const struct entry *entry, int root)
{
	const struct plan *plan = entry->plan;
	_cleanup_fd_ int fd = path_open_in(root, plan->directory, O_PATH | O_DIRECTORY);
	struct error e = {0};

	if (fd >= 0 && fchdir(fd) == 0)
		return;
	error_errno(&e, fd < 0 ? -fd : errno, "working directory %s", plan->directory);
	error_remedy(&e, "make it visible (--ro %s), or choose another with --chdir",
		     plan->directory);
	give_up(entry, &e);
}

/* Look the program up inside, and check that it is the file that the plan means. */
static void check_program(const struct entry *entry, int root)
{
	const struct plan *plan = entry->plan;
	struct file_identity found;
	struct error e = {0};
	_cleanup_fd_ int fd = path_open_in(root, plan->program, O_PATH);
	int r = fd < 0 ? fd : path_identify(fd, &found);

	if (r == 0 && plan->program_found && !path_same_file(&found, &plan->program_identity))
		r = -ESTALE;
	if (r == 0)
		return;
	error_errno(&e, -r, "%s: not what was found outside", plan->program);
	if (r == -ENOENT || r == -EACCES) {
		error_errno(&e, -r, "%s: in the sandbox", plan->program);
		error_remedy(&e, "make it visible: --ro %s", plan->program);
		error_status(&e, EXIT_NOT_FOUND);
	}
	give_up(entry, &e);
}

static void restrict_files(const struct entry *entry, int root)
{
	const struct plan *plan = entry->plan;
	_cleanup_fd_ int ruleset = -1;

	if (entry->landlock_abi == 0 ||
	    (!plan->landlock_files && entry->landlock_abi < LANDLOCK_ABI_SCOPES))
		return;
	ruleset = landlock_create(entry->landlock_abi, plan->landlock_files);
	must(entry, ruleset, "making the Landlock rules");
	for (size_t i = 0; plan->landlock_files && i < plan->landlock.count; i++) {
		const struct plan_landlock_rule *rule = &plan->landlock.items[i];
		_cleanup_fd_ int fd = path_open_in(root, rule->path, O_PATH);

		if (fd == -ENOENT)
			continue; /* an optional mount that is not there */
		must(entry, fd, rule->path);
		must(entry, landlock_allow(ruleset, entry->landlock_abi, fd, rule->write),
		     "making the Landlock rules");
	}
	must(entry, landlock_enforce(ruleset), "enforcing the Landlock rules");
}

static void set_limits(const struct entry *entry)
{
	for (size_t i = 0; i < entry->plan->rlimits.count; i++) {
		const struct plan_rlimit *limit = &entry->plan->rlimits.items[i];
		const struct rlimit value = {limit->soft, limit->hard};

		must_call(entry, setrlimit((__rlimit_resource_t)limit->resource, &value),
			  limit->name);
	}
}

/* execve(2) failed: tell a missing file or interpreter from one that cannot be executed. */
static noreturn void execution_failed(const struct entry *entry, int code)
{
	const struct plan *plan = entry->plan;
	struct error e = {0};

	error_errno(&e, code, "%s", plan->program);
	if (code == ENOENT)
		error_set(&e, code, "%s: its interpreter or loader is not in the sandbox",
			  plan->program);
	error_status(&e, EXIT_NOT_EXECUTABLE);
	give_up(entry, &e);
}

static noreturn void run_program(const struct entry *entry, int root, int proc, int peer,
				 int mapped[2])
{
	const struct plan *plan = entry->plan;

	must_call(entry, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "becoming dumpable again");
	join_session(entry, peer);
	enter_second_userns(entry, proc, mapped);
	log_step("second user namespace entered: uid %u, gid %u", plan->uid, plan->gid);
	if (sys_join_session_keyring() < 0 && errno != ENOSYS)
		note(entry, "session keyring: the caller's (no room for a new one); the seccomp "
			    "policy keeps it away");
	enter_directory(entry, root);
	check_program(entry, root);
	must(entry, process_close_on_exec(plan->descriptors.items, plan->descriptors.count),
	     "closing descriptors");
	set_limits(entry);
	log_step("descriptors closed, %zu limits set", plan->rlimits.count);
	must_call(entry, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "setting no_new_privs");
	restrict_files(entry, root);
	log_step("Landlock ABI %d%s", entry->landlock_abi,
		 entry->landlock_abi > 0 && plan->landlock_files ? ": file rules enforced" : "");
	must(entry, capability_drop_all(), "dropping capabilities");
	log_step("capabilities dropped, no_new_privs set");
	umask(entry->umask);
	must(entry, process_reset_signals(), "resetting signals");
	/* Said before: a policy need not allow writing. */
	log_step("seccomp policy %s; executing %s", plan->filter.count ? plan->filter.name : "none",
		 plan->program);
	if (plan->asking.count)
		must(entry, listener_apply(plan, entry->channel), "loading the seccomp policy");
	else if (plan->filter.count)
		must(entry, seccomp_apply(&plan->filter, 0), "loading the seccomp policy");
	execve(plan->program, plan->arguments.items, plan->environment.items);
	execution_failed(entry, errno);
}

noreturn void enter(struct entry *entry)
{
	const struct plan *plan = entry->plan;
	int root = -1, proc, peer, mapped[2] = {-1, -1};
	struct error e = {0};
	bool own_proc;
	eventfd_t number;
	pid_t program;

	die_with_launcher(entry);
	umask(0);
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	must_call(entry, proc, "opening /proc");
	map_ids(entry, proc);
	log_step("namespaces made, ids mapped");
	if (root_build(plan, entry->trees, &root, &own_proc, &e) < 0)
		give_up(entry, &e);
	log_step("the host's file system is gone");
	if (!own_proc)
		note(entry, "/proc: only a few files (the host's /proc has covered parts, as in a "
			    "container)");
	if (plan->namespaces & CLONE_NEWUTS)
		must_call(entry, sethostname(plan->hostname, strlen(plan->hostname)),
			  "setting the host name");
	if (plan->namespaces & CLONE_NEWNET)
		must(entry, process_loopback_up(), "bringing up the loopback interface");
	if (!plan->nested && userns_limit(proc, 1) < 0)
		note(entry, "user namespaces: forbidden by the seccomp policy only (/proc/sys is "
			    "read-only)");
	peer = start_session(entry, root);
	log_step("session started%s", peer >= 0 ? ", with a terminal of its own" : "");
	if (plan->id_map == ID_RANGE)
		for (int i = 0; i < 2; i++) {
			mapped[i] = eventfd(0, EFD_CLOEXEC);
			must_call(entry, mapped[i], "preparing the program's ids");
		}

	must_call(entry, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hiding pid 1");
	process_scrub("hutch-init");
	must(entry, channel_send(entry->channel, &(struct message){.kind = MESSAGE_READY}, -1),
	     "telling the launcher");
	program = fork();
	must_call(entry, program, "forking");
	if (program == 0)
		run_program(entry, root, proc, peer, mapped);
	if (plan->id_map == ID_RANGE) {
		if (eventfd_read(mapped[0], &number) < 0)
			must(entry, -EIO, "waiting for the program");
		must(entry,
		     userns_map_identity(proc, (pid_t)number, plan->sub_uid_count,
					 plan->sub_gid_count),
		     "mapping the program's ids");
		eventfd_write(mapped[1], 1);
	}
	/* CAP_KILL: in a range the program may become other users than the one pid 1 is. */
	must(entry, capability_keep_only(CAP_KILL), "dropping capabilities of pid 1");
	must_call(entry, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "setting no_new_privs of pid 1");
	/* The host's /proc knows the program under another number. */
	proc = fd_close(proc);
	if (entry->want_credentials && own_proc)
		proc = path_open_in(root, "/proc", O_PATH | O_DIRECTORY);
	fd_close(root);
	fd_close(peer);
	init_run(program, entry->channel, proc);
}
