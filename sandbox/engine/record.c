// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The program runs as the user would run it: no namespace, no rules, no limits. What it has that it
 * would not have otherwise is no_new_privs, without which nobody may load a filter (so setuid
 * programs stay ordinary ones, as they do in a sandbox), and a filter that asks about some calls
 * (engine/record_calls.c). Every process that it makes inherits both.
 *
 * Each of these calls stands still until this process has looked at it and says that it may be
 * carried out. That is no enforcement and could not be: another thread may change a path between the
 * look and the call. What is written down is a proposal, which the user reads.
 *
 * The caller of a call is known by a number, which may belong to somebody else by the time its
 * memory is read. The kernel refuses the answer where the caller is no more; so what was seen is
 * kept only once the answer was taken.
 *
 * Orphans fall to this process (PR_SET_CHILD_SUBREAPER): where only ancestors may look into a
 * process (Yama), a daemon would be out of reach otherwise; and nobody may be left without an
 * answerer, as its calls would fail from then on.
 *
 * Signals. A key's signal (^C) reaches the program by itself, since it is in the same process group;
 * others are passed on. When the program has ended, any of them ends what it left behind.
 */
#include "engine/record.h"

#include "base/fd.h"
#include "base/string.h"
#include "engine/channel.h"
#include "engine/record_calls.h"
#include "engine/record_look.h"
#include "kernel/process.h"
#include "kernel/seccomp_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	struct onlooker *onlooker;
	struct notifier notifier;
	struct bus_watch bus;
	int listener, signals, channel;
	pid_t child;
	bool ended;
	void (*left)(void);
	struct recording *recording;
};

/* After the fork: load the filter, hand the listener over, become the program. */
static int become(const struct run *run, const char *program, char *const *arguments,
		  const struct filter *filter, int channel, const sigset_t *mask)
{
	struct message message = {.kind = MESSAGE_LISTENER};
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int listener;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* With it, a signal that a program has a handler for does not interrupt a call that is being
	 * looked at; programs that get many would repeat it for ever (Linux 5.19). */
	listener = seccomp_apply(filter, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (listener < 0)
		listener = seccomp_apply(filter, flags);
	if (listener < 0) {
		message.kind = MESSAGE_ERROR;
		error_errno(&message.error, -listener, "recording what the program does");
		channel_send(channel, &message, -1);
		return EXIT_HUTCH_FAILED;
	}
	/* Sending is no call that is asked about. */
	if (channel_send(channel, &message, listener) < 0)
		return EXIT_HUTCH_FAILED;
	close(listener);
	bus_watch_announce(&run->bus);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(program, arguments);
	message.kind = MESSAGE_ERROR;
	error_errno(&message.error, errno, "%s", program);
	error_status(&message.error, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
	channel_send(channel, &message, -1);
	return EXIT_HUTCH_FAILED;
}

/* The next message of the child. 1 to go on, 0 when it became the program, -errno when not. */
static int hear(struct run *run, struct error *e)
{
	struct message message;
	int fd = -1, r = channel_receive(run->channel, &message, &fd);

	if (r == 0) {
		run->channel = fd_close(run->channel);
		return 1;
	}
	if (r < 0)
		return error_errno(e, -r, "starting the program");
	if (message.kind == MESSAGE_ERROR) {
		*e = message.error;
		return -e->code;
	}
	if (message.kind != MESSAGE_LISTENER || fd < 0)
		return error_errno(e, EBADMSG, "starting the program");
	run->listener = fd;
	notifier_switch_fast(fd);
	return 1;
}

static void look_at_call(struct run *run)
{
	int r = notifier_receive(run->listener, &run->notifier);

	if (r > 0) {
		onlooker_look(run->onlooker, run->notifier.request);
		r = notifier_let(run->listener, &run->notifier);
		if (r > 0)
			onlooker_keep(run->onlooker, run->notifier.request);
	}
	if (r < 0)
		run->listener = fd_close(run->listener);
}

/* Collect who has ended. Whether anybody is left. */
static bool collect(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->child)
			continue;
		run->ended = true;
		run->recording->status = status;
	}
	return pid == 0;
}

static void kill_rest(void)
{
	_cleanup_fd_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc >= 0)
		process_kill_children(proc);
}

/* Returns whether anybody is left. */
static bool read_signals(struct run *run)
{
	struct signalfd_siginfo info;
	bool was_running = !run->ended, any = true;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number == SIGCHLD)
			continue;
		if (run->ended)
			kill_rest();
		else if (info.ssi_code != SI_KERNEL)
			kill(run->child, number);
	}
	any = collect(run);
	if (any && was_running && run->ended && run->left)
		run->left();
	return any;
}

enum { OWN_FDS = 3 };

/* Wait for something to happen and deal with it. 1 to go on, 0 when nobody is left. */
static int step(struct run *run, struct pollfds *fds, struct error *e)
{
	struct pollfd *list;
	bool any = true;
	int r;

	fds->list.count = 0;
	*vector_add(&fds->list) = (struct pollfd){run->listener, POLLIN, 0};
	*vector_add(&fds->list) = (struct pollfd){run->signals, POLLIN, 0};
	*vector_add(&fds->list) = (struct pollfd){run->channel, POLLIN, 0};
	bus_watch_poll(&run->bus, fds);
	list = fds->list.items;
	r = poll(list, fds->list.count, -1);
	if (r < 0)
		return errno == EINTR ? 1 : error_errno(e, errno, "waiting for the program");
	if (list[0].revents & POLLIN)
		look_at_call(run);
	else if (list[0].revents) /* nobody is left that the filter binds */
		run->listener = fd_close(run->listener);
	bus_watch_ready(&run->bus, list + OWN_FDS, fds->list.count - OWN_FDS);
	if (list[2].revents) {
		r = hear(run, e);
		if (r < 0)
			return r;
	}
	if (list[1].revents)
		any = read_signals(run);
	return any;
}

static int follow(struct run *run, struct error *e)
{
	struct pollfds fds = {0};
	int r;

	do
		r = step(run, &fds, e);
	while (r > 0);
	vector_free(&fds.list);
	return r < 0 || run->ended ? r : error_errno(e, ECHILD, "the program");
}

/* The signals that are waited for, and the mask before; -errno or the descriptor. */
static int take_signals(sigset_t *ret_mask)
{
	static const int numbers[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	/* Ignored, as a caller may hand it on, it would take the children's statuses away. */
	sigaction(SIGCHLD, &action, NULL);
	sigprocmask(SIG_BLOCK, &set, ret_mask);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int start(struct run *run, const char *program, char *const *arguments,
		 const struct filter *filter, struct error *e)
{
	int channel[2];
	sigset_t mask;
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return error_errno(e, errno, "a pair of sockets");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	run->signals = take_signals(&mask);
	run->child = run->signals < 0 ? -1 : fork();
	if (run->child == 0)
		_exit(become(run, program, arguments, filter, channel[1], &mask));
	r = run->child < 0 ? error_errno(e, errno, "starting the program") : 0;
	close(channel[1]);
	run->channel = channel[0];
	if (r == 0)
		r = follow(run, e);
	if (r < 0 && run->child > 0)
		kill_rest();
	fd_close(run->signals);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	return r;
}

int record(const char *program, char *const *arguments, const struct filter *policy,
	   char *const buses[2], void (*left)(void), struct recording *ret, struct error *e)
{
	struct onlooker *onlooker = xcalloc(1, sizeof(*onlooker));
	struct run run = {.onlooker = onlooker,
			  .listener = -1,
			  .signals = -1,
			  .channel = -1,
			  .left = left,
			  .recording = ret};
	_cleanup_filter_ struct filter filter = {0};
	const char *slash = strrchr(program, '/');
	ssize_t length;
	int r;

	onlooker->recording = ret;
	onlooker->program = slash ? slash + 1 : program;
	onlooker->bus = &run.bus;
	run.bus.program = onlooker->program;
	run.bus.recording = ret;
	length = readlink("/proc/self/exe", onlooker->self, sizeof(onlooker->self) - 1);
	onlooker->self[length > 0 ? length : 0] = '\0';
	r = recorded_calls_filter(policy, &filter, e);
	if (r == 0)
		r = notifier_init(&run.notifier, policy, e);
	if (r == 0)
		r = bus_watch_start(&run.bus, buses, e);
	if (r == 0)
		r = start(&run, program, arguments, &filter, e);
	fd_close(run.listener);
	fd_close(run.channel);
	bus_watch_stop(&run.bus);
	notifier_free(&run.notifier);
	free(onlooker);
	return r;
}
