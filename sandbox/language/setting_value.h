// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "language/option_table.h"
#include "plan/request.h"

/* Where a value stands. */
struct value_source {
	struct origin origin;  /* .file is NULL on the command line */
	const char *directory; /* of the profile; NULL on the command line */
};

/* One value that is not a list, on its way into a setting. */
struct setting_value {
	const struct option_row *row;
	const char *rest; /* NAME of a key rlimit.NAME */
	const struct value_source *source;
	char *text;              /* as written; a parser may replace it and write in it */
	struct setting *setting; /* zeroed but for what all settings have */
};

/*
 * Read @v->text as the row's type says, into @v->setting. Not negative or -errno with a message that
 * says what is wrong with it, without the value itself.
 */
int setting_value_parse(struct setting_value *v, struct error *e);
