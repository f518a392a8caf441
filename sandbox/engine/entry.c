// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/entry.h"

#include "base/fd.h"
#include "engine/channel.h"
#include "kernel/path.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct rlimit entry_raise_descriptor_limit(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY}, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		raised = limit;
		raised.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &raised);
	}
	return limit;
}

noreturn void entry_give_up(const struct entry *entry, const struct error *e)
{
	struct message message = {.kind = MESSAGE_ERROR, .error = *e};

	channel_send(entry->channel, &message, -1);
	_exit(EXIT_HUTCH_FAILED);
}

/* Give up when a step's result @r is negative, naming the step. */
void entry_must(const struct entry *entry, int r, const char *step)
{
	struct error e = {0};

	if (r >= 0)
		return;
	error_errno(&e, -r, "%s", step);
	entry_give_up(entry, &e);
}

void entry_must_call(const struct entry *entry, int result, const char *step)
{
	entry_must(entry, result < 0 ? -errno : 0, step);
}

void entry_note(const struct entry *entry, const char *text)
{
	struct message message = {.kind = MESSAGE_NOTE};

	strncpy(message.text, text, sizeof(message.text) - 1);
	channel_send(entry->channel, &message, -1);
}

void entry_die_with_launcher(const struct entry *entry, int signal)
{
	struct pollfd peer = {.fd = entry->channel};

	entry_must_call(entry, prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0),
			"asking to die with the launcher");
	/* The launcher may have died before; then its end of the channel is closed. */
	if (poll(&peer, 1, 0) > 0 && (peer.revents & POLLHUP))
		_exit(EXIT_HUTCH_FAILED);
}

void entry_become_root(const struct entry *entry)
{
	entry_must_call(entry, setresgid(0, 0, 0), "becoming group 0 of the sandbox");
	entry_must_call(entry, setgroups(0, NULL), "leaving the supplementary groups");
	entry_must_call(entry, setresuid(0, 0, 0), "becoming user 0 of the sandbox");
}

void entry_wait_for_launcher(const struct entry *entry, enum message_kind kind)
{
	static const char *const step = "waiting for the launcher";
	struct message message;
	int r = channel_receive(entry->channel, &message, NULL);

	/* Nobody is there to be told. */
	if (r == 0)
		_exit(EXIT_HUTCH_FAILED);
	entry_must(entry, r, step);
	entry_must(entry, message.kind == kind ? 0 : -EPROTO, step);
}

int entry_start_session(const struct entry *entry, int root, const char *directory)
{
	struct message message = {.kind = MESSAGE_TERMINAL};
	_cleanup_fd_ int pts = -1, master = -1;
	struct error e = {0};
	int peer = -1;

	if (entry->plan->share_terminal)
		return -1;
	if (!entry->plan->own_terminal) {
		entry_must_call(entry, setsid(), "starting a session");
		return -1;
	}
	pts = path_open_in(root, directory, O_PATH | O_DIRECTORY);
	entry_must(entry, pts, directory);
	if (pty_open(pts, "ptmx", &master, &peer, &e) < 0 || pty_lead_session(peer, &e) < 0)
		entry_give_up(entry, &e);
	entry_must(entry, channel_send(entry->channel, &message, master),
		   "handing the terminal over");
	/* Its size and modes are set by the launcher, before the program can ask. */
	entry_wait_for_launcher(entry, MESSAGE_GO);
	return peer;
}
