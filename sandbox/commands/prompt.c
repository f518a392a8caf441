// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/prompt.h"

#include <stdio.h>
#include <unistd.h>

bool prompt_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

char prompt_letter(const char *question)
{
	char line[64];

	fputs(question, stderr);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return '\0';
	return line[0] >= 'A' && line[0] <= 'Z' ? (char)(line[0] - 'A' + 'a') : line[0];
}
