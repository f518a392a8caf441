// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/report.h"

#include <signal.h>
#include <sys/wait.h>

/* The kernel sends SIGXCPU at the limit, and a second later SIGKILL to those who ignore it
 * (setrlimit(2)). */
static bool used_up(const struct report *report, int number)
{
	const struct rusage *usage = &report->ending.usage;

	if (!report->cpu_limit)
		return false;
	return number == SIGXCPU ||
	       (number == SIGKILL &&
		(uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) >= report->cpu_limit);
}

int report_exit_status(const struct report *report)
{
	int status = report->ending.status;

	if (report->timed_out || (WIFSIGNALED(status) && used_up(report, WTERMSIG(status))))
		return EXIT_TIME_LIMIT;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void refusal_free(struct refusal *refusal)
{
	free(refusal->protocol);
	free(refusal->destination);
	free(refusal->name);
	free(refusal->rule);
	free(refusal->option);
}

static void network_free(struct report_network *network)
{
	free(network->tcp);
	free(network->udp);
	free(network->icmp);
	free(network->counters);
	strv_free(&network->notes);
	vector_each (refusal, &network->refusals)
		refusal_free(refusal);
	vector_free(&network->refusals);
}

const char *const verdict_names[] = {
	[VERDICT_OK] = "OK",     [VERDICT_ERROR] = "RE",  [VERDICT_SIGNAL] = "SG",
	[VERDICT_TIME] = "TO",   [VERDICT_MEMORY] = "ML", [VERDICT_OUTPUT] = "OL",
	[VERDICT_FAILED] = "XX",
};

enum verdict report_verdict(const struct report *report)
{
	int status = report->ending.status;
	bool out_of_memory =
		report->box[0] && report->usage.oom_kills != CGROUP_MAX && report->usage.oom_kills;

	if (!report->ran)
		return VERDICT_FAILED;
	if (report->timed_out || (WIFSIGNALED(status) && used_up(report, WTERMSIG(status))))
		return VERDICT_TIME;
	if (report->output_truncated || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ))
		return VERDICT_OUTPUT;
	if (report->memory_out || (out_of_memory && status))
		return VERDICT_MEMORY;
	if (WIFSIGNALED(status))
		return VERDICT_SIGNAL;
	return WEXITSTATUS(status) ? VERDICT_ERROR : VERDICT_OK;
}

double report_cpu(const struct report *report)
{
	const struct rusage *usage = &report->ending.usage;

	if (report->box[0] && report->usage.cpu != CGROUP_MAX)
		return (double)report->usage.cpu / 1e6;
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

void bus_refusal_free(struct bus_refusal *refusal)
{
	free(refusal->name);
	free(refusal->what);
	free(refusal->line);
}

void report_free(struct report *report)
{
	network_free(&report->network);
	strv_free(&report->notes);
	vector_free(&report->denials);
	vector_each (refusal, &report->bus_refusals)
		bus_refusal_free(refusal);
	vector_free(&report->bus_refusals);
}
