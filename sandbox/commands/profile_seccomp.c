// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch profile seccomp: whether a policy is right, what it says about a call, how two differ, what
 * groups there are, and the policy that another tool's JSON form means.
 */
#include "commands/profile_seccomp.h"

#include "base/log.h"
#include "language/policy_calls.h"
#include "language/policy_find.h"
#include "language/policy_groups.h"
#include "language/policy_json.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage_text[] =
	"Usage: hutch profile seccomp ACTION [OPTION]…\n"
	"\n"
	"  check POLICY…               say what is wrong with a policy\n"
	"  explain POLICY CALL [ARG]…  what a system call gets, and which line says so\n"
	"  diff POLICY POLICY          the system calls that get something else\n"
	"  groups [GROUP]              the groups of system calls, or the calls of one\n"
	"  import FILE.json            the policy that an OCI or Docker profile means\n"
	"\n"
	"A POLICY is the name of one (default, desktop, browser, dev, strict, or your own in\n"
	"~/.config/hutch/seccomp) or, with a slash in it, a file.\n"
	"\n"
	"      --arch NAME          as on this architecture\n"
	"      --include-root DIR   where absolute @include paths that are missing are looked for\n"
	"      --nested             for a sandbox that may hold others\n"
	"  -v, --verbose            say more\n"
	"      --help               this text\n"
	"\n"
	"The exit status is 1 where a policy has errors, or two differ. See hutch-seccomp(5).\n";

void policy_forms_free(struct policy_forms *forms)
{
	policy_program_free(&forms->program);
	policy_rules_free(&forms->rules);
	policy_free(&forms->policy);
}

static void print_diagnostics(const struct policy *policy)
{
	vector_each (d, &policy->diagnostics) {
		_cleanup_strbuf_ struct strbuf text = {0};

		policy_format_diagnostic(policy, d, &text);
		fputs(text.text, stderr);
	}
}

int policy_forms_load(const struct policy_tool *tool, const char *name, struct policy_forms *ret)
{
	_cleanup_policy_text_ struct policy_text text = {0};
	struct error e = {0};
	int r;

	r = policy_find(name, NULL, &text, &e);
	if (r < 0) {
		log_error(&e);
		return r;
	}
	policy_parse(&ret->policy, text.name, text.directory, text.text, text.length, text.builtin,
		     &tool->parse);
	/* Names of the other variant and contradictions show only here; all are wanted. */
	r = policy_resolve(&ret->policy, tool->arch, !tool->nested, &ret->rules);
	policy_rules_free(&ret->rules);
	if (r == 0)
		r = policy_resolve(&ret->policy, tool->arch, tool->nested, &ret->rules);
	print_diagnostics(&ret->policy);
	if (r < 0)
		return r;
	r = policy_compile(&ret->rules, &ret->program, &e);
	if (r < 0) {
		error_wrap(&e, "%s", text.name);
		log_error(&e);
	}
	return r;
}

static int usage_error(const char *text)
{
	struct error e = {0};

	error_set(&e, EINVAL, "profile seccomp: %s", text);
	error_remedy(&e, "hutch profile seccomp --help");
	return log_error(&e);
}

static int finish_output(int status)
{
	struct error e = {0};

	if (fflush(stdout) == 0)
		return status;
	error_errno(&e, errno, "standard output");
	return log_error(&e);
}

static int check(const struct policy_tool *tool, int argc, char **argv)
{
	int status = 0;

	if (argc < 1)
		return usage_error("check: no policy given");
	for (int i = 0; i < argc; i++) {
		_cleanup_forms_ struct policy_forms forms = {0};
		int r = policy_forms_load(tool, argv[i], &forms);

		if (r < 0 && forms.policy.sources.count == 0)
			return EXIT_HUTCH_FAILED; /* not even read */
		if (r < 0)
			status = 1;
		else if (tool->verbose)
			printf("%s: %zu rules, %zu instructions\n", argv[i],
			       forms.rules.arches.items[0].rules.count, forms.program.count);
	}
	return status;
}

static int groups(const struct policy_tool *tool, int argc, char **argv)
{
	_cleanup_strv_ struct strv names = {0};

	for (int i = 0; i < argc; i++) {
		const char *name = argv[i][0] == '@' ? argv[i] + 1 : argv[i];
		_cleanup_strv_ struct strv calls = {0};
		struct error e = {0};

		if (!policy_group_exists(name)) {
			const char *nearest = policy_group_nearest(name);

			error_set(&e, ENOENT, "no group of system calls is called @%s", name);
			error_remedy(&e, "%s%s", nearest ? "@" : "hutch profile seccomp groups",
				     nearest ? nearest : "");
			return log_error(&e);
		}
		policy_group_calls(name, &calls);
		for (size_t k = 0; k < calls.count; k++)
			puts(calls.items[k]);
	}
	if (argc)
		return 0;
	policy_group_names(&names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *purpose = policy_group_purpose(names.items[i]);

		printf("@%-15s %s\n", names.items[i], purpose);
	}
	return 0;
}

static int import(const struct policy_tool *tool, int argc, char **argv)
{
	_cleanup_policy_text_ struct policy_text text = {0};
	_cleanup_strbuf_ struct strbuf out = {0};
	struct error e = {0};

	if (argc != 1)
		return usage_error("import: one file is needed");
	if (policy_read(argv[0], &text, &e) < 0)
		return log_error(&e);
	if (policy_import_json(argv[0], text.text, text.length, &out, &e) < 0) {
		log_error(&e);
		return 1;
	}
	fputs(out.text, stdout);
	return 0;
}

static const struct {
	const char *name;
	int (*function)(const struct policy_tool *tool, int argc, char **argv);
} actions[] = {
	{"check", check},   {"explain", policy_explain}, {"diff", policy_diff},
	{"groups", groups}, {"import", import},
};

#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

static int unknown_action(const char *name)
{
	const char *names[ACTION_COUNT], *nearest;
	struct error e = {0};

	for (size_t i = 0; i < ACTION_COUNT; i++)
		names[i] = actions[i].name;
	nearest = string_nearest(name, names, ACTION_COUNT);
	error_set(&e, EINVAL, "profile seccomp: there is no action \"%s\"", name);
	error_remedy(&e, "hutch profile seccomp %s", nearest ? nearest : "--help");
	return log_error(&e);
}

static int wrong_arch(const char *name)
{
	struct error e = {0};

	error_set(&e, EINVAL, "--arch %s: no architecture is called so", name);
	error_remedy(&e, "x86_64, x86, x32, arm64, arm, riscv64, ppc64le, s390x, …");
	return log_error(&e);
}

int command_profile_seccomp(int argc, char **argv)
{
	static const struct option options[] = {
		{"arch", required_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{"include-root", required_argument, NULL, 'i'},
		{"nested", no_argument, NULL, 'n'},
		{"verbose", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	struct policy_tool tool = {.arch = policy_arch_native()};
	int arch, option;

	optind = 0;
	opterr = 0;
	/* "+" behind the action's name would refuse options there; arguments like -1 come after
	 * "--". */
	while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			arch = policy_arch_find(optarg);
			if (arch < 0)
				return wrong_arch(optarg);
			tool.arch = (unsigned int)arch;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return finish_output(0);
		case 'i':
			tool.parse.include_root = optarg;
			break;
		case 'n':
			tool.nested = true;
			break;
		case 'v':
			tool.verbose = true;
			break;
		default:
			return usage_error("wrong option");
		}
	}
	if (optind >= argc)
		return usage_error("no action given");
	for (size_t i = 0; i < ACTION_COUNT; i++)
		if (streq(actions[i].name, argv[optind]))
			return finish_output(
				actions[i].function(&tool, argc - optind - 1, argv + optind + 1));
	return unknown_action(argv[optind]);
}
