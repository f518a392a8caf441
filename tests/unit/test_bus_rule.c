// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/string.h"
#include "plan/bus_rule.h"

#include <errno.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void takes(enum bus_verb verb, const char *rule)
{
	struct error e = {0};

	if (bus_rule_check(verb, rule, &e) < 0)
		fail_msg("%s %s: %s", bus_verb_names[verb], rule, e.text);
}

static void refuses(enum bus_verb verb, const char *rule, const char *why)
{
	struct error e = {0};

	if (bus_rule_check(verb, rule, &e) == 0)
		fail_msg("%s %s was taken", bus_verb_names[verb], rule);
	assert_int_equal(e.code, EINVAL);
	if (!strstr(e.text, why))
		fail_msg("%s %s: \"%s\", not \"%s\"", bus_verb_names[verb], rule, e.text, why);
	assert_true(*e.remedy);
}

static void names_are_those_of_the_specification(void **state)
{
	static const char *const right[] = {"org.example", "org.example.Some-Service", "_a._b1",
					    "org.example.*", "a-b.c.d.e.*"};
	static const char *const wrong[] = {"",
					    "org",
					    "org.*",
					    "*",
					    ".*",
					    "org..example",
					    ".org.example",
					    "org.",
					    "org.1x",
					    ":1.2.*",
					    "org.exa*",
					    "org.*.example",
					    "org.example.**",
					    "org.ex ample",
					    "org/example",
					    "org.examplé"};
	char longest[300] = "org.";

	for (int verb = BUS_SEE; verb <= BUS_OWN; verb++) {
		for (size_t i = 0; i < COUNT(right); i++)
			takes((enum bus_verb)verb, right[i]);
		for (size_t i = 0; i < COUNT(wrong); i++)
			refuses((enum bus_verb)verb, wrong[i],
				wrong[i][0] == ':' ? "number" : "not a name");
		refuses((enum bus_verb)verb, "org.example=org.example.Call", "behind the name");
		memset(longest + 4, 'x', 251);
		longest[255] = '\0';
		takes((enum bus_verb)verb, longest);
		longest[255] = 'x';
		refuses((enum bus_verb)verb, longest, "not a name");
	}
	refuses(BUS_TALK, ":1.2", "number");
}

static void methods_and_paths_are_looked_at(void **state)
{
	static const char *const right[] = {"*",    "@/",    "@/*",   "@/a",        "@/a/b_1/*",
					    "*@/a", "a.b.*", "a.b.C", "a.b.c.D@/x", "a.b.*@/x/*"};
	static const struct {
		const char *rule, *why;
	} wrong[] = {
		{"a", "not a method"},
		{"a.b", "not a method"},
		{"a.*", "not a method"},
		{"**", "not a method"},
		{".*", "not a method"},
		{"a.b.C-d", "not a method"},
		{"a..b.C", "not a method"},
		{"a.b.C@", "path"},
		{"@x", "path"},
		{"@/x/", "path"},
		{"@//", "path"},
		{"@/x*", "path"},
		{"@/x/*/y", "path"},
		{"a.b.C@/x@/y", "path"},
		{"@/x-y", "path"},
		{"a.b.C=d", "not a method"},
	};

	for (int verb = BUS_CALL; verb <= BUS_BROADCAST; verb++) {
		char rule[200];

		for (size_t i = 0; i < COUNT(right); i++) {
			snprintf(rule, sizeof(rule), "org.example.Service=%s", right[i]);
			takes((enum bus_verb)verb, rule);
			snprintf(rule, sizeof(rule), "org.example.*=%s", right[i]);
			takes((enum bus_verb)verb, rule);
		}
		for (size_t i = 0; i < COUNT(wrong); i++) {
			snprintf(rule, sizeof(rule), "org.example.Service=%s", wrong[i].rule);
			refuses((enum bus_verb)verb, rule, wrong[i].why);
		}
		refuses((enum bus_verb)verb, "org.example.Service", "no rule");
		refuses((enum bus_verb)verb, "org.example.Service=", "no rule");
		refuses((enum bus_verb)verb, "org=a.b.C", "not a name");
	}
}

static void wildcards_reach_what_they_reach(void **state)
{
	assert_true(bus_rule_covers("org.a.B", "org.a.B"));
	assert_false(bus_rule_covers("org.a.B", "org.a.B.c"));
	assert_false(bus_rule_covers("org.a.B", "org.a.Bc"));
	assert_true(bus_rule_covers("org.a.*", "org.a"));
	assert_true(bus_rule_covers("org.a.*", "org.a.B.c"));
	assert_false(bus_rule_covers("org.a.*", "org.ab"));
	assert_false(bus_rule_covers("org.a.*", "org"));
	assert_true(bus_rule_covers("org.a.*=x.y.Z", "org.a.B"));
	assert_true(bus_rule_covers("org.a=x.y.Z", "org.a"));

	assert_true(bus_rule_touches("org.a.B.c", "org.a"));
	assert_true(bus_rule_touches("org.a.B.c=*", "org.a"));
	assert_true(bus_rule_touches("org.*", "org.a"));
	assert_true(bus_rule_touches("org.a", "org.a"));
	assert_false(bus_rule_touches("org.ab", "org.a"));
	assert_false(bus_rule_touches("org.b.*", "org.a"));

	assert_true(bus_rule_calls("org.a=*", "x.y"));
	assert_true(bus_rule_calls("org.a=@/p", "x.y"));
	assert_true(bus_rule_calls("org.a=x.y.*@/p", "x.y"));
	assert_true(bus_rule_calls("org.a=x.y.Z", "x.y"));
	assert_false(bus_rule_calls("org.a=x.y.z.W", "x.y"));
	assert_false(bus_rule_calls("org.a=x.yz.W", "x.y"));
	assert_false(bus_rule_calls("org.a=x.y.Z", "x.y.Z"));
	assert_false(bus_rule_calls("org.a", "x.y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_specification),
		cmocka_unit_test(methods_and_paths_are_looked_at),
		cmocka_unit_test(wildcards_reach_what_they_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
