// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on the terminal: typing in the user's name, taking the terminal over, leaving it
 * unusable.
 */
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static const int standard[] = {0, 1, 2};

static void need_terminal(void)
{
	if (!isatty(0))
		impossible("standard input is no terminal");
}

/* CVE-2017-5226: characters pushed into the input are read by the user's shell */
static int push(unsigned long request)
{
	static const char command[] = "echo pushed\n";
	struct tally t = {0};
	int fd;

	need_terminal();
	for (size_t i = 0; i < 3; i++)
		for (const char *c = command; *c; c++)
			tally_add(&t, refusal(syscall(SYS_ioctl, standard[i], request, c)),
				  "standard");
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		for (const char *c = command; *c; c++)
			tally_add(&t, refusal(syscall(SYS_ioctl, fd, request, c)), "/dev/tty");
	return tally_result(&t, 0);
}

static int e47_tiocsti(void)
{
	return push(TIOCSTI);
}

/* CVE-2019-10063: the kernel looks at 32 bits of the request, a filter that looks at 64 lets this
 * through */
static int e48_tiocsti_high(void)
{
	return push(TIOCSTI | 1UL << 32);
}

/* CVE-2023-28100: on a virtual console, paste what is selected */
static int linux_console(unsigned long request)
{
	struct tally t = {0};

	need_terminal();
	for (size_t i = 0; i < 3; i++)
		for (char code = 2; code <= 3; code++) {
			char arg[16] = {code};

			tally_add(&t, refusal(syscall(SYS_ioctl, standard[i], request, arg)),
				  "TIOCLINUX");
		}
	return tally_result(&t, 0);
}

static int e49_tioclinux(void)
{
	return linux_console(TIOCLINUX);
}

static int e49_tioclinux_high(void)
{
	return linux_console(TIOCLINUX | 1UL << 32);
}

/* Whatever can be opened by these names must be the sandbox's own, or nothing */
static int e50_console(void)
{
	struct stat st, own;
	struct tally t = {0};
	static const char *const names[] = {"/dev/console", "/dev/tty0", "/dev/tty1",
					    "/dev/ttyS0",   "/dev/vcs",  "/dev/vcsa"};
	int fd;

	need_terminal();
	if (fstat(0, &own) < 0)
		impossible("fstat: %m");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		fd = open(names[i], O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_rdev == own.st_rdev)
			continue;
		tally_add(&t, refusal(fd), names[i]);
	}
	return tally_result(&t, ENOENT);
}

static int steal(void *unused)
{
	setsid();
	return refusal(ioctl(0, TIOCSCTTY, 1));
}

static int e50_steal(void)
{
	need_terminal();
	return in_child(steal, NULL);
}

/* Output of the kernel's console, redirected to the attacker */
static int e50_tioccons(void)
{
	need_terminal();
	return refusal(ioctl(0, TIOCCONS));
}

/* The other terminals of the user, by the number they have on the host */
static int e50_other_terminals(void)
{
	struct tally t = {0};
	struct stat own, st;
	char path[32];
	int fd;

	need_terminal();
	fstat(0, &own);
	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/pts/%d", i);
		fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == own.st_ino &&
		    st.st_dev == own.st_dev)
			continue;
		tally_add(&t, refusal(fd), path);
	}
	return tally_result(&t, ENOENT);
}

/* Raw mode and no waiting, left behind; whoever started the sandbox looks at the terminal
 * afterwards */
static int e51_leave_raw(void)
{
	struct termios raw;

	need_terminal();
	if (tcgetattr(0, &raw) < 0)
		return errno;
	cfmakeraw(&raw);
	if (tcsetattr(0, TCSANOW, &raw) < 0)
		return errno;
	if (fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK) < 0)
		return errno;
	return NO_EFFECT;
}

static int e51_resize(void)
{
	struct winsize size = {.ws_row = 3, .ws_col = 5};

	need_terminal();
	return ioctl(0, TIOCSWINSZ, &size) < 0 ? errno : NO_EFFECT;
}

const struct attempt attempts_terminal[] = {
	{"e47-tiocsti", e47_tiocsti, "tty", "type a command for the user's shell", HARMLESS},
	{"e48-tiocsti-high", e48_tiocsti_high, "tty",
	 "the same with a bit above the filter's sight", HARMLESS},
	{"e49-tioclinux", e49_tioclinux, "tty", "select and paste on a virtual console", HARMLESS},
	{"e49-tioclinux-high", e49_tioclinux_high, "tty",
	 "the same with a bit above the filter's sight", HARMLESS},
	{"e50-console", e50_console, "tty", "open the consoles", HARMLESS},
	{"e50-steal", e50_steal, "tty", "make the terminal one's own", HARMLESS},
	{"e50-tioccons", e50_tioccons, "tty", "redirect the kernel's console", HARMLESS},
	{"e50-other-terminals", e50_other_terminals, "tty", "open the user's other terminals",
	 HARMLESS},
	{"e51-leave-raw", e51_leave_raw, "tty", "leave the terminal in raw mode", HARMLESS},
	{"e51-resize", e51_resize, "tty", "leave the terminal with another size",
	 HARMLESS | BY_TERMINAL},
	{0},
};
