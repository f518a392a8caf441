// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch exec [options] NAME [--] PROGRAM [ARG…] */
#include "commands/instance.h"

#include "base/log.h"
#include "engine/supervise.h"
#include "kernel/process.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

/* What of the options belongs to the new program. */
static void read_request(const struct request *request, struct exec_wish *wish)
{
	const char *directory = request_text(request, SETTING_CHDIR, NULL);
	int tty = request_choice(request, SETTING_TTY, TTY_AUTO);
	const char *term = getenv("TERM");

	wish->own_terminal = tty == TTY_OWN ||
			     (tty == TTY_AUTO && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	for (int fd = 0; fd <= 2; fd++) {
		wish->standard[fd] = fd;
		wish->terminals |= isatty(fd) ? 1U << fd : 0;
	}
	/* The terminal is the asker's, whatever the first program had. */
	if (wish->own_terminal && term)
		strv_take(&wish->variables, xasprintf("TERM=%s", term));
	vector_each (setting, &request->settings) {
		if (setting->id == SETTING_ENV)
			strv_take(&wish->variables,
				  xasprintf("%s=%s", setting->pair.name, setting->pair.value));
	}
	wish->directory = (char *)directory;
}

static int check_request(const struct request *request, struct error *e)
{
	const struct setting *directory = request_last(request, SETTING_CHDIR);

	if (request->arguments.count < 2) {
		error_set(e, EINVAL, "exec: no program given");
		return error_remedy(e, "hutch exec NAME PROGRAM [ARGUMENT…]");
	}
	if (request_choice(request, SETTING_TTY, TTY_AUTO) == TTY_SHARE)
		return error_set(e, EINVAL,
				 "--tty share: what exec starts can only have a terminal of the "
				 "sandbox's own");
	if (directory && directory->text[0] != '/')
		return error_set(e, EINVAL, "--chdir %s: not an absolute path", directory->text);
	return 0;
}

static int run(const char *name, const struct exec_wish *wish, struct error *e)
{
	/* What there is for this side to do: carry the terminal, pass signals on. */
	const struct plan plan = {.own_terminal = wish->own_terminal, .namespaces = CLONE_NEWPID};
	struct registry_peer peer = REGISTRY_PEER_NONE;
	struct supervision supervision;
	struct report report = {0};
	struct instance instance;
	int r = instance_look(name, &instance, e);

	if (r < 0)
		return r;
	if (instance.state != INSTANCE_RUNNING) {
		error_set(e, EAGAIN, "%s: it is %s", name, instance_state_names[instance.state]);
		r = instance.state == INSTANCE_PAUSED
			    ? error_remedy(e, "hutch resume %s", name)
			    : error_remedy(e, "continue its launcher: kill -CONT %d",
					   instance.launcher);
	}
	free(instance.name);
	if (r == 0)
		r = instance_connect(name, &peer, e);
	if (r < 0)
		return r;
	/* From here on signals are for the program. */
	r = supervise_prepare(&supervision, e);
	if (r == 0) {
		r = control_ask_exec(&peer, name, wish, e);
		if (r == 0)
			r = supervise(&supervision, &plan, peer.fd, -1, &report, e);
		supervise_done(&supervision);
	}
	registry_peer_close(&peer);
	if (r == 0 && report.cut_off)
		log_line("%s: what stood by the program in the sandbox is gone, and the program "
			 "with it",
			 name);
	if (r == 0)
		r = report_exit_status(&report);
	report_free(&report);
	return r;
}

int command_exec(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct exec_wish wish = {0};
	struct error e = {0};
	int status = 0, r;

	r = process_fill_standard_descriptors();
	if (r < 0)
		error_errno(&e, -r, "opening /dev/null");
	else
		r = instance_arguments(argc, argv, VERB_EXEC, 1, &request, &line, &status, &e);
	if (r == 0)
		r = check_request(&request, &e);
	if (r == 0) {
		size_t first = streq(request.arguments.items[1], "--") ? 2 : 1;

		for (size_t i = first; i < request.arguments.count; i++)
			strv_add(&wish.arguments, request.arguments.items[i]);
		read_request(&request, &wish);
		if (!wish.arguments.count)
			r = error_set(&e, EINVAL, "exec: no program given");
		else
			r = status = run(request.arguments.items[0], &wish, &e);
	}
	if (r < 0)
		status = log_error(&e);
	strv_free(&wish.arguments);
	strv_free(&wish.variables);
	request_free(&request);
	return status;
}
