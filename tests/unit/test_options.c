// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "language/foreign.h"
#include "language/help.h"
#include "language/options.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a line of words led to. */
struct parsed {
	struct request request;
	struct command_line line;
	struct error error;
	int result;
};

static void parsed_free(struct parsed *parsed)
{
	request_free(&parsed->request);
	command_line_free(&parsed->line);
}

#define _cleanup_parsed_ __attribute__((cleanup(parsed_free)))

static struct parsed parse_verb(enum verb verb, const char *const *words)
{
	struct parsed parsed = {0};
	char *argv[32] = {(char *)"verb"};
	int argc = 1;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	parsed.result =
		options_parse(verb, argc, argv, &parsed.request, &parsed.line, &parsed.error);
	return parsed;
}

#define parse(...) parse_verb(VERB_RUN, (const char *const[]){__VA_ARGS__, NULL})

#define assert_refused(words, text_, remedy_)                         \
	do {                                                          \
		_cleanup_parsed_ struct parsed p_ = words;            \
		assert_int_equal(p_.result, -p_.error.code);          \
		assert_true(p_.result < 0);                           \
		assert_string_equal(p_.error.text, text_);            \
		assert_string_equal(p_.error.remedy, remedy_);        \
		assert_int_equal((int)p_.request.arguments.count, 0); \
	} while (0)

static const struct path_rule *path_of(const struct parsed *parsed, size_t index)
{
	assert_true(index < parsed->request.settings.count);
	return &parsed->request.settings.items[index].path;
}

static void the_first_word_that_is_no_option_ends_them(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--net", "host", "ls", "--rw", "/");

	assert_int_equal(p.result, 0);
	assert_int_equal((int)p.request.settings.count, 1);
	assert_int_equal((int)p.request.arguments.count, 3);
	assert_string_equal(p.request.arguments.items[0], "ls");
	assert_string_equal(p.request.arguments.items[1], "--rw");
	assert_null(p.request.arguments.items[3]);
}

static void a_program_called_bind_runs_behind_two_dashes(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--", "--bind", "--", "x");
	_cleanup_parsed_ struct parsed dash = parse("-", "x");

	assert_int_equal(p.result, 0);
	assert_int_equal((int)p.request.arguments.count, 3);
	assert_string_equal(p.request.arguments.items[0], "--bind");
	assert_string_equal(p.request.arguments.items[1], "--");
	assert_string_equal(dash.request.arguments.items[0], "-");
	assert_refused(parse("--program"), "--program: unknown option",
		       "--help=all shows every option; put -- before a program of that name");
}

static void both_forms_of_a_value_are_the_same(void **state)
{
	_cleanup_parsed_ struct parsed p =
		parse("--rw=/a", "--rw", "/b", "-pfoo", "-v", "--profile=bar", "--env", "A=b=c,d");

	assert_int_equal(p.result, 0);
	assert_string_equal(path_of(&p, 0)->path, "/a");
	assert_string_equal(path_of(&p, 1)->path, "/b");
	assert_string_equal(p.line.profile, "bar");
	assert_true(p.line.verbose);
	assert_string_equal(p.request.settings.items[2].pair.name, "A");
	assert_string_equal(p.request.settings.items[2].pair.value, "b=c,d");
	assert_int_equal(p.request.settings.items[0].origin.layer, LAYER_COMMAND_LINE);
	assert_null(p.request.settings.items[0].origin.file);
}

static void lists_split_at_commas_and_escapes_hold_them(void **state)
{
	_cleanup_parsed_ struct parsed p =
		parse("--ro", "/a,/b\\,c,/d\\:e:/f", "--ro", "/g\\\\h?,/i\\?,/new\nline, /blank");
	_cleanup_free_ char *origin = NULL;

	assert_int_equal(p.result, 0);
	assert_int_equal((int)p.request.settings.count, 7);
	assert_string_equal(path_of(&p, 0)->path, "/a");
	assert_null(path_of(&p, 0)->destination);
	assert_false(path_of(&p, 0)->optional);
	assert_string_equal(path_of(&p, 1)->path, "/b,c");
	assert_string_equal(path_of(&p, 2)->path, "/d:e");
	assert_string_equal(path_of(&p, 2)->destination, "/f");
	assert_string_equal(path_of(&p, 3)->path, "/g\\h");
	assert_true(path_of(&p, 3)->optional);
	assert_string_equal(path_of(&p, 4)->path, "/i?");
	assert_false(path_of(&p, 4)->optional);
	assert_string_equal(path_of(&p, 5)->path, "/new\nline");
	assert_string_equal(path_of(&p, 6)->path, " /blank");
	origin = setting_origin(&p.request.settings.items[2]);
	assert_string_equal(origin, "--ro /d\\:e:/f");
}

static void a_question_mark_is_optional_on_either_side(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--ro", "/a?:/b,/c:/d?,/e\\\\?");

	assert_int_equal(p.result, 0);
	assert_true(path_of(&p, 0)->optional);
	assert_string_equal(path_of(&p, 0)->path, "/a");
	assert_string_equal(path_of(&p, 0)->destination, "/b");
	assert_true(path_of(&p, 1)->optional);
	assert_string_equal(path_of(&p, 1)->destination, "/d");
	assert_true(path_of(&p, 2)->optional);
	assert_string_equal(path_of(&p, 2)->path, "/e\\");
}

static void bad_lists_and_paths_are_refused(void **state)
{
	assert_refused(parse("--ro", "/a,,/b"), "--ro /a,,/b: empty item in the list", "");
	assert_refused(parse("--ro", "/a,"), "--ro /a,: empty item in the list", "");
	assert_refused(parse("--ro="), "--ro: empty value", "");
	assert_refused(parse("--ro", ":/b"), "--ro :/b: empty path", "");
	assert_refused(parse("--ro", "/a:"), "--ro /a:: empty path", "");
	assert_refused(parse("--ro", "/a:b"), "--ro /a:b: b: not an absolute path", "");
	assert_refused(parse("--ro", "/a:/b:/c"), "--ro /a:/b:/c: more than PATH:DEST",
		       "write \\: for a colon in a name");
	assert_refused(parse("--ro", "/a\\n"), "--ro /a\\n: \\n: unknown escape",
		       "write \\\\ for a backslash");
	assert_refused(parse("--ro", "/a\\"), "--ro /a\\: \\: unknown escape",
		       "write \\\\ for a backslash");
	assert_refused(parse("--hide", "/a:/b"), "--hide /a:/b: takes no DEST",
		       "write \\: for a colon in a name");
	assert_refused(parse("--symlink", "/a"), "--symlink /a: the form is PATH:TARGET", "");
	assert_refused(parse("--symlink", "a:b"), "--symlink a:b: a: not an absolute path", "");
	assert_refused(parse("--ro"), "--ro: needs a value (PATH[:DEST])", "");
}

static void nothing_of_a_refused_list_item_stays(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--ro", "/a,/b:c");

	assert_true(p.result < 0);
	assert_int_equal((int)p.request.settings.count, 1);
}

static void ids_are_plain_decimal_numbers(void **state)
{
	static const char *const bad[] = {
		"1abc", "-1", "+1",  "0x1", "4294967295", "4294967296", "18446744073709551617",
		" 1",   "1 ", "1.0", "",    "nobody"};
	static const char *const good[] = {"0", "1", "65534", "4294967294"};
	static const char *const options[] = {"--uid", "--gid"};

	for (size_t o = 0; o < COUNT(options); o++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			_cleanup_free_ char *text = xasprintf(
				"%s%s%s: not an id (a decimal number from 0 to 4294967294)",
				options[o], *bad[i] ? " " : "", bad[i]);

			assert_refused(parse(options[o], bad[i]), text, "");
		}
		for (size_t i = 0; i < COUNT(good); i++) {
			_cleanup_parsed_ struct parsed p = parse(options[o], good[i]);

			assert_int_equal(p.result, 0);
			assert_string_equal(p.request.settings.items[0].text, good[i]);
		}
	}
}

static void uid_takes_its_words_and_gid_does_not(void **state)
{
	static const char *const words[] = {"self", "root", "range"};

	for (size_t i = 0; i < COUNT(words); i++) {
		_cleanup_parsed_ struct parsed uid = parse("--uid", words[i]);
		_cleanup_parsed_ struct parsed gid = parse("--gid", words[i]);

		assert_int_equal(uid.result, 0);
		assert_string_equal(request_text(&uid.request, SETTING_UID, NULL), words[i]);
		assert_true(gid.result < 0);
	}
	/* The id goes on as the kernel would print it. */
	_cleanup_parsed_ struct parsed zeros = parse("--uid", "0007");
	assert_string_equal(request_text(&zeros.request, SETTING_UID, NULL), "7");
}

static void times_take_units_and_fractions(void **state)
{
	static const struct {
		const char *text;
		uint64_t milliseconds;
	} good[] = {{"1", 1000},  {"1.5", 1500},   {"250ms", 250},
		    {"2s", 2000}, {"0.5m", 30000}, {"2h", 7200000},
		    {"none", 0},  {"0.001", 1},    {"00010s", 10000}};
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  "1d",
					  "1 s",
					  "1e3",
					  "0x1",
					  ".5",
					  "1.",
					  "s",
					  "inf",
					  "nan",
					  "1.5.5",
					  "1s1",
					  "99999999999999999999",
					  "9999999999999999h",
					  "1.0000000001"};

	for (size_t i = 0; i < COUNT(good); i++) {
		_cleanup_parsed_ struct parsed p = parse("--wall", good[i].text);

		assert_int_equal(p.result, 0);
		assert_int_equal(p.request.settings.items[0].number, good[i].milliseconds);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		_cleanup_parsed_ struct parsed p = parse("--wall", bad[i]);

		assert_true(p.result < 0);
		assert_non_null(strstr(p.error.text, "not a time"));
	}
	assert_refused(parse("--time", "0"), "--time 0: shorter than a millisecond",
		       "\"none\" stands for no limit");
}

static void sizes_and_limits_count_in_1024(void **state)
{
	_cleanup_parsed_ struct parsed p =
		parse("--tmpfs", "/a:64K,/b,/c:1G", "--rlimit", "nofile=1K:2K,core=unlimited");
	const struct setting *s = p.request.settings.items;

	assert_int_equal(p.result, 0);
	assert_int_equal(s[0].path.size, 65536);
	assert_int_equal(s[1].path.size, 0);
	assert_int_equal(s[2].path.size, 1024 * 1024 * 1024);
	assert_string_equal(s[3].pair.name, "nofile");
	assert_string_equal(s[3].pair.value, "1024:2048");
	assert_string_equal(s[4].pair.name, "core");
	assert_string_equal(s[4].pair.value, "unlimited");
	assert_refused(parse("--tmpfs", "/a:9999999999G"),
		       "--tmpfs /a:9999999999G: not a size (a number, with K, M, G or T behind it)",
		       "the form is PATH:SIZE; write \\: for a colon in a name");
	assert_refused(parse("--rlimit", "nofiles=1"),
		       "--rlimit nofiles=1: nofiles: not the name of a limit",
		       "did you mean \"nofile\"?");
	assert_refused(parse("--rlimit", "core=2:1"),
		       "--rlimit core=2:1: the soft limit is above the hard limit", "");
	assert_refused(parse("--rlimit", "core=unlimited:1"),
		       "--rlimit core=unlimited:1: the soft limit is above the hard limit", "");
	assert_refused(parse("--rlimit", "core=-1"),
		       "--rlimit core=-1: not a limit (a number, with K, M, G or T behind it, or "
		       "unlimited)",
		       "");
}

static void choices_have_the_values_of_their_enumeration(void **state)
{
	_cleanup_parsed_ struct parsed p =
		parse("--home", "real", "--cwd", "rw", "--net", "host", "--tty", "share",
		      "--report-format", "meta", "--nested", "--raise-signal=no");

	assert_int_equal(p.result, 0);
	assert_int_equal(request_choice(&p.request, SETTING_HOME, -1), HOME_REAL);
	assert_int_equal(request_choice(&p.request, SETTING_CWD, -1), CWD_RW);
	assert_int_equal(request_choice(&p.request, SETTING_NET, -1), NET_HOST);
	assert_int_equal(request_choice(&p.request, SETTING_TTY, -1), TTY_SHARE);
	assert_int_equal(request_choice(&p.request, SETTING_REPORT_FORMAT, -1), REPORT_META);
	assert_true(request_flag(&p.request, SETTING_NESTED));
	assert_false(request_flag(&p.request, SETTING_RAISE_SIGNAL));
	assert_refused(parse("--home", "a b"), "--home a b: not a name for a home",
		       "letters, digits and ._+@-, at most 64, neither dot nor dash first, and not "
		       "private, overlay or real");
	assert_refused(parse("--cwd", "rx"), "--cwd rx: not one of none, ro, rw, overlay",
		       "did you mean \"ro\"?");
	assert_refused(parse("--nested=maybe"), "--nested maybe: neither yes nor no", "");
}

static void unknown_options_name_the_nearest(void **state)
{
	assert_refused(parse("--nett", "host"), "--nett: unknown option",
		       "did you mean \"--net\"?");
	assert_refused(parse("--allow-weak=x"), "--allow-weak: unknown option",
		       "did you mean \"--allow-weaker\"?");
	assert_refused(parse("-x"), "-x: unknown option",
		       "--help=all shows every option; put -- before a program of that name");
	/* The questions of `explain` are none of `run`. */
	assert_refused(parse("--json"), "--json: unknown option",
		       "--help=all shows every option; put -- before a program of that name");
	assert_refused(parse("--verbose=1"), "--verbose: takes no value", "");
}

static void unknown_options_of_other_tools_are_translated(void **state)
{
	assert_refused(parse("--bind", "/a"), "--bind: unknown option",
		       "--rw PATH[:DEST] is what bubblewrap calls --bind");
	assert_refused(parse("--unshare-all"), "--unshare-all: unknown option",
		       "leave it out: all namespaces are the sandbox's own");
	/* Only what the verb at hand takes. */
	assert_refused(parse_verb(VERB_DOCTOR, (const char *const[]){"--bind", NULL}),
		       "--bind: unknown option",
		       "--help=all shows every option; put -- before a program of that name");
}

/* Each row leads from a name that hutch does not have to one that it has. */
static void options_of_other_tools_lead_to_ours(void **state)
{
	for (size_t i = 0; i < foreign_option_count; i++) {
		const struct foreign_option *row = &foreign_options[i];

		if (option_by_name(row->name, strlen(row->name), VERB_RUN))
			fail_msg("--%s is hutch's own", row->name);
		if (foreign_option(row->name, VERB_RUN) != row)
			fail_msg("--%s leads nowhere, or stands there twice", row->name);
	}
}

static void variables_have_names(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--keep-env", "A,LC_*,*", "--env", "EMPTY=");

	assert_int_equal(p.result, 0);
	assert_string_equal(p.request.settings.items[1].text, "LC_*");
	assert_string_equal(p.request.settings.items[3].pair.value, "");
	assert_refused(parse("--keep-env", "A=1"), "--keep-env A=1: not the name of a variable",
		       "to set one: --env A=1");
	assert_refused(parse("--env", "A"), "--env A: no =",
		       "NAME=VALUE sets a variable; keep-env passes on one you have");
	assert_refused(parse("--env", "1A=x"),
		       "--env 1A=x: not the name of a variable before the =", "");
	assert_refused(parse("--env", "=x"),
		       "--env =x: not the name of a variable before the =", "");
}

static void descriptors_and_reports(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--fd", "3,9", "--report", "fd:4");

	assert_int_equal(p.result, 0);
	assert_int_equal(p.request.settings.items[1].number, 9);
	assert_string_equal(request_text(&p.request, SETTING_REPORT, NULL), "fd:4");
	assert_refused(parse("--fd", "-1"), "--fd -1: not a number from 0 to 2147483647", "");
	assert_refused(parse("--report", "fd:x"),
		       "--report fd:x: not a number from 0 to 2147483647", "");
}

static void explain_asks_with_a_bare_variable(void **state)
{
	static const char *const words[] = {"--env",  "LANG", "--env", "A=b",
					    "--path", "/x",   "ls",    NULL};
	_cleanup_parsed_ struct parsed p = parse_verb(VERB_EXPLAIN, words);

	assert_int_equal(p.result, 0);
	assert_string_equal(p.line.query_env, "LANG");
	assert_string_equal(p.line.query_path, "/x");
	assert_int_equal((int)p.request.settings.count, 1);
}

static void help_ends_parsing_with_success(void **state)
{
	_cleanup_parsed_ struct parsed p = parse("--help", "--bogus");
	_cleanup_parsed_ struct parsed all = parse("--net", "host", "--help=all");
	_cleanup_parsed_ struct parsed letter = parse("-vh");

	assert_int_equal(p.result, 0);
	assert_int_equal(p.line.help, HELP_SHORT);
	assert_int_equal(all.line.help, HELP_ALL);
	assert_int_equal(letter.line.help, HELP_SHORT);
	assert_refused(parse("--help=some"), "--help some: only --help and --help=all are known",
		       "");
}

static void a_long_value_does_not_cut_the_reason_off(void **state)
{
	char value[5000];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	_cleanup_parsed_ struct parsed p = parse("--uid", value);
	assert_non_null(strstr(p.error.text, "x…: not an id"));
}

static void limits_have_values_of_their_own(void **state)
{
	static const struct {
		const char *option, *text;
		uint64_t number;
	} good[] = {
		{"--memory", "64M", 64 << 20},
		{"--memory", "none", NO_LIMIT},
		{"--swap", "0", 0},
		{"--output", "0", 0},
		{"--fsize", "1T", 1ULL << 40},
		{"--pids", "1", 1},
		{"--cpus", "1.5", 1500},
		{"--cpus", "0.01", 10},
		{"--cpus", "2", 2000},
		{"--cpus", "0.125", 125},
		{"--cpu-weight", "10000", 10000},
	};
	static const struct {
		const char *option, *text;
	} bad[] = {
		{"--memory", "0"},     {"--memory", "-1"},        {"--pids", "0"},
		{"--pids", "4194305"}, {"--cpus", "0"},           {"--cpus", "0.009"},
		{"--cpus", "1."},      {"--cpus", ".5"},          {"--cpus", "1.0001"},
		{"--cpus", "10001"},   {"--cpu-weight", "10001"}, {"--io-weight", "0"},
		{"--io-read", "/tmp"}, {"--io-read", "/tmp:0"},   {"--io-read", ":1M"},
	};

	for (size_t i = 0; i < COUNT(good); i++) {
		_cleanup_parsed_ struct parsed p = parse(good[i].option, good[i].text);

		assert_int_equal(p.result, 0);
		assert_true(p.request.settings.items[0].number == good[i].number);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		_cleanup_parsed_ struct parsed p = parse(bad[i].option, bad[i].text);

		assert_int_equal(p.result, -EINVAL);
	}
	_cleanup_parsed_ struct parsed p = parse("--io-write", "/a\\:b:1K,/c:none");

	assert_int_equal(p.request.settings.count, 2);
	assert_string_equal(p.request.settings.items[0].amount.path, "/a:b");
	assert_int_equal(p.request.settings.items[0].amount.number, 1024);
	assert_true(p.request.settings.items[1].amount.number == NO_LIMIT);
}

static void short_help_fits_on_a_screen(void **state)
{
	static const enum verb verbs[] = {VERB_RUN, VERB_EXPLAIN, VERB_DOCTOR, VERB_PROFILE};

	for (size_t i = 0; i < COUNT(verbs); i++) {
		_cleanup_free_ char *text = help_of_verb(verbs[i], false);
		size_t lines = 0, column = 0;

		for (const char *c = text; *c; c++) {
			column += ((unsigned char)*c & 0xc0) != 0x80;
			if (*c == '\n') {
				assert_true(column <= 100);
				column = 0;
				lines++;
			}
		}
		assert_true(lines <= 24);
	}
}

static void every_option_is_in_the_long_help(void **state)
{
	_cleanup_free_ char *text = help_of_verb(VERB_RUN, true);

	for (size_t i = 0; i < option_count; i++) {
		_cleanup_free_ char *name = NULL;

		if (!option_table[i].name || !(option_table[i].verbs & VERB_RUN))
			continue;
		name = xasprintf("--%s", option_table[i].name);
		assert_non_null(strstr(text, name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_that_is_no_option_ends_them),
		cmocka_unit_test(a_program_called_bind_runs_behind_two_dashes),
		cmocka_unit_test(both_forms_of_a_value_are_the_same),
		cmocka_unit_test(lists_split_at_commas_and_escapes_hold_them),
		cmocka_unit_test(a_question_mark_is_optional_on_either_side),
		cmocka_unit_test(bad_lists_and_paths_are_refused),
		cmocka_unit_test(nothing_of_a_refused_list_item_stays),
		cmocka_unit_test(ids_are_plain_decimal_numbers),
		cmocka_unit_test(uid_takes_its_words_and_gid_does_not),
		cmocka_unit_test(times_take_units_and_fractions),
		cmocka_unit_test(sizes_and_limits_count_in_1024),
		cmocka_unit_test(choices_have_the_values_of_their_enumeration),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(variables_have_names),
		cmocka_unit_test(descriptors_and_reports),
		cmocka_unit_test(explain_asks_with_a_bare_variable),
		cmocka_unit_test(help_ends_parsing_with_success),
		cmocka_unit_test(a_long_value_does_not_cut_the_reason_off),
		cmocka_unit_test(unknown_options_of_other_tools_are_translated),
		cmocka_unit_test(options_of_other_tools_lead_to_ours),
		cmocka_unit_test(limits_have_values_of_their_own),
		cmocka_unit_test(short_help_fits_on_a_screen),
		cmocka_unit_test(every_option_is_in_the_long_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
