// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/bwrap_line.h"

/* bubblewrap's command line: `bwrap [OPTION…] [--] COMMAND [ARG…]`, up to its release 0.12. */

#define BWRAP_RELEASE "0.12.0"

/*
 * Read the command line, argv[0] left out, and the arguments files that it names. Messages are those
 * of bubblewrap, without its name in front. 0 or -errno; @ret, which the caller frees in either case,
 * says how far it came.
 */
int bwrap_parse(int argc, char **argv, struct bwrap_line *ret, struct error *e);

void bwrap_line_free(struct bwrap_line *line);

/* The list of options, as --help prints it for a program called @name. */
void bwrap_usage(const char *name, struct strbuf *ret);
