// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/option_table.h"

#include <stdbool.h>

/* `hutch VERB --help`: usage, the most used options or @all, examples. The caller frees it. */
char *help_of_verb(enum verb verb, bool all);

/* What stands behind an option: " PATH", " own|share", "[=no]", or "". The caller frees it. */
char *help_value(const struct option_row *row);
