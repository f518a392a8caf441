// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/pty.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int pty_open(int directory, const char *path, int *ret_master, int *ret_slave, struct error *e)
{
	_cleanup_fd_ int master = -1;
	int slave, unlock = 0;

	master = openat(directory, path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return error_errno(e, errno, "opening %s for a terminal", path);
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(e, errno, "unlocking the terminal made from %s", path);
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return error_errno(e, errno, "opening the terminal made from %s", path);

	*ret_master = TAKE_FD(master);
	*ret_slave = slave;
	return 0;
}

int pty_lead_session(int slave, struct error *e)
{
	if (setsid() < 0)
		return error_errno(e, errno, "beginning a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return error_errno(e, errno, "taking the terminal as the session's own");
	return 0;
}

static void block_background_stop(sigset_t *ret_before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, ret_before);
}

int pty_set_foreground(int terminal, pid_t group, struct error *e)
{
	sigset_t before;
	int ret = 0;

	block_background_stop(&before);
	if (tcsetpgrp(terminal, group) < 0)
		ret = error_errno(e, errno, "putting process group %d in the foreground", group);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

bool pty_in_foreground(int terminal)
{
	pid_t group = tcgetpgrp(terminal);

	/* ENOTTY: no controlling terminal of ours. EIO: hung up, which reading it tells as well. */
	return group < 0 || group == getpgrp();
}

int pty_copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) < 0 || ioctl(to, TIOCSWINSZ, &size) < 0)
		return -errno;
	return 0;
}

int pty_set_modes(int terminal, const struct termios *modes, struct termios *ret_now)
{
	sigset_t before;
	int ret;

	block_background_stop(&before);
	do
		ret = tcsetattr(terminal, TCSANOW, modes) < 0 ? -errno : 0;
	while (ret == -EINTR);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (ret < 0)
		return ret;
	if (ret_now && tcgetattr(terminal, ret_now) < 0)
		return -errno;
	return 0;
}

void pty_raw_modes(const struct termios *cooked, struct termios *ret_raw)
{
	*ret_raw = *cooked;
	cfmakeraw(ret_raw);
	ret_raw->c_cc[VMIN] = 1;
	ret_raw->c_cc[VTIME] = 0;
}

void pty_sane_modes(const struct termios *base, struct termios *ret_sane)
{
	*ret_sane = *base;
	ret_sane->c_iflag |= BRKINT | ICRNL | IXON;
	ret_sane->c_iflag &= ~(tcflag_t)(IGNBRK | INLCR | IGNCR);
	ret_sane->c_oflag |= OPOST | ONLCR;
	ret_sane->c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	ret_sane->c_lflag &= ~(tcflag_t)(ECHONL | NOFLSH | TOSTOP);
}

bool pty_same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

bool pty_same_terminal(int a, int b)
{
	struct stat one, two;

	if (fstat(a, &one) < 0 || fstat(b, &two) < 0)
		return false;
	return S_ISCHR(one.st_mode) && S_ISCHR(two.st_mode) && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}
