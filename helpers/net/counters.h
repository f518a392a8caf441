// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

#include <stdint.h>

/*
 * What went where: totals, and for each destination by the name or address it was asked for.
 */

/* Destinations told apart; the rest share one line. */
#define COUNTERS_LIMIT 256

struct tally {
	char *name; /* NULL on the line of the others */
	uint64_t connections, up, down, refused;
};

struct counters {
	struct tally total;
	uint64_t datagrams_up, datagrams_down;
	uint64_t failed;  /* connections that the destination refused or that led nowhere */
	uint64_t now;     /* connections that are open */
	uint64_t dropped; /* frames that were not understood or too many */
	struct tally lines[COUNTERS_LIMIT];
	size_t line_count;
	struct tally others;
};

/* The line of destination @name; never NULL, and valid for as long as @counters. */
struct tally *counters_line(struct counters *counters, const char *name);

void counters_free(struct counters *counters);
