// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>

/*
 * What hutch says on standard error. Nothing is said on success; -v traces each step. Only
 * commands/ sets these, and only commands/ and the supervisor print.
 */
extern bool log_verbose;

/* Messages as JSON, one object a line: "level" (error, note or step), "message" and, where there is
 * one, "remedy". */
extern bool log_json;

/* The name in front of each line; "hutch" unless a front end speaks under another. */
extern const char *log_name;

/* With -v: one line on standard error, "hutch: text". Safe between clone and exec (one write(2), no
 * allocation). */
void log_step(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* With log_json: an object of JSON that is already one, in one line without its end. */
void log_object(const char *object);

/* One line on standard error: "hutch: text". */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "hutch: text" and, where there is one, "hutch: try: remedy". Returns the exit status the error
 * leads to. */
int log_error(const struct error *e);
