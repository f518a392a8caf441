// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>

/* Whether somebody sits at a terminal who can be asked. */
bool prompt_possible(void);

/* Ask @question on standard error: the first letter of the answer, in lower case; 0 at the end of
 * the input. */
char prompt_letter(const char *question);
