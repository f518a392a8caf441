// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The child side of a plan that is exact (plan_exact). The steps are those of enter.c, in their
 * order; which of them are taken is said by the plan, as its caller chose:
 *
 *  1. The child dies with the launcher until all stands, whatever the caller wants afterwards.
 *  2. Its ids are mapped: by itself, or by the caller, who then says so (--userns-block-fd).
 *  3. The file system is built and the host's is dropped (engine/root.c).
 *  4. Host name and loopback.
 *  5. A second user namespace: where devpts wanted a root in the first that the program is not to
 *     be, and where no further one is allowed, so that the limit can't be lifted again. Everything
 *     from here on is in it, pid 1 too: its namespaces are those that others join.
 *  6. pid 1 can't be read or traced by the program: it keeps a capability that the program doesn't
 *     have (ptrace(2), "Ptrace access mode checking"). It stays dumpable, as otherwise its caller
 *     could not reach its namespaces through /proc either. Only against a program that may trace
 *     everything that does not help; then it is not dumpable.
 *
 * Where there is to be none between, the program is executed by this very process.
 */
#include "engine/enter.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/init.h"
#include "engine/own_filters.h"
#include "engine/root.h"
#include "kernel/capability.h"
#include "kernel/process.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for_byte(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

static void map_first(const struct entry *entry, int proc)
{
	const struct plan *plan = entry->plan;
	const struct plan_exact *exact = plan->exact;

	if (exact->userns_block >= 0)
		wait_for_byte(exact->userns_block);
	else if (plan->namespaces & CLONE_NEWUSER)
		entry_must(entry,
			   userns_map_self(proc, exact->first_uid, plan->outer_uid,
					   exact->first_gid, plan->outer_gid),
			   "setting up uid map");
	/* Without a user namespace of its own, what is mounted here would be so for everybody. */
	if (!(plan->namespaces & CLONE_NEWUSER))
		entry_must_call(entry, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL),
				"Failed to make / private");
}

static void enter_second(const struct entry *entry, int proc)
{
	const struct plan *plan = entry->plan;
	const struct plan_exact *exact = plan->exact;

	if (exact->userns2 >= 0)
		entry_must_call(entry, setns(exact->userns2, CLONE_NEWUSER),
				"Setting userns2 failed");
	if (exact->second_userns) {
		if (exact->userns_disabled)
			entry_must(entry, userns_limit(proc, 1),
				   "sysctl user.max_user_namespaces = 1");
		entry_must_call(entry, unshare(CLONE_NEWUSER), "unshare user ns");
		entry_must(entry,
			   userns_map_self(proc, plan->uid, exact->first_uid, plan->gid,
					   exact->first_gid),
			   "setting up uid map");
	}
	if ((exact->userns_disabled || exact->assert_userns_disabled) &&
	    unshare(CLONE_NEWUSER) == 0) {
		struct error e = {0};

		error_set(&e, EINVAL,
			  "creation of new user namespaces was not disabled as requested");
		entry_give_up(entry, &e);
	}
}

/* The caller may want to know of it before the program runs. */
static void tell_ready(const struct entry *entry)
{
	const struct plan_exact *exact = entry->plan->exact;

	entry_must(entry,
		   channel_send(entry->channel, &(struct message){.kind = MESSAGE_READY}, -1),
		   "telling the launcher");
	if (exact->info >= 0 || exact->status >= 0)
		entry_wait_for_launcher(entry, MESSAGE_GO);
}

/* Read locks, as others may hold them too; they last as long as this process. */
static size_t take_locks(const struct entry *entry, int fds[PLAN_LOCKS])
{
	const struct strv *locks = &entry->plan->exact->locks;
	struct error e = {0};

	for (size_t i = 0; i < locks->count; i++) {
		struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

		fds[i] = open(locks->items[i], O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0) {
			error_errno(&e, errno, "Unable to open lock file %s", locks->items[i]);
			entry_give_up(entry, &e);
		}
		if (fcntl(fds[i], F_SETLK, &lock) < 0) {
			error_errno(&e, errno, "Unable to lock file %s", locks->items[i]);
			entry_give_up(entry, &e);
		}
	}
	return locks->count;
}

static int change_directory(int root, const char *path)
{
	_cleanup_fd_ int fd = path_open_in(root, path, O_PATH | O_DIRECTORY);

	return fd < 0 ? fd : fchdir(fd) < 0 ? -errno : 0;
}

/* The first of the directories that is there; the program is told which (PWD). */
static void choose_directory(const struct entry *entry, int root)
{
	static char variable[PATH_MAX + 8] = "PWD=";
	const struct plan *plan = entry->plan;
	const char *chosen = plan->directory;
	const struct strv *others = &plan->exact->directories;
	int r = change_directory(root, chosen);
	struct error e = {0};

	for (size_t i = 0; r < 0 && i < others->count; i++) {
		chosen = others->items[i];
		r = change_directory(root, chosen);
	}
	if (r < 0) {
		error_errno(&e, -r, "Can't chdir to %s", plan->directory);
		entry_give_up(entry, &e);
	}
	strncat(variable, chosen, PATH_MAX);
	for (size_t i = 0; i < plan->environment.count; i++)
		if (startswith(plan->environment.items[i], "PWD="))
			plan->environment.items[i] = variable;
}

static noreturn void execute(const struct entry *entry)
{
	static const char prefix[] = "bwrap: ";
	const struct plan *plan = entry->plan;
	struct message message = {.kind = MESSAGE_ERROR};

	/* Along the PATH that the program will have, in the sandbox. */
	environ = plan->environment.items;
	execvp(plan->program, plan->arguments.items);
	error_errno(&message.error, errno, "execvp %s", plan->program);
	/* The caller's filter may leave no other way than this. */
	if (channel_send(entry->channel, &message, -1) < 0) {
		fd_write_all(STDERR_FILENO, prefix, sizeof(prefix) - 1);
		fd_write_all(STDERR_FILENO, message.error.text, strlen(message.error.text));
		fd_write_all(STDERR_FILENO, "\n", 1);
	}
	_exit(1);
}

static noreturn void run_program(const struct entry *entry, pid_t parent)
{
	const struct plan *plan = entry->plan;
	const struct plan_exact *exact = plan->exact;

	entry_must_call(entry, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "becoming dumpable again");
	entry_must_call(entry, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "setting no_new_privs");
	entry_must(entry, capability_keep_mask(exact->capabilities, exact->ambient),
		   "dropping capabilities");
	entry_must_call(entry, setrlimit(RLIMIT_NOFILE, &entry->descriptors),
			"limiting descriptors");
	umask(entry->umask);
	if (exact->block >= 0)
		wait_for_byte(exact->block);
	if (!exact->die_with_parent) {
		entry_must_call(entry, prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0),
				"outliving the launcher");
	} else if (parent) {
		entry_must_call(entry, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
				"asking to die with pid 1");
		if (getppid() != parent)
			_exit(EXIT_HUTCH_FAILED);
	} else {
		entry_die_with_launcher(entry, SIGKILL);
	}
	/* Last: they need not allow any of this. */
	vector_each (filter, &exact->filters)
		entry_must(entry, seccomp_apply_by_prctl(filter), "prctl(PR_SET_SECCOMP)");
	execute(entry);
}

/*
 * What pid 1 keeps so that the program can't trace it; before that it has everything. -1 where that
 * does not help: the program may trace everybody, or has all that there is.
 */
static int spare_capability(const struct entry *entry)
{
	uint64_t mask = entry->plan->exact->capabilities, spare = capability_own() & ~mask;

	if (!spare || (mask & (1ULL << CAP_SYS_PTRACE)))
		return -1;
	return spare & (1ULL << CAP_KILL) ? CAP_KILL : __builtin_ctzll(spare);
}

static noreturn void be_init(const struct entry *entry)
{
	const struct plan_exact *exact = entry->plan->exact;
	int keep[PLAN_LOCKS + 2];
	size_t count = take_locks(entry, keep);
	pid_t program, own = getpid();
	int spare = spare_capability(entry);

	process_scrub("bwrap");
	tell_ready(entry);
	if (spare < 0)
		entry_must_call(entry, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hiding pid 1");
	program = fork();
	entry_must_call(entry, program, "Can't fork for pid 1");
	if (program == 0)
		run_program(entry, own);
	entry_must(entry, capability_keep_only(spare), "dropping capabilities of pid 1");
	if (!exact->die_with_parent)
		prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	keep[count++] = entry->channel;
	keep[count++] = exact->sync;
	process_close_all_but(keep, count);
	entry_must(entry, own_filter_apply(init_filter, init_filter_count), "confining pid 1");
	init_linger(program, entry->channel);
}

noreturn void enter_exact(struct entry *entry)
{
	const struct plan *plan = entry->plan;
	struct error e = {0};
	int root = -1, proc;
	bool own_proc;

	entry_die_with_launcher(entry, SIGKILL);
	entry->descriptors = entry_raise_descriptor_limit();
	umask(0);
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	entry_must_call(entry, proc, "Can't open /proc");
	map_first(entry, proc);
	if (root_build(plan, entry->trees, &root, &own_proc, &e) < 0)
		entry_give_up(entry, &e);
	if (plan->hostname)
		entry_must_call(entry, sethostname(plan->hostname, strlen(plan->hostname)),
				"Can't set hostname");
	if (plan->namespaces & CLONE_NEWNET)
		entry_must(entry, process_loopback_up(), "loopback: Failed to bring it up");
	enter_second(entry, proc);
	fd_close(proc);
	entry_start_session(entry, root, NULL);
	choose_directory(entry, root);
	if (plan->exact->init)
		be_init(entry);
	tell_ready(entry);
	run_program(entry, 0);
}
