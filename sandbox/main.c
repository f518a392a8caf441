// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"

#include "base/log.h"

/*
 * One program with two names. Executed as /proc/self/exe, as a sandbox in a sandbox is in scripts, it
 * has none; then an option in place of a verb tells.
 */
static bool is_bwrap(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "";

	if (streq(name, "exe") && argc > 1)
		return startswith(argv[1], "--") != NULL;
	return streq(name, "hutch-bwrap") || streq(name, "bwrap");
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (is_bwrap(argc, argv))
		return command_bwrap(argc, argv);
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
