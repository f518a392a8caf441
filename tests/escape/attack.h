// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The attack program: what its topics share.
 *
 * An attempt is a function that tries one thing a hostile program would try and says how it was
 * refused: it returns the errno of the refusal, or 0 where the attack worked. It is also one row in
 * the table at the end of its topic's file; nothing else has to be touched to add one (but
 * tests/escape/expected.tsv, where its verdict is).
 *
 * What an attempt needs to know of the host (the process to kill, the socket to reach) is handed
 * over by the runner in the variable ATTACK, as words of the form key=value, made by canary.c. A
 * path is not given as an argument, since the launcher may share files that are named there.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* The attempt could not be made, so nothing is known: exit status, never an errno */
#define IMPOSSIBLE 255
/* The call was let through, and did nothing to anyone outside as far as the attacker can see; the
 * canaries judge */
#define NO_EFFECT ENODATA
/* The attacker was killed for trying */
#define KILLED EOWNERDEAD

struct attempt {
	const char *name;
	int (*run)(void);
	/*
	 * What the runner has to arrange: "" or "tty" (a terminal on 0-2), "stdin" (a file opened
	 * for reading), "named" (a file as argument), "pidns" (never to be tried where the host's
	 * processes are in reach), "bats" (not in the grid: a .bats file starts it)
	 */
	const char *needs;
	const char *text;
	unsigned check; /* 0: only in the tests */
};

/* What an attempt is to `hutch check` (sandbox/commands/check.c) */
enum {
	HARMLESS = 1 << 0,     /* may be made on a user's own machine, in a sandbox and without */
	ONLY_INSIDE = 1 << 1,  /* without a sandbox it is not to be tried */
	IN_A_PROJECT = 1 << 2, /* needs a writable directory with protected places in it */
	/* What lets it through by design */
	BY_NETWORK = 1 << 3,      /* there is one */
	BY_HOST_NETWORK = 1 << 4, /* it is the host's */
	BY_NESTED = 1 << 5,       /* sandboxes in the sandbox */
	BY_RANGE = 1 << 6,        /* more than one id */
	BY_SECRET = 1 << 7,       /* the canary's directory is shared */
	BY_HOME = 1 << 8,         /* so is the home */
	BY_NAMED = 1 << 9,        /* files named on the command line may be written to */
	BY_SOCKET = 1 << 10,      /* a socket was granted */
	BY_DEVICE = 1 << 11,      /* a device was granted */
	BY_TERMINAL = 1 << 12,    /* the terminal is shared */
};

/* Several tries of one kind: the attack works when one of them does */
struct tally {
	bool worked;
	int refusal;
};

extern const struct attempt attempts_files[], attempts_kernel[], attempts_mounts[],
	attempts_process[], attempts_services[], attempts_terminal[], attempts_credentials[],
	attempts_network[], attempts_syscalls[];

/* The other two things that the program is: canary.c, terminal.c */
int canary_main(int argc, char **argv);
int terminal_main(int argc, char **argv);

/* The file named on the command line, where the row asks for one */
extern const char *named_file;

/* What the host told under KEY; ends the program as IMPOSSIBLE when it told nothing */
const char *canary(const char *key);
long canary_number(const char *key);
bool canary_given(const char *key);

/* Says why the attempt cannot be made, and ends the program */
void impossible(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A remark for whoever reads the log */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* errno of a call that returned RESULT, 0 when it worked */
int refusal(long result);

/* Adds a try of WHAT that ended with ERR (0: it worked) */
void tally_add(struct tally *t, int err, const char *what);
/* 0 when one of them worked, else a refusal, else NOTHING when there was nothing to try */
int tally_result(const struct tally *t, int nothing);

/* Runs FN in a child: what it returned, or KILLED */
int in_child(int (*fn)(void *), void *arg);

/* A user and a mount namespace of one's own inside the sandbox, root in it: 0 or the errno of the
 * refusal */
int enter_nested(void);

/* Opens PATH and reads something from it: 0 or errno; NO_EFFECT when it opens and is empty */
int read_something(const char *path);

/* Whether FILE holds TEXT anywhere; -1 with errno when it cannot be read */
int file_holds(const char *file, const char *text);
