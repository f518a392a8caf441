// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cost POLICY…: what a policy costs. For each: finding it (in a fresh process, as a start does),
 * loading its filter, and a system call under it against one without, next to the least that any
 * filter costs (one instruction, "allow"). The least of many measurements, which others' work on
 * the machine disturbs least.
 */
#include "kernel/seccomp.h"
#include "language/policy_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN 40

static const struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
static const struct filter least = {.instructions = allow, .count = 1};

struct cost {
	double find, load, call; /* microseconds, microseconds, nanoseconds */
	size_t count;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double call_cost(void)
{
	double best = 1e9;

	for (int i = 0; i < 20; i++) {
		double start = now(), one;

		for (int k = 0; k < 20000; k++)
			syscall(SYS_getppid);
		one = (now() - start) / 20000 * 1000;
		best = one < best ? one : best;
	}
	return best;
}

/* In a child of its own: @policy "" is no filter, "allow" the least one. */
static struct cost measure(const char *policy)
{
	struct filter filter = least;
	struct cost cost = {0};
	struct error e;
	double start = now();

	if (*policy && strcmp(policy, "allow") != 0 &&
	    policy_load(policy, NULL, false, &filter, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	cost.find = now() - start;
	cost.count = filter.count;
	if (*policy) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		start = now();
		if (seccomp_apply(&filter, 0) < 0)
			exit(1);
		cost.load = now() - start;
	}
	cost.call = call_cost();
	return cost;
}

static void keep_least(double *best, double value)
{
	*best = value < *best ? value : *best;
}

/* A fresh process, by exec: pages and tables are as cold as at a start. */
static void measure_elsewhere(const char *self, const char *policy, struct cost *best)
{
	struct cost cost;
	int fd[2];

	if (pipe(fd) < 0)
		exit(1);
	if (fork() == 0) {
		dup2(fd[1], 1);
		execl(self, self, "--one", policy, NULL);
		_exit(1);
	}
	close(fd[1]);
	if (read(fd[0], &cost, sizeof(cost)) != sizeof(cost))
		exit(1);
	close(fd[0]);
	wait(NULL);
	keep_least(&best->find, cost.find);
	keep_least(&best->load, cost.load);
	keep_least(&best->call, cost.call);
	best->count = cost.count;
}

int main(int argc, char **argv)
{
	struct cost costs[16];

	if (argc == 3 && strcmp(argv[1], "--one") == 0) {
		struct cost cost = measure(argv[2]);

		return write(1, &cost, sizeof(cost)) == sizeof(cost) ? 0 : 1;
	}
	if (argc > 15)
		return 1;
	for (int i = 0; i < 16; i++)
		costs[i] = (struct cost){1e9, 1e9, 1e9, 0};
	/* In turns, so that what else the machine does hits them all. */
	for (int n = 0; n < CHILDREN; n++) {
		measure_elsewhere(argv[0], "", &costs[0]);
		measure_elsewhere(argv[0], "allow", &costs[1]);
		for (int i = 1; i < argc; i++)
			measure_elsewhere(argv[0], argv[i], &costs[i + 1]);
	}
	printf("%-24s %5s %9s %9s %9s %6s\n", "policy", "insns", "find/us", "load/us", "call/ns",
	       "x");
	for (int i = 0; i <= argc; i++)
		printf("%-24s %5zu %9.1f %9.1f %9.1f %6.2f\n",
		       i == 0   ? "(no filter)"
		       : i == 1 ? "(one instruction)"
				: argv[i - 1],
		       i ? costs[i].count : 0, i > 1 ? costs[i].find : 0, i ? costs[i].load : 0,
		       costs[i].call, costs[i].call / costs[0].call);
	return 0;
}
