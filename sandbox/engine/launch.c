// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host side: one clone3(2) makes the child with all namespaces at once, in which enter.c builds
 * the sandbox; this process then stands by it (supervise.c). Only for a range of ids it has work of
 * its own to do: newuidmap(1) must be run by the user outside.
 */
#include "engine/launch.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/box.h"
#include "engine/control.h"
#include "engine/dbus.h"
#include "engine/display.h"
#include "engine/enter.h"
#include "engine/exact.h"
#include "engine/guard.h"
#include "engine/late_helper.h"
#include "engine/network.h"
#include "engine/relay.h"
#include "engine/supervise.h"
#include "engine/watchdog.h"
#include "engine/wayland.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* Run newuidmap or newgidmap (never by $PATH) for the process @pid: id 0 is the caller's own, the
 * rest subordinate. */
static int run_map_helper(const char *program, pid_t pid, uid_t own, uint64_t first, uint64_t count,
			  struct error *e)
{
	char text[4][24], zero[] = "0", one[] = "1";
	char *argv[] = {(char *)program, text[0], zero, text[1], one, one, text[2], text[3], NULL};
	char *environment[] = {NULL};
	sigset_t none;
	posix_spawnattr_t attributes;
	int status, code;
	pid_t helper;

	snprintf(text[0], sizeof(text[0]), "%d", pid);
	snprintf(text[1], sizeof(text[1]), "%u", own);
	snprintf(text[2], sizeof(text[2]), "%llu", (unsigned long long)first);
	snprintf(text[3], sizeof(text[3]), "%llu", (unsigned long long)count);
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	code = posix_spawn(&helper, program, NULL, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	if (code)
		return error_errno(e, code, "--uid range: running %s", program);
	while (waitpid(helper, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(e, errno, "--uid range: waiting for %s", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		error_set(e, EPERM, "--uid range: %s refused the map", program);
		return error_remedy(e, "see `hutch doctor`; the ranges of /etc/subuid and "
				       "/etc/subgid must be yours");
	}
	return 0;
}

static int map_range(const struct plan *plan, pid_t child, int channel, struct error *e)
{
	int r;

	r = run_map_helper(plan->newuidmap, child, plan->outer_uid, plan->sub_uid,
			   plan->sub_uid_count, e);
	if (r < 0)
		return r;
	r = run_map_helper(plan->newgidmap, child, plan->outer_gid, plan->sub_gid,
			   plan->sub_gid_count, e);
	if (r < 0)
		return r;
	return channel_send(channel, &(struct message){.kind = MESSAGE_GO}, -1);
}

static int refused(int code, struct error *e)
{
	error_errno(e, code, "the kernel refuses new namespaces");
	return error_remedy(
		e, "`hutch doctor` tells why and how to allow them; --allow-weaker namespaces "
		   "goes on with Landlock and seccomp alone");
}

/* Which of the two it was cannot be told. */
static int refused_in_box(const struct box *box, int code, struct error *e)
{
	error_errno(e, code, "starting the sandbox in the cgroup %s, in namespaces of its own",
		    box->path);
	return error_remedy(e, "`hutch doctor` tells which of the two this host refuses");
}

/* Without namespaces not even clone3(2) is sure to be there (old container engines deny it). */
static pid_t start_bare(const struct box *box, int *ret_pidfd)
{
	pid_t child = fork();

	if (child == 0 && box->fd >= 0 && cgroup_enter(box->fd, 0) < 0)
		_exit(EXIT_HUTCH_FAILED);
	if (child > 0)
		*ret_pidfd = sys_pidfd_open(child, 0);
	return child;
}

/*
 * What init left behind, as it was killed itself, falls to this process; not where it has children
 * that it was started with, which could not be told from it. True where it was set up.
 */
static bool take_in_orphans(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 &&
	       errno == ECHILD && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

static void kill_orphans(void)
{
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc >= 0)
		process_kill_children(proc);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void find_terminals(const struct plan *plan, struct entry *entry)
{
	for (int fd = 0; fd <= 2; fd++)
		entry->terminal[fd] = plan->own_terminal && isatty(fd);
}

/* What stands around the child, made before it. */
struct around {
	struct supervision supervision;
	struct registration registration;
	struct guards guards;
	struct box box;
	struct relay relay;
	struct dbus dbus;
	struct display display;
};

/* What the sandbox mounts of helpers is there. They take their time, the network beside them. */
static int stands(void *data, struct error *e)
{
	struct around *around = data;
	int r = around->dbus.started ? dbus_wait(&around->dbus, e) : 0;

	return r < 0 ? r : display_wait(&around->display, e);
}

/* One clone3(2), the child's way from there, and this process by its side until the end. */
static int start(const struct plan *plan, struct entry *entry, struct around *around,
		 struct report *ret, struct error *e)
{
	struct watchdog watchdog = {-1, plan, &around->box, 0, &around->supervision, ret};
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
	struct clone_args arguments = {
		.flags = plan->namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	int pair[2], r = 0;
	bool orphans = !plan->namespaces && take_in_orphans();
	struct control *control = NULL;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "making a socket pair");
	ours = pair[0];
	theirs = pair[1];
	if (guards_child(&around->guards)) {
		arguments.flags |= CLONE_PARENT_SETTID;
		arguments.parent_tid = (uint64_t)(uintptr_t)guards_child(&around->guards);
	}
	if (around->box.fd >= 0) {
		arguments.flags =
			(arguments.flags & ~(uint64_t)CLONE_NEWCGROUP) | CLONE_INTO_CGROUP;
		arguments.cgroup = (uint64_t)around->box.fd;
		entry->boxed = plan->namespaces & CLONE_NEWCGROUP;
	}
	child = plan->namespaces ? sys_clone3(&arguments) : start_bare(&around->box, &pidfd);
	if (child < 0 && around->box.fd >= 0)
		return refused_in_box(&around->box, errno, e);
	if (child < 0)
		return refused(errno, e);
	if (child == 0) {
		close(ours);
		guards_forget(&around->guards);
		box_forget(&around->box);
		relay_forget(&around->relay);
		registry_forget(&around->registration);
		if (around->supervision.network)
			network_forget(around->supervision.network);
		entry->channel = theirs;
		entry_raise_descriptor_limit();
		if (!plan->namespaces)
			enter_bare(entry);
		enter(entry);
	}
	theirs = fd_close(theirs);
	if (around->supervision.network)
		around->supervision.network->channel = ours;
	if (around->dbus.started)
		r = dbus_identify(&around->dbus, child, e);
	if (r == 0 && plan->id_map == ID_RANGE)
		r = map_range(plan, child, ours, e);
	log_step("pid 1 of the sandbox is process %d", child);
	relay_start(&around->relay, &around->supervision);
	watchdog.init = child;
	if (around->registration.registry >= 0)
		control = control_begin(&(struct control_context){entry, ret, &around->supervision,
								  &around->box, child, pidfd},
					&around->registration);
	if (r == 0)
		r = watchdog_start(&watchdog, e);
	/* With a network it is let when that was handed over. */
	if (r == 0 && !around->supervision.network)
		r = supervise_let_mount(&around->supervision, ours, e);
	if (r == 0)
		r = supervise(&around->supervision, plan, ours, pidfd, ret, e);
	watchdog_stop(&watchdog);
	if (r < 0)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (orphans)
		kill_orphans();
	control_end(control, r < 0 ? EXIT_HUTCH_FAILED : report_exit_status(ret));
	return r;
}

/* Only who asked for a name needs to be found. */
static int add_to_registry(const struct plan *plan, struct registration *ret, struct report *report,
			   struct error *e)
{
	struct error why = {0};
	int r = registry_add(plan->name, plan->program, ret, &why);

	if (r == 0)
		return 0;
	if (plan->name) {
		*e = why;
		return r;
	}
	strv_take(&report->notes, xasprintf("not in the list of running sandboxes: %s", why.text));
	log_step("not in the list of running sandboxes: %s", why.text);
	return 0;
}

/* Going on without a layer is for the user to decide. */
static int need_landlock(const struct plan *plan, int abi, struct error *e)
{
	if (abi > 0 || (plan->weaker & WEAKER_LANDLOCK))
		return 0;
	error_errno(e, errno, "Landlock is not to be had here");
	return error_remedy(e, "`hutch doctor` tells why; --allow-weaker landlock goes on with "
			       "the mounts and namespaces alone");
}

/* The plan only looked: systemd may still refuse. Going on without is for the user to decide. */
static int make_box(const struct plan *plan, struct box *box, struct report *report,
		    struct error *e)
{
	struct error why = {0};
	int r = box_make(box, plan, &report->notes, &why);

	if (r == 0)
		return 0;
	if (!(plan->weaker & WEAKER_LIMITS)) {
		*e = why;
		return error_remedy(e, "`hutch doctor` tells how to have it; --allow-weaker limits "
				       "goes on without");
	}
	box_remove(box);
	strv_take(&report->notes, xasprintf("limits: not held: %s", why.text));
	log_line("limits: not held: %s", why.text);
	return 0;
}

int launch(const struct plan *plan, struct report *ret, struct error *e)
{
	_cleanup_free_ int *trees = xcalloc(plan->mounts.count + 1, sizeof(int));
	struct entry entry = {.plan = plan, .trees = trees, .program_userns = -1};
	struct around around = {.guards = GUARDS_NONE,
				.registration = REGISTRATION_NONE,
				.box = BOX_INIT,
				.relay = RELAY_INIT,
				.dbus = DBUS_NONE,
				.display = DISPLAY_NONE};
	struct network network = NETWORK_NONE;
	struct wayland wayland = WAYLAND_NONE;
	struct late_sockets sockets = {0};
	struct late_helpers helpers = LATE_HELPERS_NONE;
	int r;

	if (plan->exact)
		return exact_launch(plan, trees, ret, e);
	entry.landlock_abi = ret->landlock_abi = landlock_abi();
	r = need_landlock(plan, entry.landlock_abi, e);
	if (r < 0)
		return r;
	entry.want_credentials = plan->report != NULL;
	entry.umask = umask(0);
	umask(entry.umask);
	entry.launcher = getpid();
	find_terminals(plan, &entry);
	for (size_t i = 0; i < plan->missing.count; i++)
		strv_add(&ret->notes, plan->missing.items[i]);
	for (size_t i = 0; i < plan->unlimited.count; i++)
		strv_add(&ret->notes, plan->unlimited.items[i]);
	entry.output = around.relay.theirs;
	/* From here on signals wait, so that none ends this process with guards in place. */
	r = supervise_prepare(&around.supervision, e);
	if (r < 0)
		return r;
	around.supervision.sockets = &sockets;
	r = add_to_registry(plan, &around.registration, ret, e);
	/* Of all that the program waits for it takes longest. */
	if (r == 0 && plan->network.helper) {
		around.supervision.network = &network;
		r = network_start(&network, plan, ret, &around.supervision, e);
	}
	if (r == 0 && plan->dbus.proxy)
		r = dbus_start(&around.dbus, plan, ret, &around.supervision, e);
	if (r == 0 && plan->display.server)
		r = display_start(&around.display, plan, e);
	if (r == 0)
		r = make_box(plan, &around.box, ret, e);
	if (r == 0 && plan->guards.count)
		log_step("making %zu guards", plan->guards.count);
	if (r == 0)
		r = guards_make(&around.guards, plan, e);
	if (r == 0)
		r = relay_make(&around.relay, plan, ret, e);
	if (r == 0)
		r = late_helpers_start(&helpers, plan, &sockets, ret, &around.supervision, e);
	if (r == 0 && plan->wayland.own)
		r = wayland_start(&wayland, plan, &sockets, ret, e);
	if (plan_is_awaited(plan)) {
		around.supervision.stands = stands;
		around.supervision.stands_data = &around;
	}
	if (r == 0)
		r = start(plan, &entry, &around, ret, e);
	if (plan->network.helper)
		network_stop(&network);
	dbus_stop(&around.dbus);
	display_stop(&around.display);
	wayland_stop(&wayland);
	late_helpers_stop(&helpers);
	late_sockets_forget(&sockets);
	guards_remove(&around.guards);
	if (around.box.fd >= 0) {
		strcpy(ret->box, around.box.path);
		ret->left_out = around.box.left_out;
		cgroup_usage(around.box.fd, &ret->usage);
	}
	box_remove(&around.box);
	registry_remove(&around.registration);
	supervise_done(&around.supervision);
	/* By now whoever reads slowly may be waited for, and a signal ends that. */
	relay_finish(&around.relay);
	return r;
}
