// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The X server of a sandbox runs in a sandbox of its own: another hutch, with the user's display (Xephyr: on an X server;
 * Xwayland: on a compositor) and nothing else of the user's. So whoever takes it over by what it is sent has got from one
 * sandbox into the next, in which there is the user's display, and no file and no network.
 *
 * It listens in a directory of its own below the runtime directory, which it sees as /tmp/.X11-unix; the
 * program's sandbox gets the socket from there. That it listens it says by -displayfd. It is killed
 * when the launcher dies (spawn.h), and a hutch takes all with it that runs in it.
 */
#include "engine/display.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the server's sandbox. */
#define SOCKETS "/tmp/.X11-unix"

/* Where they all listen, in the runtime directory; as the plan has it. */
#define DISPLAYS "hutch-x11"

enum { PATIENCE = 15000 /* ms until it must listen */ };

static int make_place(struct display *display, struct error *e)
{
	const struct plan_display *plan = display->plan;
	int r = run_directory_make(&display->place, plan->directory, DISPLAYS, NULL, e);
	_cleanup_fd_ int file = -1;

	if (r < 0)
		return r;
	file = openat(display->place.directory, "cookie", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0600);
	if (file < 0 || write(file, plan->cookie, plan->cookie_length) < 0)
		return error_errno(e, errno, "%s/cookie", plan->directory);
	return 0;
}

static void keep_variable(struct strv *argv, const char *name)
{
	const char *value = getenv(name);

	if (value)
		strv_take(argv, xasprintf("%s=%s", name, value));
}

/* env VARIABLE… hutch run OPTION… Xephyr OPTION… */
static int make_argv(const struct display *display, int told, const char *title, struct strv *argv,
		     struct error *e)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length <= 0)
		return error_errno(e, errno, "/proc/self/exe");
	self[length] = '\0';
	strv_add(argv, "env");
	keep_variable(argv, "DISPLAY");
	keep_variable(argv, "XAUTHORITY");
	keep_variable(argv, "WAYLAND_DISPLAY");
	keep_variable(argv, "XDG_RUNTIME_DIR");
	keep_variable(argv, "HOME");
	strv_add(argv, "PATH=/usr/bin:/bin");
	strv_add(argv, self);
	strv_add(argv, "run");
	strv_add(argv, "--profile=default");
	strv_add(argv, display->plan->wayland ? "--use=wayland" : "--use=x11");
	strv_add(argv, "--seccomp=desktop");
	strv_take(argv, xasprintf("--rw=%s:" SOCKETS, display->plan->directory));
	strv_take(argv, xasprintf("--fd=%d", told));
	strv_add(argv, "--");
	strv_add(argv, display->plan->server);
	strv_take(argv, xasprintf(":%d", display->plan->number));
	strv_add(argv, "-displayfd");
	strv_take(argv, xasprintf("%d", told));
	strv_add(argv, "-auth");
	strv_add(argv, SOCKETS "/cookie");
	/* Xwayland is as large as the compositor has it, and says nothing of who it is. */
	if (!display->plan->wayland) {
		strv_add(argv, "-title");
		strv_take(argv, xasprintf("%s (hutch)", title));
		strv_add(argv, "-screen");
		strv_add(argv, "1024x768");
		strv_add(argv, "-resizeable");
	}
	strv_add(argv, "-noreset");
	/* It has no memory in common with its clients. */
	strv_add(argv, "-extension");
	strv_add(argv, "MIT-SHM");
	strv_add(argv, "-nolisten");
	strv_add(argv, "tcp");
	strv_add(argv, "-nolisten");
	strv_add(argv, "local");
	return 0;
}

int display_start(struct display *display, const struct plan *plan, struct error *e)
{
	_cleanup_strv_ struct strv argv = {0};
	_cleanup_fd_ int told = -1;
	int pair[2], r;

	display->plan = &plan->display;
	r = make_place(display, e);
	if (r < 0)
		return r;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	display->ready = pair[0];
	told = pair[1];
	r = make_argv(display, told, plan->profile, &argv, e);
	if (r < 0)
		return r;
	return spawn_helper(&(struct spawn){.path = "/usr/bin/env",
					    .argv = argv.items,
					    .descriptors = &told,
					    .count = 1,
					    .output = -1},
			    &display->process, e);
}

/* It ended before it listened. */
static int failed(struct display *display, struct error *e)
{
	char how[64];
	int status = 0;

	kill(display->process, SIGKILL);
	while (waitpid(display->process, &status, 0) < 0 && errno == EINTR)
		;
	display->process = 0;
	spawn_describe(status, how, sizeof(how));
	error_set(e, ECHILD, "X11: the server of the sandbox's own %s before it listened", how);
	return error_remedy(e, "see what it says: hutch run --use %s -- %s :9",
			    display->plan->wayland ? "wayland" : "x11", display->plan->server);
}

int display_wait(struct display *display, struct error *e)
{
	struct pollfd fd = {.fd = display->ready, .events = POLLIN};
	char text[16];
	int r;

	if (!display->process)
		return 0;
	do
		r = poll(&fd, 1, PATIENCE);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_errno(e, errno, "waiting for the X server");
	if (r == 0)
		return error_set(e, ETIMEDOUT, "X11: the server does not listen after %d s",
				 PATIENCE / 1000);
	if (read(display->ready, text, sizeof(text)) <= 0)
		return failed(display, e);
	log_step("X11: a server of the sandbox's own listens: process %d", display->process);
	return 0;
}

void display_stop(struct display *display)
{
	if (!display->plan)
		return;
	if (display->process) {
		kill(display->process, SIGTERM);
		while (waitpid(display->process, NULL, 0) < 0 && errno == EINTR)
			;
	}
	display->process = 0;
	display->ready = fd_close(display->ready);
	run_directory_remove(&display->place);
	display->plan = NULL;
}
