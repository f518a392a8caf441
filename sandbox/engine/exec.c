// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The launcher still has the plan from which the sandbox was made, in its own memory, so there is
 * nothing to forge: it forks a process that enters the sandbox and goes the same way as the first
 * program did (engine/program.c), with every layer.
 *
 *  1. The namespaces come from pid 1, which opens its own when the launcher asks for them by a
 *     signal: it can't be looked into from outside, and a start that nobody execs into pays
 *     nothing. The program's user namespace comes with them.
 *  2. The new process hides first (not dumpable, arguments overwritten), since unlike at a start
 *     there is somebody inside who would trace it or read its memory and descriptors between
 *     entering and execve(2) (CVE-2016-9962, CVE-2019-5736).
 *     It enters the sandbox's cgroup, and so is within its limits.
 *  3. It has the asker's descriptors 0 to 2, and closes all of the launcher's.
 *  4. It enters the user namespace that owns the others, from which all of those can be entered,
 *     and then these. It stays outside of the PID namespace: only its child is in there. So it
 *     can't be seen or signalled from inside, and sees how its child ends although pid 1 reaps.
 *  5. A terminal, where one is wanted, comes from the sandbox's own devpts; this process leads its
 *     session as pid 1 does at a start.
 *  6. The child joins the program's user namespace instead of making one of its own: no more than
 *     one may be made, and that limit need not be lifted for a moment. It stays hidden until
 *     execve(2), which closes what is to be closed before it shows the process again.
 *
 * Landlock's domains are not joined but made again, of the same rules. So signals and tracing
 * between the sandbox's program and what exec starts are refused, both ways, where the kernel
 * scopes them.
 *
 * What exec started ends with the sandbox, as it is in its PID namespace, and when the asker goes
 * away.
 */
#include "engine/exec.h"

#include "base/fd.h"
#include "engine/channel.h"
#include "engine/init.h"
#include "engine/own_filters.h"
#include "engine/program.h"
#include "kernel/capability.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

void exec_wish_free(struct exec_wish *wish)
{
	strv_free(&wish->arguments);
	strv_free(&wish->variables);
	free(wish->directory);
	for (int i = 0; i <= 2; i++)
		fd_close(wish->standard[i]);
	fd_close(wish->channel);
	free(wish);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Climb from the program's user namespace to the one right below the owner. */
static int find_programs(int owner, int *program)
{
	for (int steps = 0; steps < 40; steps++) {
		_cleanup_fd_ int parent = ioctl(*program, NS_GET_PARENT);

		if (parent < 0)
			return -errno;
		if (same_file(parent, owner))
			return 0;
		fd_close(*program);
		*program = TAKE_FD(parent);
	}
	return -EPERM;
}

int exec_check_namespaces(const struct plan *plan, int namespaces[EXEC_NAMESPACES], struct error *e)
{
	for (int i = 0; i < EXEC_NAMESPACES; i++)
		if ((plan->namespaces & (uint64_t)namespace_table[i].flag) && namespaces[i] < 0) {
			error_set(e, ENOENT, "its namespaces can't be had");
			return error_remedy(e, "it ends just now, or has no /proc of its own, as "
					       "within a container that covers parts of /proc");
		}
	if (find_programs(namespaces[EXEC_USER], &namespaces[EXEC_PROGRAM_USER]) < 0)
		return error_set(e, EPERM, "its user namespaces are not as they were made");
	return 0;
}

static const char *variable(const struct strv *environment, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], name, length) == 0 &&
		    environment->items[i][length] == '=')
			return environment->items[i] + length + 1;
	return NULL;
}

static void set_variable(struct strv *environment, const char *assignment)
{
	size_t length = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], assignment, length) == 0) {
			free(environment->items[i]);
			environment->items[i] = xstrdup(assignment);
			return;
		}
	strv_add(environment, assignment);
}

/* Where the program may be, inside. */
static void add_candidates(const struct plan *plan, struct strv *candidates)
{
	const char *name = plan->arguments.items[0], *at = variable(&plan->environment, "PATH");

	if (name[0] == '/') {
		strv_add(candidates, name);
		return;
	}
	if (strchr(name, '/')) {
		strv_take(candidates, xasprintf("%s/%s", plan->directory, name));
		return;
	}
	for (at = at ? at : "/usr/bin:/bin"; *at; at += strspn(at, ":")) {
		size_t length = strcspn(at, ":");

		if (at[0] == '/')
			strv_take(candidates, xasprintf("%.*s/%s", (int)length, at, name));
		at += length;
	}
	if (!candidates->count)
		strv_take(candidates, xasprintf("/%s", name));
}

static void enter_namespaces(const struct entry *entry, const int namespaces[EXEC_NAMESPACES])
{
	for (int i = 0; i < EXEC_PROGRAM_USER; i++)
		if (entry->plan->namespaces & (uint64_t)namespace_table[i].flag)
			entry_must_call(entry, setns(namespaces[i], namespace_table[i].flag),
					namespace_table[i].name);
	if (entry->plan->id_map == ID_RANGE)
		entry_become_root(entry);
}

/* Only what is needed: the launcher's other descriptors lead to the sandbox's terminal, to pid 1,
 * to helpers. */
static void take_descriptors(struct entry *entry, const int namespaces[EXEC_NAMESPACES],
			     const struct exec_wish *wish)
{
	int keep[EXEC_NAMESPACES + 1];

	for (int i = 0; i <= 2; i++)
		entry_must_call(entry, dup2(wish->standard[i], i), "taking the descriptors");
	memcpy(keep, namespaces, EXEC_NAMESPACES * sizeof(int));
	keep[EXEC_NAMESPACES] = entry->channel;
	process_close_all_but(keep, EXEC_NAMESPACES + 1);
}

static noreturn void end_with(pid_t program)
{
	kill(-program, SIGKILL);
	kill(program, SIGKILL);
	while (waitpid(program, NULL, 0) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* The program stopped, or ended. */
static void tell_status(pid_t program, int channel)
{
	struct message message = {.kind = MESSAGE_ENDED};

	while (waitpid(program, &message.ending.status, WUNTRACED | WNOHANG) > 0) {
		if (WIFSTOPPED(message.ending.status)) {
			message.kind = MESSAGE_STOPPED;
			message.ending.status = WSTOPSIG(message.ending.status);
			channel_send(channel, &message, -1);
			message.kind = MESSAGE_ENDED;
			continue;
		}
		getrusage(RUSAGE_CHILDREN, &message.ending.usage);
		channel_send(channel, &message, -1);
		_exit(0);
	}
}

/* Stand by the program as pid 1 does at a start, but signals come over the channel. */
static noreturn void stand_by(pid_t program, int channel)
{
	struct pollfd fds[2] = {{.fd = channel, .events = POLLIN}, {.events = POLLIN}};
	struct signalfd_siginfo info;
	struct message message;
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGHUP);
	fds[1].fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	for (;;) {
		tell_status(program, channel);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			end_with(program);
		while (read(fds[1].fd, &info, sizeof(info)) > 0)
			/* The terminal hung up, which its session's leader alone is told. */
			if (info.ssi_signo == SIGHUP)
				init_deliver(program, SIGHUP, true);
		if (!fds[0].revents)
			continue;
		if (channel_receive(channel, &message, NULL) != 1)
			end_with(program);
		if (message.kind == MESSAGE_SIGNAL)
			init_deliver(program, message.signal.number, message.signal.group);
	}
}

/* In the new process; see "Theory of operation". */
static noreturn void enter_again(struct entry *entry, const int namespaces[EXEC_NAMESPACES],
				 int cgroup, const struct exec_wish *wish)
{
	int root, peer, none[2] = {-1, -1};
	pid_t program;

	entry_must_call(entry, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "hiding");
	process_scrub("hutch-exec");
	entry_raise_descriptor_limit();
	/* From outside of the cgroup namespace: from inside, where this process is can't be seen. */
	if (cgroup >= 0)
		entry_must(entry, cgroup_enter(cgroup, 0), "entering the cgroup");
	take_descriptors(entry, namespaces, wish);
	enter_namespaces(entry, namespaces);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	entry_must_call(entry, root, "opening the root");
	peer = entry_start_session(entry, root, "/dev/pts");
	entry_must(entry,
		   channel_send(entry->channel, &(struct message){.kind = MESSAGE_READY}, -1),
		   "telling who asked");
	program = fork();
	entry_must_call(entry, program, "forking");
	if (program == 0) {
		entry->program_userns = namespaces[EXEC_PROGRAM_USER];
		program_run(entry, root, -1, peer, none);
	}
	entry_must(entry, capability_keep_only(CAP_KILL), "dropping capabilities");
	process_close_all_but(&entry->channel, 1);
	entry_must(entry, own_filter_apply(init_filter, init_filter_count),
		   "confining what stands by");
	stand_by(program, entry->channel);
}

pid_t exec_start(const struct entry *first, const int namespaces[EXEC_NAMESPACES], int cgroup,
		 const struct exec_wish *wish, struct error *e)
{
	/* What is not set here is the sandbox's own. */
	struct plan plan = *first->plan;
	_cleanup_strv_ struct strv environment = {0}, candidates = {0};
	struct entry entry = {
		.plan = &plan,
		.channel = wish->channel,
		.landlock_abi = first->landlock_abi,
		.umask = first->umask,
		.program_userns = -1,
		.candidates = &candidates,
	};
	pid_t pid;

	for (size_t i = 0; i < plan.environment.count; i++)
		strv_add(&environment, plan.environment.items[i]);
	if (wish->directory) {
		_cleanup_free_ char *pwd = xasprintf("PWD=%s", wish->directory);

		set_variable(&environment, pwd);
		plan.directory = wish->directory;
	}
	for (size_t i = 0; i < wish->variables.count; i++)
		set_variable(&environment, wish->variables.items[i]);
	plan.environment = environment;
	plan.arguments = wish->arguments;
	plan.program = wish->arguments.items[0];
	plan.program_found = false;
	plan.own_terminal = wish->own_terminal;
	plan.share_terminal = false;
	plan.descriptors.count = 0;
	plan.asking.count = 0;
	plan.network.helper = NULL; /* it serves already */
	add_candidates(&plan, &candidates);
	for (int fd = 0; fd <= 2; fd++)
		entry.terminal[fd] = wish->own_terminal && (wish->terminals & (1U << fd));
	pid = fork();
	if (pid == 0)
		enter_again(&entry, namespaces, cgroup, wish);
	return pid < 0 ? error_errno(e, errno, "forking") : pid;
}
