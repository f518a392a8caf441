// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "engine/channel.h"
#include "engine/plan.h"
#include "kernel/cgroup.h"
#include "kernel/seccomp_notify.h"

#include <stdbool.h>

/* Something that the program would have reached, and may not. */
struct refusal {
	char *protocol;    /* "tcp" */
	char *destination; /* "203.0.113.7:80" */
	char *name;        /* the name it was looked up by; "" where there was none */
	char *rule;        /* what refused it */
	char *option;      /* what would allow it: "--allow example.org:80" */
	uint64_t count;
};

enum { REFUSALS_KEPT = 256 };

/* A message to a bus that was not let through. */
struct bus_refusal {
	const char *bus; /* "session" */
	char *name;      /* which was called or asked for */
	char *what;      /* for people: the method, and whose */
	char *line;      /* of a profile, which would allow it; NULL: none does */
	uint64_t count;
};

/* A network of the sandbox's own, as its helper tells of it. */
struct report_network {
	bool carried;           /* it was ready */
	bool lost;              /* the helper ended before the program did */
	char *tcp, *udp, *icmp; /* by what each is carried */
	bool ipv6;
	struct strv notes;               /* what is weaker than it could be */
	char *counters;                  /* an object of JSON; NULL: none were told */
	uint64_t refused;                /* how often */
	VECTOR(struct refusal) refusals; /* distinct ones, the first REFUSALS_KEPT */
};

/* What was really enforced, and how it ended. Filled by launch(). */
struct report {
	bool ran;           /* the program was started; else the rest says nothing */
	bool timed_out;     /* a limit on time that the launcher watches ended it */
	bool cpu_timed_out; /* and it was the one on processor time */
	bool cut_off;       /* whoever would have told how it ended was gone before */
	bool memory_out;    /* more memory than the plan allows was seen, which ended it */
	uint64_t cpu_limit; /* seconds of processor time, where they are limited; else 0 */
	struct ending ending;
	double wall; /* seconds from start to end */
	/* Where there was a cgroup (its directory, else ""), what it says in the end. */
	char box[512];
	struct cgroup_usage usage;
	uint64_t left_out;     /* as in struct box */
	uint64_t memory_seen;  /* the most that was seen where the plan has it watched */
	uint64_t output;       /* bytes written, where they were counted */
	bool output_truncated; /* and not all of them were passed on */
	int landlock_abi;
	struct strv notes; /* what is weaker than it could be */
	/* Denied system calls, where the plan asks for them, one entry a distinct one; and whom to
	 * tell when a first one happens (NULL: nobody). */
	VECTOR(struct denial) denials;
	void (*denied)(const struct plan *plan, const struct denial *denial);
	/* Whom to tell that everything stands and the program is next (NULL: nobody). */
	void (*ready)(void *data);
	void *ready_data;
	/* The plan as JSON, for who asks while the sandbox runs, to be freed; NULL: not told. */
	char *(*describe)(const struct plan *plan, void *data);
	void *describe_data;
	bool wayland_context; /* the compositor took the security context, and said so */
	struct report_network network;
	/* Whom to tell of each refusal (NULL: nobody). */
	void (*refused)(const struct plan *plan, const struct refusal *refusal);
	/* The same of the message buses, where the plan has that told; distinct ones. */
	VECTOR(struct bus_refusal) bus_refusals;
	void (*bus_refused)(const struct plan *plan, const struct bus_refusal *refusal);
};

/*
 * The exit status that the ending leads to: the program's own, 128+n for signal n, EXIT_TIME_LIMIT
 * where a limit on time ended it.
 */
int report_exit_status(const struct report *report);

/* How it ended, in one word of two letters. */
enum verdict {
	VERDICT_OK,
	VERDICT_ERROR,  /* RE: exit status other than 0 */
	VERDICT_SIGNAL, /* SG */
	VERDICT_TIME,   /* TO: a limit on time, --time or --wall, ended it */
	VERDICT_MEMORY, /* ML: it failed, and something was killed for want of memory */
	VERDICT_OUTPUT, /* OL: output was cut off, or a file would have grown too large */
	VERDICT_FAILED, /* XX: hutch itself failed, nothing ran */
};

extern const char *const verdict_names[];

enum verdict report_verdict(const struct report *report);

/* Seconds of processor time, of all processes as far as is known. */
double report_cpu(const struct report *report);

/* Frees what the refusal owns. */
void refusal_free(struct refusal *refusal);
void bus_refusal_free(struct bus_refusal *refusal);

void report_free(struct report *report);
