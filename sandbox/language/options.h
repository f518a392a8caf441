// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "language/option_table.h"
#include "plan/request.h"

#include <stdbool.h>

/* Which help was asked for. */
enum help {
	HELP_NONE,
	HELP_SHORT,
	HELP_ALL,
};

/* What a command line says that is no setting of the sandbox. */
struct command_line {
	bool verbose, json, names, log_json, log_denied, version, watch, detach, follow;
	uint64_t grace;                        /* milliseconds */
	bool review, rm, stat, unified, force; /* of throwaway sessions */
	char *keep, *base;
	char *write; /* of learn: NAME, or FILE where it has a slash; NULL: not said */
	struct strv only, except;
	bool all_known, yes; /* of menu entries */
	int on_conflict;     /* engine/session_apply.h */
	bool separated;      /* "--" stood before the arguments */
	enum help help;
	char *profile;    /* --profile: NAME, or FILE where it has a slash; NULL: not said */
	struct strv use;  /* --use, in the order given */
	char *query_path; /* explain --path; NULL: not asked */
	char *query_env;  /* explain --env NAME, without "="; NULL: not asked */
};

void command_line_free(struct command_line *line);

#define _cleanup_command_line_ __attribute__((cleanup(command_line_free)))

/*
 * Parse the command line of a verb: @argv[0] is the verb's name, options follow. The first word
 * that is no option ends them, as does "--"; that word and all behind it become @ret->arguments.
 * Settings are appended to @ret->settings with LAYER_COMMAND_LINE; no profile is read.
 *
 * --help and --version end parsing with success at once: a user who asks for help in the middle of
 * a wrong line wants help. The caller looks at @ret_line->help and ->version first.
 *
 * Both @ret and @ret_line are to be zeroed before and freed by the caller, on failure too.
 */
int options_parse(enum verb verb, int argc, char **argv, struct request *ret,
		  struct command_line *ret_line, struct error *e);
