// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/policy_cursor.h"

/* Filters and values, for the parser of statements. */

/* value = ["~"] (name | number | "(" value ")") {"|" …} */
bool policy_parse_value(struct policy_parser *p, uint64_t *ret);

/* A number as strtol(3) with base 0 reads it. */
bool policy_parse_number(struct policy_parser *p, const struct policy_token *token, uint64_t *ret);

/* The word of an action, or "return" and its value. */
bool policy_parse_action(struct policy_parser *p, uint32_t *ret);

/*
 * What stands behind the colon. @plain: one name without conditions stands before it, so that
 * minijail's library would read the statement too and "EXPRESSION; return X" means what it means
 * there.
 */
bool policy_parse_filters(struct policy_parser *p, bool plain, struct policy_span *ret);
