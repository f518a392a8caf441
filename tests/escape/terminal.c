// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-attempts --terminal COMMAND…: runs COMMAND on a terminal of its own as a login shell would, and looks
 * afterwards at what the user would have to live with: characters in the input that nobody typed,
 * other modes, another size, descriptors that no longer wait. What it finds it prints as "terminal:
 * …", and ends with COMMAND's status.
 */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master = -1, slave = -1;

static void relay(void)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	char buf[4096];
	ssize_t n;

	while (poll(&p, 1, 0) > 0 && (n = read(master, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != '\r')
				putchar(buf[i]);
	fflush(stdout);
}

int terminal_main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80}, size_now;
	struct termios modes, modes_now, raw;
	int flags, status, pending = 0;
	pid_t pid;

	if (argc < 2 || openpty(&master, &slave, NULL, NULL, &size) < 0) {
		fprintf(stderr, "usage: hutch-attempts --terminal COMMAND…\n");
		return 255;
	}
	tcgetattr(slave, &modes);
	flags = fcntl(slave, F_GETFL);
	pid = fork();
	if (!pid) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		close(slave);
		close(master);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) != pid) {
		struct pollfd p = {.fd = master, .events = POLLIN};

		poll(&p, 1, 20);
		relay();
	}
	relay();

	tcgetattr(slave, &modes_now);
	if (modes.c_lflag != modes_now.c_lflag || modes.c_iflag != modes_now.c_iflag ||
	    modes.c_oflag != modes_now.c_oflag || modes.c_cflag != modes_now.c_cflag)
		printf("terminal: other modes\n");
	if (fcntl(slave, F_GETFL) != flags)
		printf("terminal: other flags\n");
	if (ioctl(slave, TIOCGWINSZ, &size_now) < 0 || size.ws_row != size_now.ws_row ||
	    size.ws_col != size_now.ws_col)
		printf("terminal: another size\n");
	raw = modes_now;
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	if (ioctl(slave, FIONREAD, &pending) == 0 && pending)
		printf("terminal: %d characters that nobody typed\n", pending);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
