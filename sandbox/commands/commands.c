// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verb table: the whole dispatcher.
 */
#include "commands/commands.h"

#include "base/log.h"
#include "kernel/process.h"
#include "language/help.h"
#include "language/request_build.h"

#include <errno.h>
#include <stdio.h>

const struct command command_table[] = {
	{"run", command_run, VERB_RUN, "run a program in a sandbox"},
	{"shell", command_shell, VERB_SHELL, "a shell whose changes are kept aside, to review"},
	{"diff", command_diff, VERB_DIFF, "what a throwaway session changed"},
	{"apply", command_apply, VERB_APPLY, "do on the host what a session changed",
	 "do on the host what a session changed; take it back"},
	{"undo", command_undo, VERB_UNDO, "take an apply back"},
	{"discard", command_discard, VERB_DISCARD, "drop what a throwaway session changed",
	 "drop what a session changed; which sessions there are"},
	{"sessions", command_sessions, VERB_SESSIONS, "the throwaway sessions there are"},
	{"explain", command_explain, VERB_EXPLAIN, "what would be done, and which line decided it",
	 "what would be done, by which line; watch a program, propose a profile"},
	{"learn", command_learn, VERB_LEARN, "watch a program and propose a profile for it"},
	{"ps", command_ps, VERB_PS, "the running sandboxes",
	 "the running sandboxes; what they use, live"},
	{"top", command_top, VERB_TOP, "what the running sandboxes use, live"},
	{"exec", command_exec, VERB_EXEC, "run one more program in a running sandbox",
	 "run one more program in a running sandbox; what is enforced on it"},
	{"info", command_info, VERB_INFO,
	 "what is enforced on a running sandbox, and what it uses"},
	{"logs", command_logs, VERB_LOGS, "what a detached sandbox has written",
	 "what a detached sandbox has written; wait for its end"},
	{"wait", command_wait, VERB_WAIT, "wait for the end of a sandbox"},
	{"pause", command_pause, VERB_PAUSE, "let everything in a sandbox stand still",
	 "let everything in a sandbox stand still; go on"},
	{"resume", command_pause, VERB_RESUME, "let it go on"},
	{"stop", command_stop, VERB_STOP, "end a running sandbox",
	 "end a running sandbox; deny it something on the network"},
	{"deny", command_deny, VERB_DENY, "deny a running sandbox something on the network"},
	{"home", command_home, VERB_HOME, "homes that last, for --home NAME",
	 "homes that last; menu entries that start the sandboxed program"},
	{"integrate", command_integrate, VERB_INTEGRATE,
	 "menu entries that start the sandboxed program"},
	{"image", command_image, VERB_IMAGE, "root file systems that were unpacked"},
	{"profile", command_profile, VERB_PROFILE, "look at profiles and check them"},
	{"doctor", command_doctor, VERB_DOCTOR,
	 "what this host allows, what is missing, and the remedy",
	 "what this host allows, and the remedy; try to get out, and say what held"},
	{"check", command_check, VERB_CHECK, "try to get out of a sandbox, and say what held"},
	{"help", command_help, VERB_HELP, "what a command does and takes",
	 "what a command does and takes; which hutch this is"},
	{"version", command_version, VERB_VERSION, "print the version"},
};

const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (streq(command_table[i].name, name))
			return &command_table[i];
	return NULL;
}

/* What other tools call one of ours. */
static const char *const synonyms[][2] = {
	{"attach", "exec"},  {"commit", "apply"},   {"delete", "discard"}, {"enter", "exec"},
	{"inspect", "info"}, {"join", "exec"},      {"kill", "stop"},      {"list", "ps"},
	{"revert", "undo"},  {"review", "diff"},    {"rm", "discard"},     {"stats", "top"},
	{"status", "info"},  {"unpause", "resume"},
};
static const size_t synonym_count = sizeof(synonyms) / sizeof(synonyms[0]);

/* The command that is meant by @name, as near as it comes; NULL where none is near. */
static const char *command_nearest(const char *name)
{
	const char *names[sizeof(command_table) / sizeof(command_table[0]) +
			  sizeof(synonyms) / sizeof(synonyms[0])];
	const char *near;
	size_t count = 0;

	for (size_t i = 0; i < command_count; i++)
		names[count++] = command_table[i].name;
	for (size_t i = 0; i < synonym_count; i++)
		names[count++] = synonyms[i][0];
	near = string_nearest(name, names, count);
	for (size_t i = 0; near && i < synonym_count; i++)
		if (streq(synonyms[i][0], near))
			return synonyms[i][1];
	return near;
}

int command_unknown(const char *name)
{
	struct error e = {0};
	const char *near;

	if (*name == '-') {
		error_set(&e, EINVAL, "%.100s: options stand behind the command", name);
		error_remedy(&e, "hutch run %.100s …", name);
		return log_error(&e);
	}
	error_set(&e, EINVAL, "%.100s: unknown command", name);
	near = command_nearest(name);
	if (near)
		error_remedy(&e, "did you mean \"hutch %s\"?", near);
	else
		error_remedy(&e,
			     "`hutch run %.100s` runs a program; `hutch --help` lists the "
			     "commands",
			     name);
	return log_error(&e);
}

bool command_answered(enum verb verb, const struct command_line *line, int *ret)
{
	_cleanup_free_ char *text = NULL;

	if (line->version) {
		*ret = command_version(0, NULL);
		return true;
	}
	if (!line->help)
		return false;
	text = help_of_verb(verb, line->help == HELP_ALL);
	fputs(text, stdout);
	*ret = fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
	return true;
}

int command_request(int argc, char **argv, enum verb verb, struct request *request,
		    struct command_line *line, int *ret_status, struct error *e)
{
	int r = process_fill_standard_descriptors();

	if (r < 0)
		error_errno(e, -r, "opening /dev/null");
	else
		r = request_build(argc, argv, verb, request, line, e);
	if (r == 0 && command_answered(verb, line, ret_status))
		return 1;
	log_verbose = line->verbose;
	log_json = line->log_json;
	return r;
}

int command_version(int argc, char **argv)
{
	printf("hutch %s\n", HUTCH_VERSION);
	return fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
}
