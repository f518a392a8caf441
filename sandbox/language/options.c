// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line, by the option table: GNU long options ("--name=value", "--name value") and
 * single letters ("-v", "-pNAME", "-p NAME"). getopt_long(3) is not used, since it takes
 * abbreviations, prints its own messages, and wants a second table.
 */
#include "language/options.h"

#include "language/foreign.h"
#include "language/number.h"
#include "language/settings.h"

#include <errno.h>
#include <limits.h>

static const struct value_source command_line_source = {.origin = {.layer = LAYER_COMMAND_LINE}};

void command_line_free(struct command_line *line)
{
	free(line->profile);
	free(line->query_path);
	free(line->query_env);
	strv_free(&line->use);
	free(line->keep);
	free(line->write);
	free(line->base);
	strv_free(&line->only);
	strv_free(&line->except);
	*line = (struct command_line){0};
}

static void replace(char **place, const char *text)
{
	free(*place);
	*place = xstrdup(text);
}

/* Those of throwaway sessions. */
static int take_session_option(const struct option_row *row, const char *value,
			       struct command_line *line, struct error *e)
{
	const char *at = value;
	char *word;

	switch (row->id) {
	case OPTION_KEEP:
		replace(&line->keep, value);
		break;
	case OPTION_BASE:
		replace(&line->base, value);
		break;
	case OPTION_REVIEW:
		line->review = true;
		break;
	case OPTION_RM:
		line->rm = true;
		break;
	case OPTION_STAT:
		line->stat = true;
		break;
	case OPTION_UNIFIED:
		line->unified = true;
		break;
	case OPTION_ALL_KNOWN:
		line->all_known = true;
		return 0;
	case OPTION_YES:
		line->yes = true;
		return 0;
	case OPTION_FORCE:
		line->force = true;
		break;
	case OPTION_ONLY:
	case OPTION_EXCEPT:
		while (list_next(&at, false, &word))
			strv_take(row->id == OPTION_ONLY ? &line->only : &line->except, word);
		break;
	case OPTION_ON_CONFLICT:
		for (int i = 0; row->choices[i]; i++)
			if (streq(value, row->choices[i])) {
				line->on_conflict = i;
				return 0;
			}
		error_set(e, EINVAL, "one of skip, ours, theirs, both");
		return setting_error(row, value, &command_line_source, e);
	default:
		break;
	}
	return 0;
}

/* The rows that are no settings. */
static int take_option(const struct option_row *row, const char *value, struct command_line *line,
		       struct error *e)
{
	const char *at = value;
	char *word;

	if (value && !*value) {
		error_set(e, EINVAL, "empty value");
		return setting_error(row, value, &command_line_source, e);
	}
	switch (row->id) {
	case OPTION_PROFILE:
		replace(&line->profile, value);
		break;
	case OPTION_USE:
		while (list_next(&at, false, &word))
			strv_take(&line->use, word);
		break;
	case OPTION_WRITE:
		replace(&line->write, value);
		break;
	case OPTION_QUERY_PATH:
		replace(&line->query_path, value);
		break;
	case OPTION_VERBOSE:
		line->verbose = true;
		break;
	case OPTION_JSON:
		line->json = true;
		break;
	case OPTION_NAMES:
		line->names = true;
		break;
	case OPTION_DETACH:
		line->detach = true;
		break;
	case OPTION_FOLLOW:
		line->follow = true;
		break;
	case OPTION_WATCH:
		line->watch = true;
		break;
	case OPTION_GRACE:
		if (number_duration(value, &line->grace, e) < 0 || line->grace > INT_MAX)
			return setting_error(row, value, &command_line_source, e);
		break;
	case OPTION_LOG_DENIED:
		line->log_denied = true;
		break;
	case OPTION_LOG_JSON:
		line->log_json = true;
		break;
	case OPTION_HELP:
		if (value && !streq(value, "all")) {
			error_set(e, EINVAL, "only --help and --help=all are known");
			return setting_error(row, value, &command_line_source, e);
		}
		line->help = value ? HELP_ALL : HELP_SHORT;
		break;
	case OPTION_VERSION:
		line->version = true;
		break;
	default:
		return take_session_option(row, value, line, e);
	}
	return 0;
}

static int take_value(const struct option_row *row, const char *value, enum verb verb,
		      struct request *request, struct command_line *line, struct error *e)
{
	if (row->id >= SETTING_COUNT)
		return take_option(row, value, line, e);
	/* In `explain`, a variable without a value is a question. */
	if (verb == VERB_EXPLAIN && row->id == SETTING_ENV && value && value[0] &&
	    !strchr(value, '=')) {
		replace(&line->query_env, value);
		return 0;
	}
	return setting_parse(row, NULL, value ? value : "yes", &command_line_source, request, e);
}

static int unknown_option(const char *word, size_t length, enum verb verb, struct error *e)
{
	_cleanup_free_ char *name = xstrndup(word + 2, length - 2);
	const struct foreign_option *foreign = foreign_option(name, verb);
	const char *near = option_nearest(name, verb);

	error_set(e, EINVAL, "--%.100s: unknown option", name);
	if (foreign && foreign->always)
		return error_remedy(e, "leave it out: %s", foreign->here);
	if (foreign)
		return error_remedy(e, "%s is what %s calls --%s", foreign->here, foreign->tool,
				    foreign->name);
	return near ? error_remedy(e, "did you mean \"--%s\"?", near)
		    : error_remedy(e, "--help=all shows every option; put -- before a program of "
				      "that name");
}

static bool takes_no_value(const struct option_row *row)
{
	return row->type == VALUE_NONE || row->type == VALUE_FLAG;
}

static int missing_value(const struct option_row *row, struct error *e)
{
	return error_set(e, EINVAL, "--%s: needs a value (%s)", row->name, row->metavar);
}

/* One "--name…"; @next is the word behind it or NULL. Returns how many words were taken. */
static int take_long(const char *word, const char *next, enum verb verb, struct request *request,
		     struct command_line *line, struct error *e)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;
	const struct option_row *row = option_by_name(word + 2, length - 2, verb);
	int used = 1, r;

	if (!row)
		return unknown_option(word, length, verb, e);
	if (value && row->type == VALUE_NONE && row->id != OPTION_HELP)
		return error_set(e, EINVAL, "--%s: takes no value", row->name);
	if (!value && !takes_no_value(row)) {
		if (!next)
			return missing_value(row, e);
		value = next;
		used = 2;
	}
	r = take_value(row, value, verb, request, line, e);
	return r < 0 ? r : used;
}

/* One "-abc": letters, of which the last may have a value. */
static int take_letters(const char *word, const char *next, enum verb verb, struct request *request,
			struct command_line *line, struct error *e)
{
	for (const char *at = word + 1; *at; at++) {
		const struct option_row *row = option_by_letter(*at, verb);
		const char *value = NULL;
		int used = 1, r;

		if (!row) {
			error_set(e, EINVAL, "-%c: unknown option", *at);
			return error_remedy(
				e, "--help=all shows every option; put -- before a program "
				   "of that name");
		}
		if (!takes_no_value(row)) {
			value = at[1] ? at + 1 : next;
			used = at[1] ? 1 : 2;
			if (!value)
				return missing_value(row, e);
		}
		r = take_value(row, value, verb, request, line, e);
		if (r < 0)
			return r;
		if (value)
			return used;
	}
	return 1;
}

int options_parse(enum verb verb, int argc, char **argv, struct request *ret,
		  struct command_line *ret_line, struct error *e)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		int used;

		if (streq(argv[i], "--")) {
			ret_line->separated = true;
			i++;
			break;
		}
		if (argv[i][1] == '-')
			used = take_long(argv[i], next, verb, ret, ret_line, e);
		else
			used = take_letters(argv[i], next, verb, ret, ret_line, e);
		if (used < 0)
			return used;
		if (ret_line->help || ret_line->version)
			return 0;
		i += used;
	}
	for (; i < argc; i++)
		strv_add(&ret->arguments, argv[i]);
	return 0;
}
