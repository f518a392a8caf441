// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/bwrap_line.h"

/* How bubblewrap's command line is taken apart: language/bwrap.c walks it, this takes one option. */

struct bwrap_parser {
	struct bwrap_line *line;
	struct exact_request *request;
	bool in_file;       /* in an arguments file */
	int mode;           /* --perms for the next operation; -1 */
	uint64_t size;      /* --size; 0 */
	struct strv layers; /* --overlay-src for the next overlay */
};

struct bwrap_option;
typedef int bwrap_take(struct bwrap_parser *parser, const struct bwrap_option *option,
		       char **values, struct error *e);

struct bwrap_option {
	const char *name, *values; /* "SRC DEST" */
	int count;
	bwrap_take *take; /* NULL: --args, whose words whoever walks the line takes himself */
	size_t offset;    /* of what it sets in struct exact_request or struct bwrap_line */
	struct operation operation;
	const char *help;
	bool modifier; /* says something about the next option */
};
/* The table, in the order of --help. */
extern const struct bwrap_option bwrap_options[];
extern const size_t bwrap_option_count;

/* The option of that name ("--bind"), or NULL. */
const struct bwrap_option *bwrap_option_by_name(const char *name);

/* A descriptor's number as written; -EBADF and bubblewrap's message where it is none. */
int bwrap_parse_fd(const char *text, int *ret, struct error *e);
