// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/policy_lex.h"

/* The place in a statement where a parser stands: what statements and expressions are read with. */

#define POLICY_INCLUDE_DEPTH    10
#define POLICY_SOURCE_LIMIT     256
#define POLICY_CLAUSE_ATOMS     40 /* one clause's jumps must reach its end: 255 instructions */
#define POLICY_ITEM_LIMIT       65536
#define POLICY_SUGGESTION_LIMIT 20 /* looking for what was meant takes long */

struct policy_parser {
	struct policy_lexer lexer;
	const struct policy_options *options;
	size_t next; /* in lexer.tokens */
	unsigned int depth;
	bool failed; /* this statement has an error */
};

/* The current word; TOKEN_END at the statement's end. */
static inline const struct policy_token *policy_peek(const struct policy_parser *p)
{
	return &p->lexer.tokens.items[p->next];
}

static inline const struct policy_token *policy_take(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);

	if (token->type != TOKEN_END)
		p->next++;
	return token;
}

/* Take the current word if it is of @type. */
static inline bool policy_accept(struct policy_parser *p, enum policy_token_type type)
{
	if (policy_peek(p)->type != type)
		return false;
	policy_take(p);
	return true;
}

/* Is a suggestion still worth looking for? */
static inline bool policy_may_suggest(struct policy_parser *p)
{
	return p->lexer.policy->suggestions++ < POLICY_SUGGESTION_LIMIT;
}

/* Report an error at @token; returns false for `return policy_fail(…)`. */
bool policy_fail(struct policy_parser *p, const struct policy_token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
