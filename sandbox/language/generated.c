// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/generated.h"

#include "language/foreign.h"
#include "language/help.h"

/* What completes the value of an option. */
enum completion {
	COMPLETE_NOTHING,
	COMPLETE_CHOICES,
	COMPLETE_FILES,
	COMPLETE_DIRECTORIES,
	COMPLETE_PROFILES,
	COMPLETE_WORDS,
	COMPLETE_POLICIES,
	COMPLETE_VARIABLES,
	COMPLETE_SESSIONS,
	COMPLETE_HOMES,
	COMPLETE_COUNT,
};

static enum completion completion_of(const struct option_row *row)
{
	static const enum completion by_type[] = {
		[VALUE_BIND] = COMPLETE_FILES,          [VALUE_PATH] = COMPLETE_FILES,
		[VALUE_TMPFS] = COMPLETE_DIRECTORIES,   [VALUE_DIRECTORY] = COMPLETE_DIRECTORIES,
		[VALUE_DEVICE] = COMPLETE_FILES,        [VALUE_POLICY] = COMPLETE_POLICIES,
		[VALUE_REPORT] = COMPLETE_FILES,        [VALUE_SYMLINK] = COMPLETE_FILES,
		[VALUE_WORDS] = COMPLETE_WORDS,         [VALUE_PROFILE] = COMPLETE_PROFILES,
		[VALUE_VARIABLES] = COMPLETE_VARIABLES, [VALUE_ASSIGNMENT] = COMPLETE_VARIABLES,
		[VALUE_TEXT] = COMPLETE_FILES,          [VALUE_SESSION] = COMPLETE_SESSIONS,
		[VALUE_PATTERNS] = COMPLETE_FILES,      [VALUE_ROOT] = COMPLETE_FILES,
		[VALUE_HOME] = COMPLETE_HOMES,
	};

	if (row->choices)
		return COMPLETE_CHOICES;
	return (size_t)row->type < sizeof(by_type) / sizeof(by_type[0]) ? by_type[row->type]
									: COMPLETE_NOTHING;
}

static bool needs_value(const struct option_row *row)
{
	return row->type != VALUE_NONE && row->type != VALUE_FLAG;
}

#define each_option(row, mask)                                                                   \
	for (const struct option_row *(row) = option_table; (row) < option_table + option_count; \
	     (row)++)                                                                            \
		if ((row)->name && ((row)->verbs & (mask)))

static char *joined_choices(const struct option_row *row, const char *separator)
{
	struct strbuf out = {0};

	for (size_t i = 0; row->choices[i]; i++)
		strbuf_printf(&out, "%s%s", i ? separator : "", row->choices[i]);
	return out.text;
}

static void bash(const struct verb_name *verbs, size_t count, struct strbuf *out)
{
	static const char *const complete[COMPLETE_COUNT] = {
		[COMPLETE_NOTHING] = ":",
		[COMPLETE_FILES] = "_filedir",
		[COMPLETE_DIRECTORIES] = "_filedir -d",
		[COMPLETE_PROFILES] =
			"_hutch_names \"$(_hutch_list profiles)\"; [[ $cur == */* ]] && _filedir",
		[COMPLETE_WORDS] = "_hutch_names \"$(_hutch_list words)\"",
		[COMPLETE_POLICIES] = "_hutch_names \"$(_hutch_list policies) none\"; [[ $cur == "
				      "*/* ]] && _filedir",
		[COMPLETE_VARIABLES] = "COMPREPLY=($(compgen -e -- \"$cur\"))",
		[COMPLETE_SESSIONS] = "_hutch_names \"$(_hutch_sessions)\"",
		[COMPLETE_HOMES] = "_hutch_names \"private overlay real $(_hutch_homes)\"",
	};

	strbuf_printf(out, "_hutch_verbs='");
	for (size_t i = 0; i < count; i++)
		strbuf_printf(out, "%s%s", i ? " " : "", verbs[i].name);
	strbuf_printf(out, "'\n\n_hutch_options() {\n\tcase $1 in\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out, "\t%s) echo '", verbs[i].name);
		each_option(row, verbs[i].verb)
		{
			if (row->letter)
				strbuf_printf(out, "-%c ", row->letter);
			strbuf_printf(out, "--%s ", row->name);
		}
		strbuf_printf(out, "' ;;\n");
	}
	strbuf_printf(out, "\tesac\n}\n\n_hutch_takes_value() {\n\tcase $1 in\n\t");
	each_option(row, ~0u)
	{
		if (!needs_value(row))
			continue;
		if (row->letter)
			strbuf_printf(out, "-%c | ", row->letter);
		strbuf_printf(out, "--%s | ", row->name);
	}
	strbuf_printf(out,
		      "-) return 0 ;;\n\tesac\n\treturn 1\n}\n\n_hutch_value() {\n\tcase $1 in\n");
	each_option(row, ~0u)
	{
		if (!needs_value(row))
			continue;
		strbuf_printf(out, "\t--%s", row->name);
		if (row->letter)
			strbuf_printf(out, " | -%c", row->letter);
		if (row->choices) {
			_cleanup_free_ char *choices = joined_choices(row, " ");

			strbuf_printf(out, ") _hutch_names '%s' ;;\n", choices);
		} else {
			strbuf_printf(out, ") %s ;;\n", complete[completion_of(row)]);
		}
	}
	strbuf_printf(out, "\tesac\n}\n");
}

/* In a zsh _arguments specification, brackets and colons have a meaning; quotes in the script. */
static void zsh_text(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_printf(out, "'\\''");
		else if (strchr("[]:\\", *text))
			strbuf_printf(out, "\\%c", *text);
		else
			strbuf_append(out, text, 1);
	}
}

static void zsh_spec(struct strbuf *out, const struct option_row *row, const char *name)
{
	static const char *const complete[COMPLETE_COUNT] = {
		[COMPLETE_NOTHING] = " ",
		[COMPLETE_FILES] = "_files",
		[COMPLETE_DIRECTORIES] = "_files -/",
		[COMPLETE_PROFILES] = "_hutch_profile_or_file",
		[COMPLETE_WORDS] = "_hutch_words",
		[COMPLETE_POLICIES] = "_hutch_policy_or_file",
		[COMPLETE_VARIABLES] = "_parameters -g \"*export*\"",
		[COMPLETE_SESSIONS] = "_hutch_session",
		[COMPLETE_HOMES] = "_hutch_home_or_word",
	};

	strbuf_printf(out, "\t\t'*%s%s[", name,
		      !needs_value(row) ? ""
		      : name[1] == '-'  ? "="
					: "+");
	zsh_text(out, row->help);
	strbuf_printf(out, "]");
	if (needs_value(row)) {
		strbuf_printf(out, ":");
		zsh_text(out, row->metavar);
		if (row->choices) {
			_cleanup_free_ char *choices = joined_choices(row, " ");

			strbuf_printf(out, ":(%s)", choices);
		} else {
			strbuf_printf(out, ":%s", complete[completion_of(row)]);
		}
	}
	strbuf_printf(out, "'\n");
}

static void zsh(const struct verb_name *verbs, size_t count, struct strbuf *out)
{
	strbuf_printf(out, "_hutch_verbs() {\n\tlocal -a verbs=(\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out, "\t\t'%s:", verbs[i].name);
		zsh_text(out, verbs[i].help);
		strbuf_printf(out, "'\n");
	}
	strbuf_printf(out, "\t)\n\t_describe -t commands command verbs "
			   "\"$@\"\n}\n\n_hutch_options() {\n\tcase $1 in\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out, "\t%s) specs=(\n", verbs[i].name);
		each_option(row, verbs[i].verb)
		{
			_cleanup_free_ char *name = xasprintf("--%s", row->name);
			char letter[] = {'-', row->letter, '\0'};

			zsh_spec(out, row, name);
			if (row->letter)
				zsh_spec(out, row, letter);
		}
		strbuf_printf(out, "\t) ;;\n");
	}
	strbuf_printf(out, "\tesac\n}\n");
}

static void fish_text(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			strbuf_append(out, "\\", 1);
		strbuf_append(out, text, 1);
	}
}

static void fish(const struct verb_name *verbs, size_t count, struct strbuf *out)
{
	static const char *const complete[COMPLETE_COUNT] = {
		[COMPLETE_NOTHING] = "-x",
		[COMPLETE_FILES] = "-r -F",
		[COMPLETE_DIRECTORIES] = "-x -a '(__fish_complete_directories)'",
		[COMPLETE_PROFILES] = "-r -F -a '(__hutch_list profiles)'",
		[COMPLETE_WORDS] = "-x -a '(__hutch_list words)'",
		[COMPLETE_POLICIES] = "-r -F -a '(__hutch_list policies) none'",
		[COMPLETE_VARIABLES] = "-x -a '(set --names --export)'",
		[COMPLETE_SESSIONS] = "-x -a '(__hutch_sessions)'",
		[COMPLETE_HOMES] = "-x -a 'private overlay real (__hutch_homes)'",
	};

	strbuf_printf(out, "set -g __hutch_options_with_value");
	each_option(row, ~0u)
	{
		if (!needs_value(row))
			continue;
		strbuf_printf(out, " --%s", row->name);
		if (row->letter)
			strbuf_printf(out, " -%c", row->letter);
	}
	strbuf_printf(out, "\n\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out, "complete -c hutch -n __hutch_no_verb -f -a %s -d '",
			      verbs[i].name);
		fish_text(out, verbs[i].help);
		strbuf_printf(out, "'\n");
	}
	for (size_t i = 0; i < count; i++) {
		each_option(row, verbs[i].verb)
		{
			strbuf_printf(out, "complete -c hutch -n '__hutch_options_of %s' -l %s",
				      verbs[i].name, row->name);
			if (row->letter)
				strbuf_printf(out, " -s %c", row->letter);
			if (row->choices) {
				_cleanup_free_ char *choices = joined_choices(row, " ");

				strbuf_printf(out, " -x -a '%s'", choices);
			} else if (needs_value(row)) {
				strbuf_printf(out, " %s", complete[completion_of(row)]);
			}
			strbuf_printf(out, " -d '");
			fish_text(out, row->help);
			strbuf_printf(out, "'\n");
		}
	}
}

/* scdoc gives a meaning to these; "_" inside of a word has none, but costs nothing to escape. */
static void scdoc_text(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_`<>[]#~", *text))
			strbuf_append(out, "\\", 1);
		strbuf_append(out, text, 1);
	}
}

/* What a row is for, as sentences. */
static void man_sentences(struct strbuf *out, const struct option_row *row)
{
	const char *text = row->help;
	char first = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0];

	strbuf_printf(out, "\n\t%c", first);
	scdoc_text(out, text + 1);
	strbuf_printf(out, ".");
	/* A single choice is shown in place of the value. */
	if (row->choices && row->type != VALUE_CHOICE && row->type != VALUE_UID) {
		_cleanup_free_ char *choices = joined_choices(row, ", ");

		strbuf_printf(out, " %s: %s.",
			      row->type == VALUE_RLIMIT ? "NAME is one of" : "One of", choices);
	}
}

static void man_options(enum verb verb, struct strbuf *out)
{
	for (int group = 0; group < GROUP_COUNT; group++) {
		bool first = true;

		each_option(row, verb)
		{
			_cleanup_free_ char *value = NULL;

			if ((int)row->group != group)
				continue;
			if (first)
				strbuf_printf(out, "## %s\n\n", group_titles[group]);
			first = false;
			value = help_value(row);
			if (row->letter)
				strbuf_printf(out, "*-%c*, ", row->letter);
			strbuf_printf(out, "*--%s*", row->name);
			if (*value == ' ')
				strbuf_printf(out, " ");
			scdoc_text(out, value + (*value == ' '));
			man_sentences(out, row);
			strbuf_printf(out, "\n\n");
		}
	}
}

static void man_keys(const char *section, struct strbuf *out)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		_cleanup_free_ char *choices = NULL;

		if (!row->section || !streq(row->section, section))
			continue;
		strbuf_printf(out, "*%s", row->key);
		if (row->type == VALUE_RLIMIT) {
			strbuf_printf(out, "NAME* = SOFT\\[:HARD\\]");
		} else {
			strbuf_printf(out, "* = ");
			if (row->type == VALUE_FLAG) {
				strbuf_printf(out, "yes|no");
			} else if (row->type == VALUE_CHOICE) {
				choices = joined_choices(row, "|");
				scdoc_text(out, choices);
			} else {
				scdoc_text(out, row->metavar);
				strbuf_printf(out, option_is_list(row) ? " …" : "");
			}
		}
		man_sentences(out, row);
		if (row->name)
			strbuf_printf(out, " Option: *--%s*.", row->name);
		strbuf_printf(out, "\n\n");
	}
}

static void man_foreign(struct strbuf *out)
{
	for (size_t i = 0; i < foreign_option_count; i++) {
		const struct foreign_option *row = &foreign_options[i];

		if (i == 0 || !streq(row->tool, row[-1].tool))
			strbuf_printf(out, "%s## %s\n\n", i ? "\n" : "", row->tool);
		strbuf_printf(out, "- *--%s*: ", row->name);
		scdoc_text(out, row->here);
		strbuf_printf(out, "\n");
	}
}

bool generated_text(const char *marker, const struct verb_name *verbs, size_t count,
		    struct strbuf *out)
{
	const char *argument;

	if (streq(marker, "bash")) {
		bash(verbs, count, out);
	} else if (streq(marker, "zsh")) {
		zsh(verbs, count, out);
	} else if (streq(marker, "fish")) {
		fish(verbs, count, out);
	} else if (streq(marker, "foreign")) {
		man_foreign(out);
	} else if ((argument = startswith(marker, "options "))) {
		for (size_t i = 0; i < count; i++)
			if (streq(verbs[i].name, argument))
				man_options(verbs[i].verb, out);
	} else if ((argument = startswith(marker, "keys ")) && option_is_section(argument)) {
		man_keys(argument, out);
	} else {
		return false;
	}
	return true;
}
