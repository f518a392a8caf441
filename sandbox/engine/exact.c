// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The launcher beside a sandbox that is exactly what its caller lists. It holds nothing open that is
 * not its own, so that the caller sees the other ends of its pipes close when the program lets go of
 * them, and it may end before what the program left behind.
 *
 * The program is waited for in one of two ways. With a process that reaps, that tells how the program
 * ended (init.c). Without one the program is this process's child; then the channel's closing means
 * that it was executed.
 */
#include "engine/exact.h"

#include "base/fd.h"
#include "engine/channel.h"
#include "engine/enter.h"
#include "kernel/capability.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Enter the namespaces that are to be joined, so that the child is made in them, and tie this process
 * to its parent. */
static int prepare(const struct plan *plan, struct error *e)
{
	const struct plan_exact *exact = plan->exact;
	struct sigaction action = {.sa_handler = SIG_DFL};

	/* Ignored, as some callers have it, it would take the child's status away (wait(2)). */
	sigaction(SIGCHLD, &action, NULL);
	if (exact->userns >= 0 && setns(exact->userns, CLONE_NEWUSER) < 0)
		return errno == EINVAL
			       ? error_set(e, EINVAL,
					   "Joining the specified user namespace failed, it might "
					   "not be a descendant of the current user namespace.")
			       : error_errno(e, errno, "Joining specified user namespace failed");
	if (exact->pidns >= 0 && setns(exact->pidns, CLONE_NEWPID) < 0)
		return error_errno(e, errno, "Setting pidns failed");
	if (!exact->die_with_parent)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(e, errno, "asking to die with the parent");
	/* It may have died before. */
	return getppid() == exact->parent ? 0 : error_set(e, ESRCH, "the parent is gone");
}

static int refused(int code, struct error *e)
{
	static const char remedy[] = "`hutch doctor` tells why and how to allow them";

	switch (code) {
	case EPERM:
		error_set(e, code,
			  "No permissions to create new namespace, likely because the kernel does "
			  "not allow non-privileged user namespaces.");
		break;
	case ENOSPC:
		error_set(e, code,
			  "Creating new namespace failed: nesting depth or "
			  "/proc/sys/user/max_*_namespaces exceeded (ENOSPC)");
		break;
	default:
		error_errno(e, code, "Creating new namespace failed");
	}
	return error_remedy(e, "%s", remedy);
}

/* The new namespaces of @child, as members of a JSON object after others. */
static void describe_namespaces(const struct plan *plan, pid_t child, const char *separator,
				struct strbuf *text)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} kinds[] = {{"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"mnt", CLONE_NEWNS},
		     {"net", CLONE_NEWNET},       {"pid", CLONE_NEWPID}, {"uts", CLONE_NEWUTS}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[48];
		struct stat status;

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", child, kinds[i].name);
		if ((plan->namespaces & kinds[i].flag) && stat(path, &status) == 0)
			strbuf_printf(text, "%s\"%s-namespace\": %llu", separator, kinds[i].name,
				      (unsigned long long)status.st_ino);
	}
}

static int tell(int fd, const char *what, const struct strbuf *text, struct error *e)
{
	int r = fd_write_all(fd, text->text, text->length);

	return r < 0 ? error_errno(e, -r, "writing to %s", what) : 0;
}

static int tell_start(const struct plan *plan, pid_t child, struct error *e)
{
	const struct plan_exact *exact = plan->exact;
	_cleanup_strbuf_ struct strbuf info = {0}, status = {0};
	int r = 0;

	if (exact->info >= 0) {
		strbuf_printf(&info, "{\n    \"child-pid\": %d", child);
		describe_namespaces(plan, child, ",\n    ", &info);
		strbuf_printf(&info, "\n}\n");
		r = tell(exact->info, "--info-fd", &info, e);
		close(exact->info);
	}
	if (r == 0 && exact->status >= 0) {
		strbuf_printf(&status, "{ \"child-pid\": %d", child);
		describe_namespaces(plan, child, ", ", &status);
		strbuf_printf(&status, " }\n");
		r = tell(exact->status, "--json-status-fd", &status, e);
	}
	return r;
}

/* Nobody may be there any more to read it: no reason to fail. */
static void tell_end(const struct plan_exact *exact, const struct report *report)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	if (exact->status < 0)
		return;
	strbuf_printf(&text, "{ \"exit-code\": %d }\n", report_exit_status(report));
	tell(exact->status, "--json-status-fd", &text, NULL);
}

/* The process itself ended: how, as wait(2) would have it. */
static int read_status(int pidfd)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		return SIGKILL;
	return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status & 0x7f;
}

/* All stands. A child that the caller is told about waits until that is done. */
static int handle_ready(const struct plan *plan, pid_t child, int channel, struct error *e)
{
	const struct plan_exact *exact = plan->exact;
	int r = exact->userns_block < 0 ? tell_start(plan, child, e) : 0;

	/* It has them in a namespace that it joined, and needed them to look at the child. */
	if (exact->userns >= 0)
		capability_keep_only(-1);
	if (r == 0 && (exact->info >= 0 || exact->status >= 0)) {
		r = channel_send(channel, &(struct message){.kind = MESSAGE_GO}, -1);
		if (r < 0)
			error_errno(e, -r, "talking to the sandbox");
	}
	return r < 0 ? r : 1;
}

/* One message: 1 to go on, 0 when the program ended, -errno when it never ran. */
static int handle_message(const struct plan *plan, pid_t child, int channel,
			  const struct message *message, struct report *ret, struct error *e)
{
	switch (message->kind) {
	case MESSAGE_ERROR:
		*e = message->error;
		return e->code ? -e->code : -EINVAL;
	case MESSAGE_READY:
		ret->ran = true;
		return handle_ready(plan, child, channel, e);
	case MESSAGE_ENDED:
		ret->ending = message->ending;
		return 0;
	case MESSAGE_NOTE:
		strv_add(&ret->notes, message->text);
		return 1;
	default:
		return 1;
	}
}

/* Tell the caller who the process @child is and how it ended. */
static int stand_by(const struct plan *plan, pid_t child, int pidfd, int channel,
		    struct report *ret, struct error *e)
{
	const struct plan_exact *exact = plan->exact;
	const int keep[] = {pidfd, channel, exact->info, exact->status};
	struct pollfd fds[] = {{channel, POLLIN, 0}, {pidfd, POLLIN, 0}};
	struct message message;
	int r = 1;

	process_close_all_but(keep, sizeof(keep) / sizeof(keep[0]));
	if (exact->userns_block >= 0)
		r = tell_start(plan, child, e) < 0 ? -e->code : 1;
	while (r > 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_errno(e, errno, "waiting for the sandbox");
		/* What it said before it ended comes first. */
		if (fds[0].revents) {
			r = channel_receive(channel, &message, NULL);
			if (r == 1)
				r = handle_message(plan, child, channel, &message, ret, e);
			else if (r < 0)
				error_errno(e, -r, "reading from the sandbox");
			else if (!ret->ran)
				r = error_set(e, ECHILD,
					      "the sandbox was killed while it was being set up");
			else
				r = 1, fds[0] = (struct pollfd){-1, 0, 0};
		} else if (fds[1].revents) {
			/* What reaps was killed before it could tell, and its program with it. */
			ret->ending.status = exact->init ? SIGKILL : read_status(pidfd);
			r = 0;
		}
	}
	ret->ran = r == 0;
	if (r == 0)
		tell_end(exact, ret);
	return r;
}

/* The number of the process that @pidfd is, as this process sees it. */
static pid_t number_of(int pidfd)
{
	static const char field[] = "\nPid:";
	char path[48], text[512];
	_cleanup_fd_ int fd = -1;
	const char *line;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, field);
	return line ? atoi(line + sizeof(field) - 1) : -1;
}

/*
 * A new PID namespace below a joined one. The kernel makes it only for a process that is itself in the
 * one above; so one is put there that makes the child in this process's name and goes away.
 */
static pid_t clone_below(struct clone_args *arguments, int *ret_pidfd)
{
	struct message message = {.kind = MESSAGE_GO};
	int pair[2], received = -1;
	pid_t between, child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	between = fork();
	if (between == 0) {
		arguments->flags |= CLONE_PARENT;
		arguments->exit_signal = 0;
		close(pair[0]);
		child = sys_clone3(arguments);
		if (child == 0) {
			close(pair[1]);
			return 0;
		}
		if (child < 0)
			_exit(errno);
		_exit(channel_send(pair[1], &message, *ret_pidfd) < 0 ? EIO : 0);
	}
	close(pair[1]);
	if (between > 0) {
		int status = 0;

		if (channel_receive(pair[0], &message, &received) != 1)
			received = -1;
		waitpid(between, &status, 0);
		errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
	}
	close(pair[0]);
	*ret_pidfd = received;
	return received < 0 ? -1 : number_of(received);
}

int exact_launch(const struct plan *plan, int *trees, struct report *ret, struct error *e)
{
	struct entry entry = {.plan = plan, .trees = trees};
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
	struct clone_args arguments = {
		.flags = plan->namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	int pair[2], r;
	pid_t child;

	entry.umask = umask(0);
	umask(entry.umask);
	r = prepare(plan, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "making a socket pair");
	ours = pair[0];
	theirs = pair[1];
	child = plan->exact->pidns >= 0 && (plan->namespaces & CLONE_NEWPID)
			? clone_below(&arguments, &pidfd)
			: sys_clone3(&arguments);
	if (child < 0)
		return refused(errno, e);
	if (child == 0) {
		close(ours);
		entry.channel = theirs;
		enter_exact(&entry);
	}
	theirs = fd_close(theirs);
	r = stand_by(plan, child, pidfd, ours, ret, e);
	if (r == 0)
		return 0; /* what the program left behind may go on */
	sys_pidfd_send_signal(pidfd, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}
