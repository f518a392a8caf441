// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program of the build: compile the shipped policies into a C table on standard output, so that
 * starting a sandbox compiles nothing. With HEADER and pairs of FILE and SYMBOL, compile these: the
 * filters of helper programs, which nobody chooses by name. A policy with an error, or a warning,
 * ends the build.
 */
#include "base/fd.h"
#include "base/string.h"
#include "language/policy.h"
#include "language/policy_builtin.h"
#include "language/policy_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* The table that this program makes and therefore has to do without. */
const struct sock_filter policy_filter_instructions[] = {{0}};
const struct policy_filter_entry policy_filter_entries[] = {{{0}}};
const uint32_t policy_filter_count = 0;

static void print_diagnostics(const struct policy *policy)
{

	vector_each (d, &policy->diagnostics) {
		_cleanup_strbuf_ struct strbuf text = {0};

		policy_format_diagnostic(policy, d, &text);
		fputs(text.text, stderr);
	}
}

static int compile(const struct policy_builtin *builtin, bool nested, struct policy_program *ret)
{
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_rules_ struct policy_rules rules = {0};
	struct error e = {0};

	policy_parse(&policy, builtin->name, NULL, builtin->text, builtin->length, true, NULL);
	policy_resolve(&policy, policy_arch_native(), nested, &rules);
	print_diagnostics(&policy);
	if (policy.diagnostics.count)
		return -1;
	if (policy_compile(&rules, ret, &e) < 0) {
		fprintf(stderr, "%s: %s\n", builtin->name, e.text);
		return -1;
	}
	return 0;
}

static void print_instructions(const struct policy_program *program)
{
	for (size_t i = 0; i < program->count; i++)
		printf("\t{0x%x, %u, %u, 0x%x},\n", program->items[i].code, program->items[i].jt,
		       program->items[i].jf, program->items[i].k);
}

static int compile_file(const char *path, const char *symbol)
{
	_cleanup_program_ struct policy_program program = {0};
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct policy_builtin file = {.name = path};
	struct error e = {0};

	if (fd < 0 || fd_read_all(fd, path, 1 << 20, &text, &file.length, &e) < 0) {
		fprintf(stderr, "%s: %s\n", path, fd < 0 ? strerror(errno) : e.text);
		return -1;
	}
	file.text = text;
	if (compile(&file, false, &program) < 0)
		return -1;
	printf("const struct sock_filter %s[] = {\n", symbol);
	print_instructions(&program);
	printf("};\nconst size_t %s_count = %zu;\n", symbol, program.count);
	return 0;
}

static int compile_files(const char *header, char **pairs)
{
	int status = 0;

	printf("// SPDX-License-Identifier: GPL-2.0-or-later\n// Made by compile_policies.\n"
	       "#include \"%s\"\n",
	       header);
	for (; pairs[0] && pairs[1]; pairs += 2)
		if (compile_file(pairs[0], pairs[1]) < 0)
			status = 1;
	return status;
}

int main(int argc, char **argv)
{
	VECTOR(struct policy_filter_entry) entries = {0};
	uint32_t position = 0;
	int status = 0;

	if (argc > 1)
		return compile_files(argv[1], argv + 2);
	printf("// SPDX-License-Identifier: GPL-2.0-or-later\n// Made by compile_policies.\n"
	       "#include \"language/policy_builtin.h\"\n"
	       "const struct sock_filter policy_filter_instructions[] = {\n");
	for (size_t i = 0; i < policy_builtin_count(); i++) {
		struct policy_builtin builtin = policy_builtin_at(i);
		const char *suffix = strstr(builtin.name, ".policy");
		struct policy_filter_entry new = {0};

		if (!suffix || strchr(builtin.name, '/'))
			continue;
		snprintf(new.name, sizeof(new.name), "%.*s", (int)(suffix - builtin.name),
			 builtin.name);
		for (int nested = 0; nested < 2; nested++) {
			_cleanup_program_ struct policy_program program = {0};

			if (compile(&builtin, nested, &program) < 0)
				status = 1;
			new.first[nested] = position;
			new.count[nested] = (uint32_t)program.count;
			position += new.count[nested];
			print_instructions(&program);
		}
		*vector_add(&entries) = new;
	}
	printf("};\nconst struct policy_filter_entry policy_filter_entries[] = {\n");
	vector_each (entry, &entries)
		printf("\t{\"%s\", {%u, %u}, {%u, %u}},\n", entry->name, entry->first[0],
		       entry->first[1], entry->count[0], entry->count[1]);
	printf("};\nconst uint32_t policy_filter_count = %zu;\n", entries.count);
	vector_free(&entries);
	return status;
}
