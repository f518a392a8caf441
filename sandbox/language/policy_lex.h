// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "language/policy.h"

/* The words of a policy, for its parsers. */

enum policy_token_type {
	TOKEN_END,     /* behind the last word of the statement */
	TOKEN_WORD,    /* read, PROT_EXEC, arg0, allow, group@namespace, return */
	TOKEN_AT_WORD, /* @include, @system-service */
	TOKEN_NUMBER,
	TOKEN_PATH, /* only where one is asked for */
	TOKEN_COLON,
	TOKEN_SEMICOLON,
	TOKEN_COMMA,
	TOKEN_TILDE,
	TOKEN_OPEN_PAREN,
	TOKEN_CLOSE_PAREN,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
	TOKEN_ASSIGN,
	TOKEN_OR,       /* || */
	TOKEN_AND,      /* && */
	TOKEN_BIT_OR,   /* | */
	TOKEN_OPERATOR, /* == != < <= > >= & */
};

struct policy_token {
	enum policy_token_type type;
	const char *text; /* in the source's text, place.length bytes, not terminated */
	struct policy_place place;
	enum policy_operator comparison; /* of TOKEN_OPERATOR */
};

struct policy_lexer {
	struct policy *policy;
	uint32_t source;
	size_t position; /* in the text */
	uint32_t line;
	VECTOR(struct policy_token) tokens; /* of one statement; the last is TOKEN_END */
};

/*
 * Read the words of the next statement: one line, or several joined by "\" at the line's end. A
 * wrong byte is reported and makes the statement void (@ret_void).
 *
 * Return: false at the end of the text.
 */
bool policy_lex_statement(struct policy_lexer *lexer, bool *ret_void);

/* Is the token this word? */
bool policy_token_is(const struct policy_token *token, const char *word);
