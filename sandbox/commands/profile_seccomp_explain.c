// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch profile seccomp explain and diff.
 *
 * Verdicts come from running the compiled filter, and the line that gave it from the rules; both
 * are asked and must agree, so that what is shown is what a sandbox would get.
 */
#include "commands/profile_seccomp.h"

#include "base/log.h"
#include "kernel/seccomp.h"
#include "language/policy_calls.h"
#include "language/policy_samples.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int usage(const char *text)
{
	struct error e = {0};

	error_set(&e, EINVAL, "profile seccomp: %s", text);
	error_remedy(&e, "hutch profile seccomp --help");
	return log_error(&e);
}

/* The call @name or number. */
static int find_call(const struct policy_tool *tool, const char *name, uint32_t *ret,
		     struct error *e)
{
	long number = policy_call_number(tool->arch, name);
	const char *nearest;
	uint64_t value;

	if (number < 0 && policy_value(name, &value, NULL) == 0 && name[0] >= '0' &&
	    name[0] <= '9' && value <= UINT32_MAX) {
		*ret = (uint32_t)value;
		return 0;
	}
	if (number == POLICY_CALL_ABSENT)
		return error_set(e, EINVAL, "%s is no system call of %s", name,
				 policy_arches[tool->arch].name);
	if (number < 0) {
		error_set(e, EINVAL, "\"%s\" is no system call", name);
		nearest = policy_call_nearest(name);
		return nearest ? error_remedy(e, "%s", nearest) : -EINVAL;
	}
	*ret = (uint32_t)number;
	return 0;
}

static char *call_name(const struct policy_tool *tool, uint32_t number)
{
	char *name = policy_call_name(tool->arch, number);

	return name ? name : xasprintf("%u", number);
}

static void print_line(const struct policy *policy, struct policy_place place)
{
	_cleanup_free_ char *line = policy_line(policy, place), *name = NULL;

	if (place.line == 0) {
		puts("    (no line: what hutch does without one)");
		return;
	}
	name = string_escape(policy->sources.items[place.source].name);
	printf("    %s:%u:%u: %s\n", name, place.line, place.column, line);
}

/* The lines that rule on a call whose verdict depends on its arguments. */
static void explain_rule(const struct policy_forms *forms, uint32_t audit_arch, uint32_t number)
{
	vector_each (a, &forms->rules.arches) {
		vector_each (rule, &a->rules) {
			if (a->audit_arch != audit_arch || rule->number != number)
				continue;
			for (uint32_t i = 0; i < rule->filters.count; i++) {
				uint32_t index =
					forms->rules.filters.items[rule->filters.first + i];
				const struct policy_filter *f = &forms->policy.filters.items[index];
				_cleanup_strbuf_ struct strbuf text = {0};

				policy_format_filter(&forms->policy, f, &text);
				printf("  %s\n", text.text);
				print_line(&forms->policy, f->place);
			}
		}
	}
	printf("  otherwise: %s\n", policy_action_name(forms->rules.default_action));
}

static void print_arguments(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s%s", i ? ", " : "(", argv[i]);
	printf("%s", argc ? ")" : "");
}

static void free_samples(struct policy_samples samples[6])
{
	for (unsigned int i = 0; i < 6; i++)
		vector_free(&samples[i]);
}

int policy_explain(const struct policy_tool *tool, int argc, char **argv)
{
	_cleanup_forms_ struct policy_forms forms = {0};
	struct seccomp_data data = {.arch = policy_arch_audit(tool->arch)};
	struct policy_samples samples[6] = {{0}};
	struct policy_place place;
	struct error e = {0};
	uint32_t number = 0, verdict, expected;
	bool depends;

	if (argc < 2 || argc > 8)
		return usage(
			"explain: a policy, a system call and at most six arguments are needed");
	if (find_call(tool, argv[1], &number, &e) < 0)
		return log_error(&e);
	for (int i = 2; i < argc; i++)
		if (policy_value(argv[i], (uint64_t *)&data.args[i - 2], &e) < 0)
			return log_error(&e);
	if (policy_forms_load(tool, argv[0], &forms) < 0)
		return forms.policy.sources.count ? 1 : EXIT_HUTCH_FAILED;
	data.nr = (int)number;
	depends = policy_samples(&forms.rules, data.arch, number, samples);
	free_samples(samples);
	if (depends && argc == 2) {
		printf("%s: depends on its arguments; the first that holds:\n", argv[1]);
		explain_rule(&forms, data.arch, number);
		return 0;
	}
	expected = policy_evaluate(&forms.rules, &data, &place);
	if (seccomp_simulate(forms.program.items, forms.program.count, &data, &verdict, NULL) < 0 ||
	    verdict != expected) {
		error_set(&e, EINVAL, "the filter and its text disagree on %s; please report this",
			  argv[1]);
		return log_error(&e);
	}
	printf("%s", argv[1]);
	print_arguments(argc - 2, argv + 2);
	printf(": %s\n", policy_action_name(verdict));
	print_line(&forms.policy, place);
	return 0;
}

/* --- diff --- */

static uint32_t verdict_of(const struct policy_forms *forms, const struct seccomp_data *data)
{
	uint32_t verdict = 0;

	seccomp_simulate(forms->program.items, forms->program.count, data, &verdict, NULL);
	return verdict;
}

static void print_difference(const struct policy_tool *tool, const struct policy_forms forms[2],
			     const struct seccomp_data *data, bool arguments)
{
	_cleanup_free_ char *name = call_name(tool, (uint32_t)data->nr);
	char from[32];

	snprintf(from, sizeof(from), "%s", policy_action_name(verdict_of(&forms[0], data)));
	printf("%s", name);
	if (arguments)
		printf("(0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx)", data->args[0],
		       data->args[1], data->args[2], data->args[3], data->args[4], data->args[5]);
	printf(": %s -> %s\n", from, policy_action_name(verdict_of(&forms[1], data)));
}

static bool differs(const struct policy_forms forms[2], const struct seccomp_data *data)
{
	return verdict_of(&forms[0], data) != verdict_of(&forms[1], data);
}

/* A difference that some arguments show; @data holds them then. */
static bool find_arguments(const struct policy_forms forms[2], struct policy_samples samples[6],
			   struct seccomp_data *data)
{
	for (unsigned int i = 0; i < 6; i++)
		for (size_t k = 0; k < samples[i].count; k++) {
			memset(data->args, 0, sizeof(data->args));
			data->args[i] = samples[i].items[k];
			if (differs(forms, data))
				return true;
			/* Comparisons joined by && look at a second argument. */
			for (unsigned int j = 0; j < 6; j++)
				for (size_t l = 0; j != i && l < samples[j].count; l++) {
					data->args[j] = samples[j].items[l];
					if (differs(forms, data))
						return true;
					data->args[j] = 0;
				}
		}
	return false;
}

static bool diff_call(const struct policy_tool *tool, const struct policy_forms forms[2],
		      uint32_t number)
{
	struct seccomp_data data = {.nr = (int)number, .arch = policy_arch_audit(tool->arch)};
	struct policy_samples samples[6] = {{0}};
	bool depends = policy_samples(&forms[0].rules, data.arch, number, samples), found;

	depends |= policy_samples(&forms[1].rules, data.arch, number, samples);
	found = differs(forms, &data) || find_arguments(forms, samples, &data);
	free_samples(samples);
	if (found)
		print_difference(tool, forms, &data, depends);
	return found;
}

int policy_diff(const struct policy_tool *tool, int argc, char **argv)
{
	struct policy_forms forms[2] = {{{.sources = {0}}}};
	const uint32_t *known;
	struct seccomp_data unknown = {.nr = 0x3fffffff, .arch = policy_arch_audit(tool->arch)};
	int status = 0;
	size_t count;

	if (argc != 2)
		return usage("diff: two policies are needed");
	for (int i = 0; i < 2 && status == 0; i++)
		if (policy_forms_load(tool, argv[i], &forms[i]) < 0)
			status = EXIT_HUTCH_FAILED;
	known = policy_calls_known(tool->arch, &count);
	for (size_t i = 0; i < count && status != EXIT_HUTCH_FAILED; i++)
		if (diff_call(tool, forms, known[i]))
			status = 1;
	if (status != EXIT_HUTCH_FAILED && differs(forms, &unknown)) {
		printf("(unknown calls) ");
		print_difference(tool, forms, &unknown, false);
		status = 1;
	}
	policy_forms_free(&forms[0]);
	policy_forms_free(&forms[1]);
	return status;
}
