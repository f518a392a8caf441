// SPDX-License-Identifier: GPL-2.0-or-later
#include "counters.h"

#include <string.h>

struct tally *counters_line(struct counters *counters, const char *name)
{
	struct tally *line;

	for (size_t i = 0; i < counters->line_count; i++)
		if (streq(counters->lines[i].name, name))
			return &counters->lines[i];
	/* Bounded: the program inside chooses the names. */
	if (counters->line_count == COUNTERS_LIMIT)
		return &counters->others;
	line = &counters->lines[counters->line_count++];
	line->name = xstrdup(name);
	return line;
}

void counters_free(struct counters *counters)
{
	for (size_t i = 0; i < counters->line_count; i++)
		free(counters->lines[i].name);
	counters->line_count = 0;
}
