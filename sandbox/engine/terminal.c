// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A terminal of the sandbox's own.
 *
 * The program inside has the slave of a pty that lives in the sandbox's devpts instance; here are
 * the master and the user's terminal. The user's terminal is raw, so every key goes through as a
 * byte, and the line discipline of the inner terminal gives ^C, ^Z and ^\ their meaning for the
 * jobs inside. Whatever a program does to its terminal (TIOCSTI, TIOCLINUX, modes, O_NONBLOCK), it
 * does to one that ends with it.
 *
 * Decisions:
 *
 * - Nothing waits. The user's terminals are opened again through /proc/self/fd, which gives an open
 *   file of our own to make O_NONBLOCK. Where that is refused (a terminal of another user's, after
 *   su) a descriptor that may block stays, and it is read and written in small portions, only after
 *   poll said so.
 * - Two bounded buffers; a side is read from only while the other's buffer has room, so that a slow
 *   terminal slows the program down, as it would without us.
 * - Job control of the user's shell is followed by looking (tcgetpgrp), not by signals alone: `fg`
 *   on a job that runs already sends no signal. In the background we neither read nor set modes. We
 *   do write, as any background job may; but where the terminal forbids it (TOSTOP), or the program
 *   inside has a terminal that isn't in line mode (an editor, which would have been stopped when it
 *   set its modes), we stop with SIGTTOU as it would have.
 * - When the user's terminal goes away, the inner one does: its programs get SIGHUP and EIO.
 */
#include "engine/terminal.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Portion for a descriptor that may block: less than what poll's "writable" stands for in a tty. */
#define CAREFUL_PORTION 256

/* Reads of the inner terminal in one go, so that signals and timers get their turn. */
#define ROUNDS 32

/* How often a job in the background looks whether it is in the foreground now. */
#define LOOK_MS 250

struct buffer {
	size_t start, end;
	char data[65536];
};

struct terminal_buffers {
	struct buffer keys;   /* from the user to the program */
	struct buffer screen; /* from the program to the user */
	char last_key;
};

static size_t buffered(const struct buffer *b)
{
	return b->end - b->start;
}

static size_t room(struct buffer *b)
{
	if (b->start == b->end)
		b->start = b->end = 0;
	return sizeof(b->data) - b->end;
}

/* read(2) into the buffer, at most @max bytes; the count, 0 at the end, or -errno. */
static ssize_t fill(struct buffer *b, int fd, size_t max)
{
	size_t space = room(b);
	ssize_t got = read(fd, b->data + b->end, space < max ? space : max);

	if (got < 0)
		return -errno;
	b->end += (size_t)got;
	return got;
}

/* write(2) from the buffer, at most @max bytes; the count or -errno. */
static ssize_t drain(struct buffer *b, int fd, size_t max)
{
	size_t length = buffered(b);
	ssize_t put = write(fd, b->data + b->start, length < max ? length : max);

	if (put < 0)
		return -errno;
	b->start += (size_t)put;
	return put;
}

static bool later(ssize_t result)
{
	return result == -EAGAIN || result == -EINTR;
}

/* The user's side is gone: so is the terminal of the programs inside. */
static void hang_up(struct terminal *t)
{
	t->in_ended = true;
	t->master = fd_close(t->master);
	t->buffers->screen.start = t->buffers->screen.end = 0;
}

/* The descriptor whose foreground process group decides whether it is our turn. */
static int job_terminal(const struct terminal *t)
{
	if (t->in_terminal)
		return t->in;
	return t->out_terminal ? t->out : -1;
}

/* See whose turn it is at the user's terminal and act on a change. */
static void look(struct terminal *t)
{
	int fd = job_terminal(t);

	t->background = fd >= 0 && !pty_in_foreground(fd);
	if (t->background && terminal_modes_taken(&t->modes)) {
		terminal_modes_give_back(&t->modes);
	} else if (fd >= 0 && !t->background && !terminal_modes_taken(&t->modes)) {
		terminal_modes_take(&t->modes);
		terminal_resize(t);
	}
}

/* Our own open file of @fd's terminal or pipe; @ret_waits says whether it may block. */
static int open_again(int fd, int flags, bool *ret_waits)
{
	char path[64];
	struct stat st;
	int own = -1;

	/* A regular file has a position that is shared on purpose. */
	if (fstat(fd, &st) == 0 && (isatty(fd) || S_ISFIFO(st.st_mode))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	*ret_waits = own < 0;
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* The inner terminal starts as the user's is: erase key, UTF-8, speed, size. */
static void set_inner_modes(struct terminal *t)
{
	const struct termios *saved = terminal_modes_saved(&t->modes);
	struct termios modes;

	if (!saved)
		return;
	modes = *saved;
	/* In the background those are the modes of a shell that edits its line. */
	if (!pty_in_foreground(job_terminal(t)))
		pty_sane_modes(saved, &modes);
	pty_set_modes(t->master, &modes, NULL);
}

int terminal_start(struct terminal *t, int master, int in_fd, int out_fd, struct error *e)
{
	int flags = fcntl(master, F_GETFL);
	int ret = 0;

	*t = (struct terminal)TERMINAL_NONE;
	t->master = master;
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0) {
		ret = error_errno(e, errno, "the sandbox's terminal");
		goto failed;
	}
	t->in = open_again(in_fd, O_RDONLY, &t->in_waits);
	t->out = open_again(out_fd, O_WRONLY, &t->out_waits);
	if (t->in < 0 || t->out < 0) {
		ret = error_errno(e, errno, "the user's terminal");
		goto failed;
	}
	t->in_terminal = isatty(t->in);
	t->out_terminal = isatty(t->out);
	t->buffers = xcalloc(1, sizeof(*t->buffers));
	t->buffers->last_key = '\n';

	if (t->in_terminal)
		ret = terminal_modes_add(&t->modes, t->in, TERMINAL_READ, e);
	if (ret == 0 && t->out_terminal && !pty_same_terminal(t->in, t->out))
		ret = terminal_modes_add(&t->modes, t->out, TERMINAL_WRITE, e);
	if (ret == 0 && t->modes.sides)
		ret = terminal_modes_guard(&t->modes, e);
	if (ret < 0)
		goto failed;
	set_inner_modes(t);
	terminal_resize(t);
	look(t);
	return 0;

failed:
	terminal_stop(t);
	return ret;
}

size_t terminal_poll_fds(struct terminal *t, struct pollfd *fds, size_t max)
{
	short master_events = 0;
	size_t n = 0;

	if (t->master < 0)
		return 0;
	look(t);
	if (!t->in_ended && !t->background && room(&t->buffers->keys) && n < max)
		fds[n++] = (struct pollfd){.fd = t->in, .events = POLLIN};
	if (buffered(&t->buffers->screen) && n < max)
		fds[n++] = (struct pollfd){.fd = t->out, .events = POLLOUT};
	if (room(&t->buffers->screen))
		master_events |= POLLIN;
	if (buffered(&t->buffers->keys))
		master_events |= POLLOUT;
	/* Without a slave poll would return at once, for ever. */
	if (master_events && !t->slave_gone && n < max)
		fds[n++] = (struct pollfd){.fd = t->master, .events = master_events};
	return n;
}

int terminal_timeout(const struct terminal *t)
{
	return t->master >= 0 && (t->background || t->slave_gone) ? LOOK_MS : -1;
}

/*
 * Stop as the kernel stops a job, whether or not the caller has @signal blocked; where whoever
 * started us had it ignored, nothing happens, as the kernel has it too.
 */
static void stop_group(int signal)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, before;
	sigset_t set, mask;

	sigaction(signal, NULL, &before);
	if (before.sa_handler == SIG_IGN)
		return;
	sigaction(signal, &standard, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	/* Sent first, then let through: one that was pending before counts as the same. */
	sigprocmask(SIG_BLOCK, &set, &mask);
	kill(0, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(signal, &before, NULL);
}

/* In the background: whether a write has to wait for the foreground (see the head). */
static bool must_not_write(struct terminal *t)
{
	struct termios outer, inner;

	if (!t->background || !t->out_terminal)
		return false;
	return (tcgetattr(t->out, &outer) == 0 && (outer.c_lflag & TOSTOP)) ||
	       (tcgetattr(t->master, &inner) == 0 && !(inner.c_lflag & ICANON));
}

static void write_screen(struct terminal *t)
{
	ssize_t put;

	if (!buffered(&t->buffers->screen))
		return;
	if (must_not_write(t)) {
		stop_group(SIGTTOU);
		look(t);
	}
	put = drain(&t->buffers->screen, t->out, t->out_waits ? CAREFUL_PORTION : SIZE_MAX);
	if (put < 0 && !later(put))
		hang_up(t);
}

/* A descriptor that isn't a terminal ended: say so in the inner terminal's way. */
static void end_keys(struct terminal *t)
{
	struct buffer *keys = &t->buffers->keys;
	struct termios inner;

	t->in_ended = true;
	if (tcgetattr(t->master, &inner) < 0 || !(inner.c_lflag & ICANON) || room(keys) < 2)
		return;
	/* Behind a line without its end, the first one only hands the line over. */
	if (t->buffers->last_key != '\n')
		keys->data[keys->end++] = (char)inner.c_cc[VEOF];
	keys->data[keys->end++] = (char)inner.c_cc[VEOF];
}

static void read_keys(struct terminal *t)
{
	struct buffer *keys = &t->buffers->keys;
	ssize_t got;

	if (t->in_ended || t->background || !room(keys))
		return;
	got = fill(keys, t->in, t->in_waits ? CAREFUL_PORTION : SIZE_MAX);
	if (got > 0)
		t->buffers->last_key = keys->data[keys->end - 1];
	else if (later(got))
		return;
	else if (!t->in_terminal)
		end_keys(t);
	else if (!pty_in_foreground(t->in))
		t->background = true; /* EIO: just lost, in an orphaned process group */
	else
		hang_up(t);
}

static void write_keys(struct terminal *t)
{
	while (t->master >= 0 && buffered(&t->buffers->keys)) {
		ssize_t put = drain(&t->buffers->keys, t->master, SIZE_MAX);

		if (put == -EIO)
			t->slave_gone = true;
		if (put <= 0)
			return;
	}
}

/* Read what the programs wrote; true when nothing is left for now. */
static bool read_screen(struct terminal *t)
{
	for (int i = 0; i < ROUNDS && t->master >= 0; i++) {
		ssize_t got;

		if (!room(&t->buffers->screen))
			return false;
		got = fill(&t->buffers->screen, t->master, SIZE_MAX);
		t->slave_gone = got == -EIO || got == 0;
		if (got == -EINTR)
			continue;
		if (got <= 0)
			return true;
		if (!t->out_waits)
			write_screen(t);
	}
	return t->master < 0;
}

void terminal_events(struct terminal *t, const struct pollfd *fds, size_t count)
{
	if (t->master >= 0 && t->slave_gone)
		read_screen(t);
	for (size_t i = 0; i < count; i++) {
		short happened = fds[i].revents;

		if (!happened || t->master < 0)
			continue;
		if (fds[i].fd == t->in) {
			read_keys(t);
			if (t->master >= 0 && t->in_terminal && (happened & POLLHUP))
				hang_up(t);
		} else if (fds[i].fd == t->out) {
			write_screen(t);
		} else if (fds[i].fd == t->master && (happened & (POLLIN | POLLHUP | POLLERR))) {
			read_screen(t);
		}
	}
	write_keys(t);
}

void terminal_resize(struct terminal *t)
{
	if (t->master < 0)
		return;
	if (!t->out_terminal || pty_copy_size(t->out, t->master) < 0)
		pty_copy_size(t->in, t->master);
}

void terminal_suspend(struct terminal *t, int signal)
{
	terminal_modes_give_back(&t->modes);
	if (signal == SIGSTOP)
		raise(SIGSTOP);
	else
		stop_group(signal);
	terminal_resume(t);
}

void terminal_resume(struct terminal *t)
{
	if (t->master < 0)
		return;
	look(t);
	/* Taken before, but a shell may have set its own modes while we were stopped. */
	if (terminal_modes_taken(&t->modes))
		terminal_modes_take(&t->modes);
	terminal_resize(t);
}

bool terminal_flush(struct terminal *t)
{
	bool empty;

	if (t->master < 0)
		return true;
	t->buffers->keys.start = t->buffers->keys.end = 0;
	t->in_ended = true;
	empty = read_screen(t);
	if (t->master >= 0 && !t->out_waits)
		write_screen(t);
	return t->master < 0 || (empty && !buffered(&t->buffers->screen));
}

void terminal_stop(struct terminal *t)
{
	terminal_modes_stop(&t->modes);
	t->master = fd_close(t->master);
	t->in = fd_close(t->in);
	t->out = fd_close(t->out);
	free(t->buffers);
	t->buffers = NULL;
}
