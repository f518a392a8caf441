// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A launcher that does nothing but what engine/terminal.c is for: PROGRAM runs on a pty of its own
 * between this process's terminal and itself. For test_terminal.py.
 *
 *	terminal_driver PROGRAM [ARG…]
 *
 * Ends with the program's status, 128+n for a signal.
 */
#include "base/fd.h"
#include "base/log.h"
#include "engine/terminal.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec byte = {.iov_base = (char[]){'m'}, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sendmsg(socket, &message, 0);
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static pid_t program;

/* The kernel tells the session's leader alone when a terminal hangs up. */
static void pass_on(int signal)
{
	kill(-program, signal);
}

/* What pid 1 of a sandbox does. */
static _Noreturn void init(int socket, char **argv)
{
	struct error e = {0};
	int master, slave, status;
	sigset_t none;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pty_open(AT_FDCWD, "/dev/ptmx", &master, &slave, &e) < 0)
		_exit(log_error(&e));
	send_fd(socket, master);
	close(master);
	if (read(socket, &go, 1) != 1)
		_exit(125);
	if (pty_lead_session(slave, &e) < 0)
		_exit(log_error(&e));
	dup2(slave, 0);
	dup2(slave, 1);
	dup2(slave, 2);
	signal(SIGHUP, SIG_IGN);

	program = fork();
	if (program == 0) {
		signal(SIGHUP, SIG_DFL);
		setpgid(0, 0);
		pty_set_foreground(0, getpgrp(), &e);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvp(argv[0], argv);
		_exit(127);
	}
	signal(SIGHUP, pass_on);
	for (;;) {
		pid_t pid = waitpid(-1, &status, WUNTRACED);

		if (pid < 0 && errno == ECHILD)
			_exit(125);
		if (pid != program)
			continue;
		if (!WIFSTOPPED(status))
			break;
		if (write(socket, (char[]){(char)WSTOPSIG(status)}, 1) != 1 ||
		    read(socket, &go, 1) != 1)
			break;
		kill(-program, SIGCONT);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	struct terminal t = TERMINAL_NONE;
	struct error e = {0};
	int sockets[2], master, signals, status;
	bool ended = false;
	sigset_t set;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		init(sockets[1], argv + 1);
	}
	close(sockets[1]);
	master = receive_fd(sockets[0]);
	if (master < 0 || terminal_start(&t, master, 0, 1, &e) < 0)
		return log_error(&e);
	if (write(sockets[0], "g", 1) != 1)
		return 125;

	for (;;) {
		struct pollfd fds[2 + TERMINAL_POLL_FDS];
		size_t n;

		if (ended && terminal_flush(&t))
			break;
		n = terminal_poll_fds(&t, fds, TERMINAL_POLL_FDS);
		fds[n] = (struct pollfd){.fd = signals, .events = POLLIN};
		fds[n + 1] = (struct pollfd){.fd = ended ? -1 : sockets[0], .events = POLLIN};
		if (poll(fds, n + 2, terminal_timeout(&t)) < 0 && errno != EINTR)
			break;
		terminal_events(&t, fds, n);
		if (fds[n].revents & POLLIN) {
			struct signalfd_siginfo info;

			while (read(signals, &info, sizeof(info)) == sizeof(info)) {
				if (info.ssi_signo == SIGWINCH)
					terminal_resize(&t);
				else if (info.ssi_signo == SIGCONT)
					terminal_resume(&t);
				else if (info.ssi_signo == SIGTERM)
					kill(child, SIGKILL);
			}
		}
		if (fds[n + 1].revents) {
			char stop;

			if (read(sockets[0], &stop, 1) == 1) {
				terminal_suspend(&t, stop);
				if (write(sockets[0], "c", 1) != 1)
					break;
			} else {
				ended = true;
				while (waitpid(child, &status, 0) < 0 && errno == EINTR)
					;
			}
		}
	}
	terminal_stop(&t);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
