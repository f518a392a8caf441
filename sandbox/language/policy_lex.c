// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of a policy.
 *
 * A statement ends with its line unless the line's very last byte is a backslash. What follows a
 * "#" is comment; a backslash at the end of a comment still joins the lines, as it does in
 * minijail's compiler, and that is worth a warning since its library disagrees.
 */
#include "language/policy_lex.h"

#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '@';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool policy_token_is(const struct policy_token *token, const char *word)
{
	return (token->type == TOKEN_WORD || token->type == TOKEN_AT_WORD) &&
	       token->place.length == strlen(word) &&
	       memcmp(token->text, word, token->place.length) == 0;
}

static size_t word_length(const char *text, size_t left)
{
	size_t length = 0;

	while (length < left && is_word(text[length]))
		length++;
	return length;
}

/* Fill in type, length and operator of the word that begins at @text; false where none does. */
static bool classify(struct policy_token *token, const char *text, size_t left)
{
	static const struct {
		const char *text;
		enum policy_token_type type;
		enum policy_operator comparison;
	} signs[] = {
		/* Longer ones first. */
		{"||", TOKEN_OR, 0},
		{"&&", TOKEN_AND, 0},
		{"==", TOKEN_OPERATOR, POLICY_EQUAL},
		{"!=", TOKEN_OPERATOR, POLICY_NOT_EQUAL},
		{"<=", TOKEN_OPERATOR, POLICY_LESS_EQUAL},
		{">=", TOKEN_OPERATOR, POLICY_GREATER_EQUAL},
		{"<", TOKEN_OPERATOR, POLICY_LESS},
		{">", TOKEN_OPERATOR, POLICY_GREATER},
		{"&", TOKEN_OPERATOR, POLICY_ANY_BIT},
		{"|", TOKEN_BIT_OR, 0},
		{"=", TOKEN_ASSIGN, 0},
		{":", TOKEN_COLON, 0},
		{";", TOKEN_SEMICOLON, 0},
		{",", TOKEN_COMMA, 0},
		{"~", TOKEN_TILDE, 0},
		{"(", TOKEN_OPEN_PAREN, 0},
		{")", TOKEN_CLOSE_PAREN, 0},
		{"{", TOKEN_OPEN_BRACE, 0},
		{"}", TOKEN_CLOSE_BRACE, 0},
		{"[", TOKEN_OPEN_BRACKET, 0},
		{"]", TOKEN_CLOSE_BRACKET, 0},
	};

	token->text = text;
	if (is_digit(*text) || (*text == '-' && left > 1 && is_digit(text[1]))) {
		token->type = TOKEN_NUMBER;
		token->place.length = 1;
		while (token->place.length < left && is_word(text[token->place.length]))
			token->place.length++;
		return true;
	}
	if (is_letter(*text)) {
		token->type = TOKEN_WORD;
		token->place.length = (uint32_t)word_length(text, left);
		return true;
	}
	if (*text == '@' && left > 1 && is_letter(text[1])) {
		token->type = TOKEN_AT_WORD;
		token->place.length = (uint32_t)word_length(text, left);
		return true;
	}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i].text);

		if (length <= left && memcmp(text, signs[i].text, length) == 0) {
			token->type = signs[i].type;
			token->comparison = signs[i].comparison;
			token->place.length = (uint32_t)length;
			return true;
		}
	}
	return false;
}

/* The rest of the line up to a space is a path behind these two words, and behind whatever was
 * meant to be one of them. */
static bool wants_path(const struct policy_lexer *lexer, char next)
{
	const struct policy_token *first = lexer->tokens.items;

	if (lexer->tokens.count != 1 || first->type != TOKEN_AT_WORD)
		return false;
	return policy_token_is(first, "@include") || policy_token_is(first, "@frequency") ||
	       next == '.' || next == '/';
}

/* Length of the run of bytes that no word begins with. */
static uint32_t wrong_length(const char *text, size_t left)
{
	struct policy_token token;
	uint32_t length = 1;

	while (length < left && !is_space(text[length]) && text[length] != '#' &&
	       !classify(&token, text + length, left - length))
		length++;
	return length;
}

/* Read one line of @length bytes; false where it holds a wrong byte. */
static bool lex_line(struct policy_lexer *lexer, const char *line, size_t length)
{
	bool continued = length && line[length - 1] == '\\';
	size_t end = continued ? length - 1 : length;
	bool good = true;

	for (size_t i = 0; i < end;) {
		struct policy_token token = {
			.place = {lexer->source, lexer->line, (uint32_t)i + 1, 0}};

		if (is_space(line[i])) {
			i++;
			continue;
		}
		if (line[i] == '#') {
			token.place.column = (uint32_t)length;
			token.place.length = 1;
			if (continued)
				policy_report(lexer->policy, true, token.place,
					      "a comment ends in a backslash: the next line "
					      "continues it in some readers and not in others");
			break;
		}
		if (wants_path(lexer, line[i])) {
			token.type = TOKEN_PATH;
			token.text = line + i;
			while (i + token.place.length < end &&
			       !is_space(line[i + token.place.length]))
				token.place.length++;
		} else if (!classify(&token, line + i, end - i)) {
			token.place.length = wrong_length(line + i, end - i);
			policy_report(lexer->policy, false, token.place, "invalid token");
			good = false;
			i += token.place.length;
			continue;
		}
		*vector_add(&lexer->tokens) = token;
		i += token.place.length;
	}
	return good;
}

bool policy_lex_statement(struct policy_lexer *lexer, bool *ret_void)
{
	const struct policy_source *source = &lexer->policy->sources.items[lexer->source];
	const char *text = source->text;
	size_t length = source->length;

	vector_free(&lexer->tokens);
	*ret_void = false;
	while (lexer->position < length) {
		const char *line = text + lexer->position;
		const char *newline = memchr(line, '\n', length - lexer->position);
		size_t line_length = newline ? (size_t)(newline - line) : length - lexer->position;
		bool continued;

		lexer->position += line_length + 1;
		lexer->line++;
		if (line_length && line[line_length - 1] == '\r')
			line_length--;
		continued = line_length && line[line_length - 1] == '\\';
		if (!lex_line(lexer, line, line_length))
			*ret_void = true;
		if (continued && lexer->position < length)
			continue;
		if (lexer->tokens.count || *ret_void) {
			uint32_t behind = (uint32_t)line_length + 1;
			struct policy_place place = {lexer->source, lexer->line, behind, 1};

			*vector_add(&lexer->tokens) = (struct policy_token){
				.type = TOKEN_END, .text = "", .place = place};
			return true;
		}
	}
	return false;
}
