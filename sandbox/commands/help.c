// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"

#include "base/log.h"
#include "language/help.h"

#include <stdio.h>

static void overview(void)
{
	printf("Usage: hutch COMMAND …\n"
	       "Run programs in a sandbox, as the user you are.\n\n");
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];
		bool two = command->together && i + 1 < command_count;
		_cleanup_free_ char *names = xasprintf("%s%s%s", command->name, two ? ", " : "",
						       two ? command[1].name : "");

		printf("  %-17s %s\n", names, two ? command->together : command->help);
		i += two;
	}
	printf("\nExamples:\n"
	       "  hutch run ./downloaded-program file.pdf   no network, an empty home, the system "
	       "read-only\n"
	       "  hutch run --rw . make                     and the working directory, to write "
	       "in\n"
	       "  hutch run --help                          what else can be let in\n");
}

int command_help(int argc, char **argv)
{
	const struct command *command;

	if (argc > 1) {
		_cleanup_free_ char *text = NULL;

		command = command_by_name(argv[1]);
		if (!command)
			return command_unknown(argv[1]);
		text = help_of_verb(command->verb, true);
		fputs(text, stdout);
	} else {
		overview();
	}
	return fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
}
