// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/*
 * What went wrong, and what to do about it.
 *
 * Every function that can fail takes a `struct error *` last and returns a negative errno. The
 * message is made where the facts are known; callers put context in front with error_wrap().
 * Nothing here allocates, so that errors can be made between clone and exec and sent over a pipe
 * whole. Only commands/ prints.
 */

/* Exit statuses that speak of hutch itself (docs: "Exit status"). */
enum exit_status {
	EXIT_TIME_LIMIT = 124,     /* a time limit ended the program */
	EXIT_HUTCH_FAILED = 125,   /* hutch could not do what was asked; nothing ran */
	EXIT_NOT_EXECUTABLE = 126, /* the program was found but cannot be executed */
	EXIT_NOT_FOUND = 127,      /* the program was not found */
};

struct error {
	int code;         /* positive errno of the cause; 0 when there is none */
	int status;       /* exit status this error leads to; 0 stands for EXIT_HUTCH_FAILED */
	char text[768];   /* "binding /a on /b: opening parent: Permission denied"; no newline */
	char remedy[768]; /* what the user can do about it; "" where that is not known */
};

/*
 * Set the message and return -@code. error_set() takes the text as it is; error_errno() appends ":
 * " and the description of @code. Messages longer than the buffer are cut. @e may be NULL.
 */
int error_set(struct error *e, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int error_errno(struct error *e, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "context: " in front of the message; returns -e->code so that callers can `return error_wrap
 * (…)`. */
int error_wrap(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say what to do about it; returns -e->code. A remedy that is already there stays: the innermost
 * knows best. */
int error_remedy(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Choose the exit status (EXIT_NOT_FOUND, …); returns -e->code. */
int error_status(struct error *e, int status);

/* The description of errno @code, never NULL, never allocated ("Permission denied"). */
const char *error_name(int code);
