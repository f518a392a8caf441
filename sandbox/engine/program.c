// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program's process, from the fork to execve(2): steps 8 to 15 of engine/enter.c.
 */
#include "engine/program.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/listener.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "kernel/pty.h"
#include "kernel/seccomp_reach.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program's process group, in the foreground of its terminal. */
static void join_session(const struct entry *entry, int peer)
{
	struct error e = {0};

	for (int fd = 0; fd <= 2; fd++)
		if (entry->output && entry->output[fd] >= 0)
			entry_must_call(entry, dup2(entry->output[fd], fd), "taking the output");

	if (entry->plan->share_terminal)
		return;
	entry_must_call(entry, setpgid(0, 0), "making a process group");
	if (peer < 0)
		return;
	if (pty_set_foreground(peer, getpid(), &e) < 0)
		entry_give_up(entry, &e);
	for (int fd = 0; fd <= 2; fd++)
		if (entry->terminal[fd])
			entry_must_call(entry, dup2(peer, fd), "taking the terminal");
}

/* The number that this process has in @proc. */
static eventfd_t own_number(const struct entry *entry, int proc)
{
	char text[24];
	ssize_t n = readlinkat(proc, "self", text, sizeof(text) - 1);
	eventfd_t number = 0;

	entry_must_call(entry, (int)n, "reading /proc/self");
	for (ssize_t i = 0; i < n; i++)
		number = number * 10 + (eventfd_t)(text[i] - '0');
	return number;
}

static void become_program(const struct entry *entry)
{
	const struct plan *plan = entry->plan;

	entry_must_call(entry, setresgid(plan->gid, plan->gid, plan->gid),
			"becoming the program's group");
	entry_must_call(entry, setresuid(plan->uid, plan->uid, plan->uid),
			"becoming the program's user");
}

static void enter_second_userns(const struct entry *entry, int proc, int mapped[2])
{
	const struct plan *plan = entry->plan;
	eventfd_t go, number;

	if (entry->program_userns >= 0) {
		entry_must_call(entry, setns(entry->program_userns, CLONE_NEWUSER),
				"entering the program's user namespace");
		if (plan->id_map == ID_RANGE)
			become_program(entry);
		return;
	}
	entry_must_call(entry, unshare(CLONE_NEWUSER), "entering a second user namespace");
	if (plan->id_map == ID_SINGLE) {
		entry_must(entry, userns_map_self(proc, plan->uid, 0, plan->gid, 0),
			   "mapping the program's ids");
		return;
	}
	/* Maps of several ids must come from the parent namespace, where pid 1 is. It has the
	 * host's /proc, and there this process has another number than in the sandbox. */
	number = own_number(entry, proc);
	if (eventfd_write(mapped[0], number) < 0 || eventfd_read(mapped[1], &go) < 0)
		entry_must(entry, -EIO, "waiting for the program's ids");
	become_program(entry);
}

/* There is a quota of keys for each user. */
static void leave_session_keyring(const struct entry *entry)
{
	struct error e = {0};

	if (sys_join_session_keyring() >= 0 || errno == ENOSYS)
		return;
	if (seccomp_denies_keyrings(&entry->plan->filter)) {
		entry_note(entry,
			   "session keyring: the caller's (no room for a new one); the seccomp "
			   "policy keeps it away");
		return;
	}
	error_errno(&e, errno, "making a session keyring");
	error_remedy(&e, "the caller's would be in reach: take a --seccomp policy without @keyring "
			 "(keyctl purge, or fewer sandboxes at once, make room for a new one)");
	entry_give_up(entry, &e);
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
	entry_give_up(entry, &e);
}

/* exec: the first candidate that can be executed, else the last. */
static const char *choose_program(const struct entry *entry, int root)
{
	const struct strv *candidates = entry->candidates;
	size_t i = 0;

	for (; i + 1 < candidates->count; i++) {
		_cleanup_fd_ int fd = path_open_in(root, candidates->items[i], O_PATH);
		struct stat status;

		if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		    (status.st_mode & 0111))
			break;
	}
	return candidates->items[i];
}

/* Look the program up inside, and check that it is the file that the plan means. */
static void check_program(const struct entry *entry, int root, const char *program)
{
	const struct plan *plan = entry->plan;
	struct file_identity found;
	struct error e = {0};
	_cleanup_fd_ int fd = path_open_in(root, program, O_PATH);
	int r = fd < 0 ? fd : path_identify(fd, &found);

	if (r == 0 && plan->program_found && !path_same_file(&found, &plan->program_identity))
		r = -ESTALE;
	if (r == 0)
		return;
	error_errno(&e, -r, "%s: not what was found outside", plan->program);
	if (entry->candidates) {
		error_errno(&e, -r, "%s: in the sandbox", plan->program);
		error_status(&e, r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
	} else if (r == -ENOENT || r == -EACCES) {
		error_errno(&e, -r, "%s: in the sandbox", plan->program);
		error_remedy(&e, "make it visible: --ro %s", plan->program);
		error_status(&e, EXIT_NOT_FOUND);
	}
	entry_give_up(entry, &e);
}

static void restrict_files(const struct entry *entry, int root, int peer)
{
	const struct plan *plan = entry->plan;
	_cleanup_fd_ int ruleset = -1;

	if (entry->landlock_abi == 0 ||
	    (!plan->landlock_files && entry->landlock_abi < LANDLOCK_ABI_SCOPES))
		return;
	ruleset = landlock_create(entry->landlock_abi, plan->landlock_files);
	entry_must(entry, ruleset, "making the Landlock rules");
	for (size_t i = 0; plan->landlock_files && i < plan->landlock.count; i++) {
		const struct plan_landlock_rule *rule = &plan->landlock.items[i];
		_cleanup_fd_ int fd = path_open_in(root, rule->path, O_PATH);

		if (fd == -ENOENT)
			continue; /* an optional mount that is not there */
		entry_must(entry, fd, rule->path);
		entry_must(entry, landlock_allow(ruleset, entry->landlock_abi, fd, rule->access),
			   "making the Landlock rules");
	}
	for (int fd = 0; plan->landlock_files && fd <= 2; fd++)
		entry_must(entry, landlock_allow_again(ruleset, entry->landlock_abi, fd),
			   "making the Landlock rules");
	vector_each (fd, &plan->descriptors)
		if (plan->landlock_files && *fd > 2)
			entry_must(entry, landlock_allow_again(ruleset, entry->landlock_abi, *fd),
				   "making the Landlock rules");
	/* Its name in the host's /dev/pts, which is not granted as a whole. */
	if (peer >= 0 && !plan->namespaces)
		entry_must(entry,
			   landlock_allow(ruleset, entry->landlock_abi, peer, LANDLOCK_WRITE),
			   "making the Landlock rules");
	entry_must(entry, landlock_enforce(ruleset), "enforcing the Landlock rules");
}

static void set_limits(const struct entry *entry)
{
	for (size_t i = 0; i < entry->plan->rlimits.count; i++) {
		const struct plan_rlimit *limit = &entry->plan->rlimits.items[i];
		const struct rlimit value = {limit->soft, limit->hard};

		entry_must_call(entry, setrlimit((__rlimit_resource_t)limit->resource, &value),
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
	if (code == ENOEXEC)
		error_remedy(&e,
			     "it is no program of this machine's; a script begins with #! and "
			     "what reads it (or: sh %s)",
			     plan->program);
	error_status(&e, EXIT_NOT_EXECUTABLE);
	entry_give_up(entry, &e);
}

static void drop_capabilities(const struct entry *entry)
{
	const struct plan *plan = entry->plan;
	int r = plan->capabilities ? capability_keep_mask(plan->capabilities, false)
		: plan->namespaces ? capability_drop_all()
				   : capability_drop_own();

	entry_must(entry, r, "dropping capabilities");
	log_step("capabilities dropped%s, no_new_privs set",
		 plan->capabilities ? " but for those over the range of ids" : "");
}

noreturn void program_run(const struct entry *entry, int root, int proc, int peer, int mapped[2])
{
	const struct plan *plan = entry->plan;
	const char *program = plan->program;

	/* Writing the id maps wants it. With exec there are none to write, and somebody who would
	 * look (engine/exec.c). */
	if (entry->program_userns < 0)
		entry_must_call(entry, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0),
				"becoming dumpable again");
	join_session(entry, peer);
	if (plan->namespaces & CLONE_NEWUSER) {
		enter_second_userns(entry, proc, mapped);
		/* pid 1 would kill it at the end, but who stands by it may end before. */
		if (entry->program_userns >= 0)
			entry_must_call(entry, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
					"asking to die with who stands by");
		log_step("second user namespace entered: uid %u, gid %u", plan->uid, plan->gid);
	}
	leave_session_keyring(entry);
	enter_directory(entry, root);
	if (entry->candidates)
		program = choose_program(entry, root);
	check_program(entry, root, program);
	entry_must(entry, process_close_on_exec(plan->descriptors.items, plan->descriptors.count),
		   "closing descriptors");
	set_limits(entry);
	log_step("descriptors closed, %zu limits set", plan->rlimits.count);
	entry_must_call(entry, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "setting no_new_privs");
	restrict_files(entry, root, peer);
	log_step("Landlock ABI %d%s", entry->landlock_abi,
		 entry->landlock_abi > 0 && plan->landlock_files ? ": file rules enforced" : "");
	drop_capabilities(entry);
	umask(entry->umask);
	entry_must(entry, process_reset_signals(), "resetting signals");
	/* As late as possible, but a policy need not allow waiting. */
	if (plan->network.helper)
		entry_wait_for_launcher(entry, MESSAGE_GO);
	process_wait_for_stamps(&plan->settled);
	/* Said before: a policy need not allow writing. */
	log_step("seccomp policy %s; executing %s", plan->filter.count ? plan->filter.name : "none",
		 plan->program);
	for (size_t i = 0; i < sizeof(plan->stand_ins) / sizeof(plan->stand_ins[0]); i++)
		if (plan->stand_ins[i].count)
			entry_must(entry, seccomp_apply(&plan->stand_ins[i], 0),
				   "loading the filters that stand in for namespaces");
	if (plan->asking.count)
		entry_must(entry, listener_apply(plan, entry->channel),
			   "loading the seccomp policy");
	else if (plan->filter.count)
		entry_must(entry, seccomp_apply(&plan->filter, 0), "loading the seccomp policy");
	execve(program, plan->arguments.items, plan->environment.items);
	execution_failed(entry, errno);
}
