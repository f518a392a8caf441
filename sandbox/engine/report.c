// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/report.h"

#include <signal.h>
#include <sys/wait.h>

int report_exit_status(const struct report *report)
{
	int status = report->ending.status;

	if (report->timed_out ||
	    (report->cpu_limited && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return EXIT_TIME_LIMIT;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void report_free(struct report *report)
{
	strv_free(&report->notes);
	vector_free(&report->denials);
}
