// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One poll loop: the channel to the child, the signals, the terminal, the clock.
 *
 * Signals. All are blocked and read from a signalfd. What the kernel sent because of a key (^C:
 * SI_KERNEL) goes to the program's process group, as the terminal would have done; what another
 * process sent goes to the program. With
 * `--tty share` the program is in the terminal's foreground group itself and has the key's signal
 * already. Stop signals stop the program first and then this process, so that the shell's job
 * control works; SIGCONT undoes both.
 *
 * Time. At the limit the program gets SIGTERM, GRACE later pid 1 gets SIGKILL, and with it
 * everything inside.
 */
#include "engine/supervise.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/init.h"
#include "engine/late_socket.h"
#include "engine/network.h"
#include "engine/own_filters.h"
#include "engine/terminal.h"
#include "kernel/sys.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

enum { GRACE = 1000 /* ms */ };

/* What is always waited for: the channel, the signals, the listener. */
enum { OWN_FDS = 3 };

struct state {
	struct supervision *supervision;
	const struct plan *plan;
	struct report *report;
	int channel, init;
	int listener; /* of denied system calls */
	struct notifier notifier;
	struct terminal terminal;
	bool ready, ended;
	double start, deadline; /* seconds; deadline 0: none */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int supervise_prepare(struct supervision *supervision, struct error *e)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t all;

	supervision->watch_count = 0;
	supervision->network = NULL;
	supervision->sockets = NULL;
	supervision->stands = NULL;
	supervision->hit = HIT_NONE;
	supervision->namespace_came = NULL;
	sigfillset(&all);
	/* An ignored SIGCHLD, inherited from the caller, would take the children's statuses away
	 * (wait(2)). */
	sigaction(SIGCHLD, &action, NULL);
	sigprocmask(SIG_SETMASK, &all, &supervision->mask);
	supervision->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervision->signals < 0) {
		int code = errno;

		sigprocmask(SIG_SETMASK, &supervision->mask, NULL);
		return error_errno(e, code, "taking over the signals");
	}
	return 0;
}

void supervise_done(struct supervision *supervision)
{
	supervision->signals = fd_close(supervision->signals);
	sigprocmask(SIG_SETMASK, &supervision->mask, NULL);
}

/* Send pid 1 a signal for the program, or for its whole process group. */
static void pass_on(const struct state *state, int number, bool group)
{
	if (state->init < 0) {
		const struct message message = {.kind = MESSAGE_SIGNAL, .signal = {number, group}};

		channel_send(state->channel, &message, -1);
		return;
	}
	if (init_tell(state->init, number, group ? SIGNAL_TO_GROUP : SIGNAL_TO_PROGRAM) < 0)
		sys_pidfd_send_signal(state->init, number);
}

/* A timer that continues this process at the deadline; false where there is none to be had. */
static bool wake_at_deadline(const struct state *state, timer_t *ret_timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
	struct itimerspec when = {0};

	if (timer_create(CLOCK_MONOTONIC, &event, ret_timer) < 0)
		return false;
	when.it_value.tv_sec = (time_t)state->deadline;
	when.it_value.tv_nsec = (long)((state->deadline - (double)when.it_value.tv_sec) * 1e9);
	if (timer_settime(*ret_timer, TIMER_ABSTIME, &when, NULL) == 0)
		return true;
	timer_delete(*ret_timer);
	return false;
}

/*
 * Stop this process as the program was stopped, and go on when the shell says so. A program that
 * stops itself must not stop the clock that its children run under.
 */
static void stop_ourselves(struct state *state, int number)
{
	timer_t timer;

	if (!state->deadline && !state->report->timed_out) {
		terminal_suspend(&state->terminal, number);
	} else if (!state->report->timed_out && wake_at_deadline(state, &timer)) {
		terminal_suspend(&state->terminal, number);
		timer_delete(timer);
	}
	pass_on(state, SIGCONT, true);
}

static void handle_signal(struct state *state, const struct signalfd_siginfo *info)
{
	int number = (int)info->ssi_signo;
	bool key = info->ssi_code == SI_KERNEL;

	switch (number) {
	case SIGCHLD:
	case SIGPIPE:
		return;
	case SIGCONT:
		terminal_resume(&state->terminal);
		return;
	case SIGWINCH:
		if (state->plan->own_terminal)
			terminal_resize(&state->terminal);
		else
			pass_on(state, number, true);
		return;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		/* The program stops first; that it did comes back as a message. */
		pass_on(state, number, true);
		return;
	default:
		if (key && state->plan->share_terminal)
			return;
		pass_on(state, number, key);
	}
}

static void read_signals(struct state *state)
{
	struct signalfd_siginfo info;

	while (read(state->supervision->signals, &info, sizeof(info)) == sizeof(info))
		handle_signal(state, &info);
}

/* The child's network namespace came: its helper waits for it. */
int supervise_let_mount(struct supervision *supervision, int channel, struct error *e)
{
	int r = supervision->stands ? supervision->stands(supervision->stands_data, e) : 0;

	if (!supervision->stands || r < 0)
		return r;
	r = channel_send(channel, &(struct message){.kind = MESSAGE_GO}, -1);
	return r < 0 ? error_errno(e, -r, "talking to the sandbox") : 0;
}

static int attach_network(struct state *state, int netns, struct error *e)
{
	int r = state->supervision->network && netns >= 0
			? network_attach(state->supervision->network, netns, e)
			: error_set(e, EBADMSG, "the sandbox sent an unexpected message");

	fd_close(netns);
	if (r >= 0)
		r = supervise_let_mount(state->supervision, state->channel, e);
	return r < 0 ? r : 1;
}

/*
 * All is set up: what is left is waiting, and cleaning up. Programs of `hutch exec` begin here and inherit it, so it is no
 * more than no program gets anyway, and not where the program goes without a filter. Landlock is none of it for the same
 * reason. Where it is refused the sandbox stands as it was asked for all the same, and the report says so.
 */
static void confine_ourselves(struct state *state)
{
	int r = state->plan->filter.count ? own_filter_apply(launcher_filter, launcher_filter_count)
					  : 0;

	if (r < 0) {
		char *note = xasprintf("hutch itself goes on without a filter: %s", error_name(-r));

		log_step("%s", note);
		strv_take(&state->report->notes, note);
	}
}

/* One message from the child. 1 to go on, 0 when the program ended, -errno when it never ran. */
static int read_message(struct state *state, struct error *e)
{
	struct message message;
	int fd, r = channel_receive(state->channel, &message, &fd);

	if (r < 0)
		return error_errno(e, -r, "reading from the sandbox");
	if (r == 0) {
		if (!state->ready)
			return error_set(e, ECHILD,
					 "the sandbox was killed while it was being set up");
		/* pid 1 was killed, and everything with it */
		state->report->ending.status = SIGKILL;
		state->report->cut_off = true;
		return 0;
	}
	switch (message.kind) {
	case MESSAGE_ERROR:
		*e = message.error;
		return e->code ? -e->code : -EINVAL;
	case MESSAGE_TERMINAL:
		r = terminal_start(&state->terminal, fd, STDIN_FILENO, STDOUT_FILENO, e);
		if (r < 0)
			return r;
		r = channel_send(state->channel, &(struct message){.kind = MESSAGE_GO}, -1);
		return r < 0 ? error_errno(e, -r, "talking to the sandbox") : 1;
	case MESSAGE_LISTENER:
		fd_close(state->listener);
		state->listener = fd;
		return 1;
	case MESSAGE_NOTE:
		log_step("%s", message.text);
		strv_add(&state->report->notes, message.text);
		return 1;
	case MESSAGE_NETWORK:
		return attach_network(state, fd, e);
	case MESSAGE_READY:
		state->ready = true;
		if (state->supervision->sockets)
			late_sockets_forget(state->supervision->sockets);
		confine_ourselves(state);
		if (state->report->ready)
			state->report->ready(state->report->ready_data);
		r = state->supervision->network
			    ? network_child_stands(state->supervision->network, e)
			    : 0;
		return r < 0 ? r : 1;
	case MESSAGE_STOPPED:
		stop_ourselves(state, message.ending.status);
		return 1;
	case MESSAGE_ENDED:
		state->report->ending = message.ending;
		return 0;
	case MESSAGE_NAMESPACE:
		if (state->supervision->namespace_came)
			state->supervision->namespace_came(state->supervision->namespace_data,
							   message.namespace, fd);
		else
			fd_close(fd);
		return 1;
	case MESSAGE_GO:
	case MESSAGE_SIGNAL:
		break;
	}
	return 1;
}

static int time_left(const struct state *state)
{
	double left;
	int milliseconds = terminal_timeout(&state->terminal);

	if (!state->deadline)
		return milliseconds;
	left = (state->deadline - now()) * 1000 + 1;
	if (milliseconds >= 0 && milliseconds < left)
		return milliseconds;
	return left < 0 ? 0 : left > 1e8 ? 100000000 : (int)left;
}

/* The limit is reached: ask first, then don't ask. */
static void time_is_up(struct state *state)
{
	if (state->report->timed_out) {
		init_end(state->init, !state->plan->namespaces);
		state->deadline = 0;
		return;
	}
	state->report->timed_out = true;
	pass_on(state, SIGTERM, true);
	pass_on(state, SIGCONT, true);
	state->deadline = now() + GRACE / 1000.0;
}

/* Somebody saw a limit reached. */
static void obey_limit(struct state *state)
{
	enum limit_hit hit = state->supervision->hit;

	state->supervision->hit = HIT_NONE;
	if (hit == HIT_MEMORY) {
		state->report->memory_out = true;
		init_end(state->init, !state->plan->namespaces);
	} else if (hit == HIT_TIME && !state->report->timed_out) {
		state->report->cpu_timed_out = true;
		time_is_up(state);
	}
}

/* A system call was denied: it waits for its answer. */
static void answer_denied(struct state *state)
{
	struct report *report = state->report;
	struct denial denial;
	int r = notifier_handle(state->listener, &state->notifier, &denial);

	if (r < 0) {
		static const char lost[] = "denied system calls: no more can be told, they now "
					   "answer ENOSYS";

		state->listener = fd_close(state->listener);
		log_step("%s", lost);
		strv_add(&report->notes, lost);
	}
	if (r <= 0)
		return;
	*vector_add(&report->denials) = denial;
	if (report->denied)
		report->denied(state->plan, &denial);
}

/* Tell those who wait for what happened. 1, or -errno where one of them ends the sandbox. */
static int tell_watches(struct state *state, const struct pollfd *fds, size_t count,
			struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		struct watch *watch = &state->supervision->watches[i];
		int r = fds[i].revents ? watch->ready(watch, fds[i].revents, e) : 0;

		if (r < 0)
			return r;
	}
	return 1;
}

/* Wait for something to happen and deal with it. 1 to go on, 0 when the program ended, -errno when
 * it never ran. */
static int step(struct state *state, struct error *e)
{
	struct pollfd fds[OWN_FDS + TERMINAL_POLL_FDS + WATCHES] = {
		{state->ended ? -1 : state->channel, POLLIN, 0},
		{state->supervision->signals, POLLIN, 0},
		{state->listener, POLLIN, 0}};
	size_t count = terminal_poll_fds(&state->terminal, fds + OWN_FDS, TERMINAL_POLL_FDS);
	size_t watches = state->supervision->watch_count;
	struct pollfd *watched = fds + OWN_FDS + count;
	int r;

	for (size_t i = 0; i < watches; i++)
		watched[i] = (struct pollfd){state->supervision->watches[i].fd,
					     state->supervision->watches[i].events, 0};
	r = poll(fds, OWN_FDS + count + watches, time_left(state));

	if (r < 0 && errno != EINTR)
		return error_errno(e, errno, "waiting for the sandbox");
	if (state->deadline && now() >= state->deadline)
		time_is_up(state);
	if (r < 0)
		return 1;
	if (fds[1].revents)
		read_signals(state);
	if (fds[2].revents & POLLIN)
		answer_denied(state);
	else if (fds[2].revents) /* nothing is left that the filter binds */
		state->listener = fd_close(state->listener);
	terminal_events(&state->terminal, fds + OWN_FDS, count);
	r = tell_watches(state, watched, watches, e);
	if (r < 0)
		return r;
	obey_limit(state);
	return fds[0].revents ? read_message(state, e) : 1;
}

int supervise(struct supervision *supervision, const struct plan *plan, int channel, int init,
	      struct report *ret, struct error *e)
{
	struct state state = {
		.supervision = supervision,
		.plan = plan,
		.report = ret,
		.channel = channel,
		.init = init,
		.listener = -1,
		.terminal = TERMINAL_NONE,
		.start = now(),
	};
	struct terminal_kept kept;
	int r;

	if (plan->asking.count) {
		r = notifier_init(&state.notifier, &plan->filter, e);
		if (r < 0)
			return r;
	}
	terminal_keep(&kept);
	vector_each (limit, &plan->rlimits)
		if (limit->resource == RLIMIT_CPU && limit->soft != RLIM_INFINITY)
			ret->cpu_limit = limit->soft;
	if (plan->wall)
		state.deadline = state.start + (double)plan->wall / 1000;
	do
		r = step(&state, e);
	while (r > 0);
	if (r < 0) /* before the listener goes, whose absence the program would notice */
		sys_pidfd_send_signal(init, SIGKILL);
	state.ended = true;
	state.deadline = 0;
	while (r == 0 && !terminal_flush(&state.terminal) && step(&state, e) >= 0)
		;
	fd_close(state.listener);
	notifier_free(&state.notifier);
	terminal_stop(&state.terminal);
	terminal_put_back(&kept);
	ret->wall = now() - state.start;
	ret->ran = r == 0;
	return r;
}
