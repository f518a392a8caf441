// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program of the build: copies a template, with each line "@…@" replaced by what the option table
 * says. Usage: generate TEMPLATE >OUTPUT
 */
#include "commands/commands.h"
#include "language/generated.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct verb_name verbs[32];
	char line[4096];
	FILE *template = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (!template || command_count > sizeof(verbs) / sizeof(verbs[0])) {
		fprintf(stderr, "usage: generate TEMPLATE\n");
		return 1;
	}
	for (size_t i = 0; i < command_count; i++)
		verbs[i] = (struct verb_name){command_table[i].name, command_table[i].help,
					      command_table[i].verb};
	while (fgets(line, sizeof(line), template)) {
		size_t length = strcspn(line, "\n");
		struct strbuf text = {0};

		if (length < 3 || line[0] != '@' || line[length - 1] != '@') {
			fputs(line, stdout);
			continue;
		}
		line[length - 1] = '\0';
		if (!generated_text(line + 1, verbs, command_count, &text)) {
			fprintf(stderr, "%s: @%s@ stands for nothing\n", argv[1], line + 1);
			return 1;
		}
		if (text.text)
			fputs(text.text, stdout);
		strbuf_free(&text);
	}
	fclose(template);
	return fflush(stdout) == 0 ? 0 : 1;
}
