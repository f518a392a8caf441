// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/options.h"
#include "plan/request.h"

/*
 * The verbs. Each takes its own name as argv[0] and returns the exit status of hutch. They alone
 * print: text that was asked for on standard output, messages through base/log.h.
 */
int command_run(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_help(int argc, char **argv);
int command_learn(int argc, char **argv);
int command_home(int argc, char **argv);
int command_integrate(int argc, char **argv);
int command_image(int argc, char **argv);
int command_profile(int argc, char **argv);
int command_info(int argc, char **argv);
int command_pause(int argc, char **argv); /* and resume */
int command_wait(int argc, char **argv);
int command_top(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_version(int argc, char **argv);
int command_shell(int argc, char **argv);
int command_deny(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_apply(int argc, char **argv);
int command_undo(int argc, char **argv);
int command_discard(int argc, char **argv);
int command_sessions(int argc, char **argv);

/* Not a verb: what the program is when it is called hutch-bwrap or bwrap. */
int command_bwrap(int argc, char **argv);

struct command {
	const char *name;
	int (*function)(int argc, char **argv);
	enum verb verb;
	const char *help; /* one line */
	/* One line for this verb and the next, which share it in `hutch --help`; NULL: on its own. */
	const char *together;
};

/* The verb table, in the order of `hutch --help`. */
extern const struct command command_table[];
extern const size_t command_count;

/* The verb of that name, or NULL. */
const struct command *command_by_name(const char *name);

/* Say on standard error that there is no such verb, and which is near; returns the status. */
int command_unknown(const char *name);

/*
 * Answer --help or --version where the command line has them: true, and the status in @ret. Every
 * verb calls it first, before it looks at anything else.
 */
bool command_answered(enum verb verb, const struct command_line *line, int *ret);

/*
 * How the verbs that make a plan begin: standard descriptors, the request of the command line, and
 * what it says of messages.
 *
 * Return: 0, -errno, or 1 where the command line is answered, with the status in @ret_status.
 * @request is to be freed in all cases.
 */
int command_request(int argc, char **argv, enum verb verb, struct request *request,
		    struct command_line *line, int *ret_status, struct error *e);
