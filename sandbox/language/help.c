// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --help from the option table. The short form fits on one screen of 24 lines; a test holds it.
 */
#include "language/help.h"

#include "base/string.h"

/* Columns at which the option and its description begin. */
#define OPTION_COLUMN 13
#define HELP_COLUMN   44

static const struct {
	enum verb verb;
	const char *usage, *says;
	const char *examples; /* lines, or NULL */
} verbs[] = {
	{VERB_RUN, "run [OPTION…] [--] PROGRAM [ARGUMENT…]",
	 "Run a program confined: no network, an empty home, the system read-only.",
	 "  hutch run ./downloaded-program file.pdf\n"
	 "  hutch run --rw . --wall 10m make -j4\n"
	 "  hutch run --net host --ro ~/notes python3 server.py\n"},
	{VERB_SHELL, "shell [NAME] [OPTION…] [-- COMMAND…]",
	 "A shell in which you may break things: what changes in the home and the working "
	 "directory\n"
	 "is kept aside, to review, apply or drop. NAME goes on in an earlier session.",
	 "  hutch shell\n"
	 "  hutch shell --keep upgrade -- npm update\n"
	 "  hutch diff upgrade; hutch apply upgrade\n"},
	{VERB_DIFF, "diff [OPTION…] [NAME]",
	 "Say what a throwaway session changed; without NAME, the one that was used last.", NULL},
	{VERB_APPLY, "apply [OPTION…] NAME",
	 "Do on the host what a throwaway session changed. What the host changed meanwhile is "
	 "left\n"
	 "alone unless told otherwise.",
	 "  hutch apply --except '*.log' upgrade\n"},
	{VERB_UNDO, "undo [OPTION…] NAME", "Take back the last `hutch apply` of a session.", NULL},
	{VERB_DISCARD, "discard NAME…", "Drop throwaway sessions with all that they changed.",
	 NULL},
	{VERB_SESSIONS, "sessions [OPTION…]", "List throwaway sessions: age, size and state.",
	 NULL},
	{VERB_EXPLAIN, "explain [OPTION…] [--] [PROGRAM [ARGUMENT…]]",
	 "Say what `hutch run` would do with the same words, and which line of which file decided "
	 "it.",
	 "  hutch explain make\n"
	 "  hutch explain --path ~/.ssh make\n"
	 "  hutch explain --env LANG make          (with =VALUE it sets, as in run)\n"},
	{VERB_LEARN, "learn [OPTION…] [--] PROGRAM [ARGUMENT…]",
	 "Run a program without a sandbox, watch what it uses, and propose a profile for it.",
	 "  hutch learn -- zathura paper.pdf\n"
	 "  hutch learn --write build make test\n"},
	{VERB_CHECK, "check [OPTION…] [ATTEMPT…]",
	 "Try to get out of a sandbox of this machine, made with these options, and say what held.",
	 "  hutch check\n"
	 "  hutch check --profile firefox --json\n"
	 "  hutch check --seccomp none e60-denied  (that attempt only, by its name in the JSON)\n"},
	{VERB_DOCTOR, "doctor [OPTION…]",
	 "Try what this host allows and say what is missing, what that costs, and the remedy.",
	 NULL},
	{VERB_PS, "ps [OPTION…]", "List your running sandboxes and what they use.", NULL},
	{VERB_EXEC, "exec [OPTION…] NAME [--] PROGRAM [ARGUMENT…]",
	 "Run one more program in a running sandbox, confined as the first one is.",
	 "  hutch exec build bash\n"
	 "  hutch exec --env DEBUG=1 build make test\n"},
	{VERB_INFO, "info [OPTION…] NAME",
	 "Tell what is enforced on a running sandbox, what it sees and what it uses.", NULL},
	{VERB_DENY, "deny NAME RULE…",
	 "Deny a running sandbox something on the network, as --deny does; nothing can be allowed.",
	 "  hutch deny web example.org 203.0.113.0/24\n"},
	{VERB_PAUSE, "pause NAME…", "Let everything in a sandbox stand still.", NULL},
	{VERB_RESUME, "resume NAME…", "Let a paused sandbox go on.", NULL},
	{VERB_WAIT, "wait NAME…", "Wait until a sandbox has ended, and end with its status.", NULL},
	{VERB_TOP, "top [OPTION…]", "Show what your running sandboxes use, again and again.", NULL},
	{VERB_LOGS, "logs [OPTION…] NAME", "Print what a detached sandbox has written.", NULL},
	{VERB_STOP, "stop [OPTION…] NAME…",
	 "Ask the program to end (SIGTERM), and after a grace time end everything inside.", NULL},
	{VERB_HOME, "home list | path NAME | create NAME… | remove NAME…",
	 "Look after the homes that last, which `hutch run --home NAME` is in.",
	 "  hutch run --home work firefox\n"
	 "  hutch home list\n"
	 "  ls \"$(hutch home path work)\"\n"
	 "  hutch home remove work\n"},
	{VERB_INTEGRATE, "integrate add APP… | remove APP… | status | list",
	 "Let menu entries start programs in their sandboxes, and undo that.",
	 "  hutch integrate add firefox\n"
	 "  hutch integrate add --all-known\n"
	 "  hutch integrate remove firefox\n"},
	{VERB_IMAGE, "image list | import IMAGE… | remove ID… | prune",
	 "Look after the root file systems that --root unpacked: FILE.tar[.gz|.xz|.zst], "
	 "docker-archive:FILE[:TAG], oci:DIR[:TAG].",
	 "  hutch image import debian.tar.xz\n"
	 "  hutch run --root debian.tar.xz --uid root bash\n"
	 "  hutch image prune                      (removes what no file is the source of)\n"},
	{VERB_PROFILE, "profile list | show NAME | check FILE… | import FILE | seccomp …",
	 "Look at the profiles and words there are, and check files that you write.",
	 "  hutch profile list\n"
	 "  hutch profile show make\n"
	 "  hutch profile check ~/.config/hutch/make.profile\n"},
	{VERB_HELP, "help [COMMAND]", "Say what a command does and takes.", NULL},
	{VERB_VERSION, "version", "Print the version.", NULL},
};

/* Columns that a text takes; one for each character. */
static size_t columns(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

char *help_value(const struct option_row *row)
{
	struct strbuf out = {0};

	strbuf_append(&out, "", 0);
	if (row->type == VALUE_FLAG)
		strbuf_printf(&out, "[=no]");
	else if (row->type == VALUE_CHOICE)
		for (size_t i = 0; row->choices[i]; i++)
			strbuf_printf(&out, "%s%s", i ? "|" : " ", row->choices[i]);
	else if (row->metavar)
		strbuf_printf(&out, " %s", row->metavar);
	return out.text;
}

static void add_row(struct strbuf *out, const char *title, const struct option_row *row)
{
	_cleanup_free_ char *value = help_value(row);
	_cleanup_free_ char *option =
		row->letter ? xasprintf("-%c, --%s%s", row->letter, row->name, value)
			    : xasprintf("--%s%s", row->name, value);
	size_t used = OPTION_COLUMN + columns(option);

	strbuf_printf(out, "%-*s%s", OPTION_COLUMN, title, option);
	strbuf_printf(out, "%*s%s\n", used + 2 > HELP_COLUMN ? 2 : (int)(HELP_COLUMN - used), "",
		      row->help);
}

char *help_of_verb(enum verb verb, bool all)
{
	struct strbuf out = {0};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].verb != verb)
			continue;
		strbuf_printf(&out, "Usage: hutch %s\n%s\n\n", verbs[i].usage, verbs[i].says);
		for (int group = 0; group < GROUP_COUNT; group++) {
			const char *title = group_titles[group];

			for (size_t row = 0; row < option_count; row++) {
				const struct option_row *r = &option_table[row];

				if (!r->name || (int)r->group != group || !(r->verbs & verb) ||
				    (!all && !r->common))
					continue;
				add_row(&out, title, r);
				title = "";
			}
		}
		if (verbs[i].examples)
			strbuf_printf(&out, "\nExamples:\n%s", verbs[i].examples);
	}
	return out.text;
}
