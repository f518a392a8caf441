// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"

#include "base/log.h"

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		log_line("no command given");
		log_line("try: hutch --help");
		return EXIT_HUTCH_FAILED;
	}
	if (streq(argv[1], "--help") || streq(argv[1], "-h") || streq(argv[1], "--help=all"))
		return command_help(1, argv + 1);
	if (streq(argv[1], "--version"))
		return command_version(1, argv + 1);
	command = command_by_name(argv[1]);
	if (!command)
		return command_unknown(argv[1]);
	return command->function(argc - 1, argv + 1);
}
