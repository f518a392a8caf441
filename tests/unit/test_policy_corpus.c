// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_policy_corpus DIRECTORY: the files of tests/seccomp. Those in good/ load without a word and
 * their filters say what their texts say; those in bad/ give exactly the diagnostics that stand in
 * NAME.expected beside them (REWRITE=1 writes those files, to be read before they are committed).
 */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "language/policy.h"
#include "language/policy_calls.h"
#include "language/policy_find.h"
#include "policy_verdicts.h"

#include <glob.h>
#include <string.h>

static const char *corpus;

static void list(const char *kind, glob_t *ret)
{
	_cleanup_free_ char *pattern = xasprintf("%s/%s/*.policy", corpus, kind);

	assert_int_equal(glob(pattern, 0, NULL, ret), 0);
	assert_true(ret->gl_pathc >= 60);
}

static void parse(const char *path, struct policy *policy)
{
	_cleanup_policy_text_ struct policy_text text = {0};
	struct error e;

	assert_int_equal(policy_read(path, &text, &e), 0);
	policy_parse(policy, text.name, text.directory, text.text, text.length, false, NULL);
}

/* One line a diagnostic, with the file's name without directories. */
static void diagnose(const struct policy *policy, struct strbuf *out)
{
	strbuf_append(out, "", 0);
	vector_each (d, &policy->diagnostics) {
		const char *name = policy->sources.items[d->place.source].name;
		_cleanup_free_ char *text = xstrdup(d->text), *escaped = NULL;

		/* Messages that name files name them as they were reached. */
		for (char *at; (at = strstr(text, corpus));)
			memmove(at, at + strlen(corpus), strlen(at + strlen(corpus)) + 1);
		escaped = string_escape(text);
		strbuf_printf(out, "%s:%u:%u: %s: %s\n", strrchr(name, '/') + 1, d->place.line,
			      d->place.column, d->warning ? "warning" : "error", escaped);
	}
}

static void good_policies_load_and_their_filters_say_what_they_say(void **state)
{
	static const char *const natives[] = {"x86_64", "arm64", "x86", "arm"};
	size_t files, verdicts = 0;
	glob_t paths;

	list("good", &paths);
	files = paths.gl_pathc;
	for (size_t i = 0; i < files; i++) {
		for (size_t n = 0; n < 4; n++) {
			bool nested = n % 2;
			_cleanup_policy_ struct policy policy = {0};
			_cleanup_rules_ struct policy_rules rules = {0};
			_cleanup_program_ struct policy_program program = {0};
			_cleanup_strbuf_ struct strbuf words = {0};
			unsigned int arch = (unsigned int)policy_arch_find(natives[n]);
			struct error e = {0};
			size_t compared;

			parse(paths.gl_pathv[i], &policy);
			policy_resolve(&policy, arch, nested, &rules);
			diagnose(&policy, &words);
			if (words.length)
				fail_msg("%s: %s", paths.gl_pathv[i], words.text);
			if (policy_compile(&rules, &program, &e) < 0)
				fail_msg("%s: %s", paths.gl_pathv[i], e.text);
			if (verdicts_differ(&rules, program.items, program.count, &compared))
				fail_msg("%s: verdicts differ", paths.gl_pathv[i]);
			verdicts += compared;
		}
	}
	print_message("%zu files, %zu verdicts\n", files, verdicts);
	globfree(&paths);
}

static void bad_policies_give_the_diagnostics_that_are_expected(void **state)
{
	size_t wrong = 0;
	glob_t paths;

	list("bad", &paths);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		_cleanup_policy_ struct policy policy = {0};
		_cleanup_rules_ struct policy_rules rules = {0};
		_cleanup_policy_text_ struct policy_text expected = {0};
		_cleanup_strbuf_ struct strbuf words = {0};
		_cleanup_free_ char *path = xasprintf(
			"%.*sexpected", (int)(strlen(paths.gl_pathv[i]) - 6), paths.gl_pathv[i]);
		struct error e;

		parse(paths.gl_pathv[i], &policy);
		policy_resolve(&policy, (unsigned int)policy_arch_find("x86_64"), false, &rules);
		diagnose(&policy, &words);
		if (getenv("REWRITE")) {
			FILE *file = fopen(path, "w");

			fputs(words.text ? words.text : "", file);
			fclose(file);
		}
		assert_int_equal(policy_read(path, &expected, &e), 0);
		assert_true(expected.length > 0);
		if (!words.text || !streq(words.text, expected.text)) {
			print_error("%s: expected\n%sgot\n%s", paths.gl_pathv[i], expected.text,
				    words.text ? words.text : "");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	globfree(&paths);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_policies_load_and_their_filters_say_what_they_say),
		cmocka_unit_test(bad_policies_give_the_diagnostics_that_are_expected),
	};

	if (argc < 2)
		return 1;
	corpus = argv[1];
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
