// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch learn [options] [--] PROGRAM [ARG…] */
#include "commands/commands.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/record.h"
#include "kernel/process.h"
#include "language/expand.h"
#include "language/learn.h"
#include "language/policy_builtin.h"
#include "language/profile_store.h"
#include "plan/dbus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_left(void)
{
	log_line("the program has ended; waiting for what it started (^C ends that)");
}

/* Where --write puts the profile: NAME is the user's profile of that name, else it is a file. */
static int place_to_write(const char *asked, char **ret, struct error *e)
{
	_cleanup_free_ char *directory = NULL;

	if (strchr(asked, '/')) {
		*ret = xstrdup(asked);
		return 0;
	}
	directory = user_profile_directory();
	if (!directory)
		return error_set(e, ENOENT, "--write %s: you have no home directory", asked);
	if (!profile_name_valid(asked)) {
		error_set(e, EINVAL, "--write %.100s: not a name for a profile", asked);
		return error_remedy(e, "a file is named with a slash (./NAME)");
	}
	*ret = xasprintf("%s/%s.profile", directory, asked);
	return 0;
}

static int taken(const char *path, struct error *e)
{
	error_errno(e, EEXIST, "--write: %s", path);
	return error_remedy(e, "choose another name, or move that one away; nothing is written "
			       "over");
}

/* All directories of @path that are missing. */
static void make_parents(const char *path)
{
	_cleanup_free_ char *directory = xstrdup(path);

	for (char *slash = directory + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(directory, 0700);
		*slash = '/';
	}
}

static int write_profile(const char *path, const char *text, struct error *e)
{
	_cleanup_fd_ int fd = -1;
	int r;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == EEXIST)
		return taken(path, e);
	r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
	return r < 0 ? error_errno(e, -r, "--write: %s", path) : 0;
}

/* What could not be written is not lost: it took a run of the program to learn it. */
static int hand_over(const char *path, const char *text, struct error *e)
{
	int r = path ? write_profile(path, text, e) : 0;

	if (!path || r < 0) {
		fputs(text, stdout);
		if (fflush(stdout) != 0 || ferror(stdout))
			return error_errno(e, errno, "writing to standard output");
	}
	return r;
}

static int learn(const struct request *request, const struct command_line *line, int *ret_status,
		 struct error *e)
{
	_cleanup_free_ char *program = NULL, *text = NULL, *path = NULL;
	struct filter policy = {.name = (char *)"default"};
	char *buses[] = {dbus_host_address(BUS_SESSION), dbus_host_address(BUS_SYSTEM)};
	struct recording recording = {0};
	int r = 0;

	if (!request->arguments.count) {
		error_set(e, EINVAL, "learn: no program given");
		return error_remedy(e, "hutch learn PROGRAM [ARGUMENT…]");
	}
	if (line->write)
		r = place_to_write(line->write, &path, e);
	/* Before the program runs, too: nobody wants to do it all again. */
	if (r == 0 && path && access(path, F_OK) == 0)
		r = taken(path, e);
	if (r == 0)
		r = learn_program(&request->arguments, &program, e);
	if (r == 0 && !policy_builtin_filter("default", false, &policy.instructions, &policy.count))
		r = error_set(e, ENOENT, "no policy default");
	if (r == 0)
		r = record(program, request->arguments.items, &policy, buses, say_left, &recording,
			   e);
	if (r == 0)
		r = learn_profile(&recording, &request->arguments, &text, e);
	if (r == 0)
		r = hand_over(path, text, e);
	if (r == 0)
		*ret_status = WIFSIGNALED(recording.status) ? 128 + WTERMSIG(recording.status)
							    : WEXITSTATUS(recording.status);
	recording_free(&recording);
	free(buses[0]);
	free(buses[1]);
	return r;
}

int command_learn(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r = process_fill_standard_descriptors();

	if (r < 0)
		error_errno(&e, -r, "opening /dev/null");
	else
		r = options_parse(VERB_LEARN, argc, argv, &request, &line, &e);
	if (r == 0 && command_answered(VERB_LEARN, &line, &status)) {
		request_free(&request);
		return status;
	}
	log_verbose = line.verbose;
	if (r == 0)
		r = learn(&request, &line, &status, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
