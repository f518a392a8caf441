// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "language/option_table.h"

#include <stdbool.h>

/*
 * Text that is made from the option table when hutch is built: the lists in the man pages and what
 * the shells' completions know. completions/ and docs/ hold the pages around them.
 */

/* A verb as the generated text knows it. */
struct verb_name {
	const char *name, *help;
	enum verb verb;
};

/*
 * Append what the line "@WHAT ARGUMENT@" of a template stands for; false where it stands for
 * nothing. WHAT is one of:
 *   bash, zsh, fish       the tables of a completion script
 *   options VERB          the options of a verb, as scdoc
 *   keys SECTION          the keys of a profile's section, as scdoc
 *   foreign               options of other tools and what says the same here, as scdoc
 */
bool generated_text(const char *marker, const struct verb_name *verbs, size_t count,
		    struct strbuf *out);
