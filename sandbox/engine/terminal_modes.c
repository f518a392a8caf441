// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving the terminal back.
 *
 * While a session has the user's terminal, its modes are raw, and a shell whose terminal stays raw
 * is unusable. This process gives the modes back on every way out that it sees. For the ways that
 * it doesn't see (SIGKILL, a crash) there is the guardian: a forked process that waits for our end
 * on a pidfd and then does it in our place. What is to be put back stands in a page that both
 * share, so that there is no message that could be half sent. The guardian
 *
 * - holds the terminals, the pidfd and the page, nothing else;
 * - is a session of its own: a signal to our process group (`timeout -s KILL`, `kill -9 %1`) must
 *   not reach it, and job control doesn't stop a process that has no controlling terminal when it
 *   sets modes;
 * - has no exit signal, so that whoever waits for our children isn't disturbed by it.
 *
 * Modes are given back only where the terminal still has the ones that we set. A shell that took
 * its terminal back from a stopped job has set its own by then, and those are not ours to touch.
 */
#include "engine/terminal_modes.h"

#include "base/fd.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct terminal_sides {
	size_t count;
	struct side {
		int fd;
		enum terminal_role role;
		atomic_bool taken;
		struct termios saved; /* valid while taken, and from the start */
		struct termios ours;
	} side[TERMINAL_SIDES];
};

int terminal_modes_add(struct terminal_modes *m, int terminal, enum terminal_role role,
		       struct error *e)
{
	struct side *s;

	if (!m->sides) {
		m->sides = mmap(NULL, sizeof(*m->sides), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (m->sides == MAP_FAILED) {
			m->sides = NULL;
			return error_errno(e, errno, "keeping the terminal's modes");
		}
	}
	if (m->sides->count == TERMINAL_SIDES)
		return error_set(e, E2BIG, "more than %d terminals", TERMINAL_SIDES);
	s = &m->sides->side[m->sides->count];
	if (tcgetattr(terminal, &s->saved) < 0)
		return error_errno(e, errno, "reading the terminal's modes");
	s->fd = terminal;
	s->role = role;
	m->sides->count++;
	return 0;
}

static void give_back(struct terminal_sides *sides)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *s = &sides->side[i];
		struct termios now;

		if (!atomic_load(&s->taken))
			continue;
		if (tcgetattr(s->fd, &now) == 0 && pty_same_modes(&now, &s->ours))
			pty_set_modes(s->fd, &s->saved, NULL);
		atomic_store(&s->taken, false);
	}
}

/* Descriptors from @first on, without @keep (sorted, distinct). */
static void close_others(const int *keep, size_t count)
{
	unsigned int from = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned int fd = (unsigned int)keep[i];

		if (fd > from)
			syscall(SYS_close_range, from, fd - 1, 0);
		from = fd + 1;
	}
	syscall(SYS_close_range, from, ~0U, 0);
}

static _Noreturn void guard(struct terminal_sides *sides, int owner)
{
	struct pollfd end = {.fd = owner, .events = POLLIN};
	int keep[TERMINAL_SIDES + 1];
	size_t count = 0;

	prctl(PR_SET_NAME, "hutch-terminal");
	setsid();
	if (chdir("/") < 0) {
		/* Then a directory stays in use for as long as we run; no more. */
	}

	keep[count++] = owner;
	for (size_t i = 0; i < sides->count; i++)
		keep[count++] = sides->side[i].fd;
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0 && keep[j - 1] > keep[j]; j--) {
			int swap = keep[j];

			keep[j] = keep[j - 1];
			keep[j - 1] = swap;
		}
	}
	close_others(keep, count);

	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	give_back(sides);
	_exit(0);
}

int terminal_modes_guard(struct terminal_modes *m, struct error *e)
{
	_cleanup_fd_ int owner = -1, ready = -1;
	sigset_t all, before;
	int ends[2], code;
	pid_t pid;
	char none;

	owner = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (owner < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(e, errno, "watching over the terminal's modes");
	ready = ends[0];
	/* Until it is on its own, what ends us must not end it. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	if (pid == 0)
		guard(m->sides, owner);
	code = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (pid < 0)
		return error_errno(e, code, "watching over the terminal's modes");
	m->guardian = pid;
	/* It closes its end of the pipe, with all else, when it is a session of its own. */
	while (read(ready, &none, 1) < 0 && errno == EINTR)
		;
	return 0;
}

const struct termios *terminal_modes_saved(const struct terminal_modes *m)
{
	return m->sides && m->sides->count ? &m->sides->side[0].saved : NULL;
}

bool terminal_modes_taken(const struct terminal_modes *m)
{
	return m->sides && m->sides->count && atomic_load(&m->sides->side[0].taken);
}

void terminal_modes_take(struct terminal_modes *m)
{
	if (!m->sides)
		return;
	for (size_t i = 0; i < m->sides->count; i++) {
		struct side *s = &m->sides->side[i];
		struct termios now, ours;

		if (tcgetattr(s->fd, &now) < 0)
			continue;
		/* Still ours after SIGSTOP, or set again by a shell that kept the job's modes. */
		if (!pty_same_modes(&now, &s->ours)) {
			atomic_store(&s->taken, false);
			s->saved = now;
		}
		if (s->role == TERMINAL_READ) {
			pty_raw_modes(&s->saved, &ours);
		} else {
			ours = s->saved;
			ours.c_oflag &= ~(tcflag_t)OPOST;
		}
		s->ours = ours;
		atomic_store(&s->taken, true);
		/* The kernel may change what it is given; what it made of it is what we compare. */
		if (pty_set_modes(s->fd, &ours, &ours) == 0)
			s->ours = ours;
	}
}

void terminal_modes_give_back(struct terminal_modes *m)
{
	if (m->sides)
		give_back(m->sides);
}

void terminal_modes_stop(struct terminal_modes *m)
{
	terminal_modes_give_back(m);
	if (m->guardian > 0) {
		kill(m->guardian, SIGKILL);
		while (waitpid(m->guardian, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	m->guardian = 0;
	if (m->sides)
		munmap(m->sides, sizeof(*m->sides));
	m->sides = NULL;
}

void terminal_keep(struct terminal_kept *k)
{
	for (int fd = 0; fd < 3; fd++) {
		k->fds[fd].flags = fcntl(fd, F_GETFL);
		k->fds[fd].terminal = tcgetattr(fd, &k->fds[fd].modes) == 0;
	}
}

void terminal_put_back(const struct terminal_kept *k)
{
	for (int fd = 0; fd < 3; fd++) {
		struct termios now;
		int flags;

		if (k->fds[fd].flags < 0)
			continue;
		flags = fcntl(fd, F_GETFL);
		if (flags >= 0 && ((flags ^ k->fds[fd].flags) & O_NONBLOCK))
			fcntl(fd, F_SETFL, flags ^ O_NONBLOCK);
		/* In the background the terminal is someone else's by now. */
		if (k->fds[fd].terminal && pty_in_foreground(fd) && tcgetattr(fd, &now) == 0 &&
		    !pty_same_modes(&now, &k->fds[fd].modes))
			pty_set_modes(fd, &k->fds[fd].modes, NULL);
	}
}
