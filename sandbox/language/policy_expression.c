// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind the colon: comparisons, values, verdicts.
 *
 * One form has two meanings in the world. "EXPRESSION; return X" lets a call through when the
 * expression holds and gives X otherwise, says minijail's library; its compiler gives X when the
 * expression holds. Where the library would accept the statement (one plain name before the colon,
 * no braces) its meaning is kept, elsewhere the compiler's, in a @denylist too, which the library
 * doesn't know. The second kind outside a @denylist is worth a warning. Braces always have the
 * compiler's meaning.
 */
#include "language/policy_expression.h"

#include "language/policy_constants.h"

#include <errno.h>
#include <string.h>

bool policy_parse_number(struct policy_parser *p, const struct policy_token *token, uint64_t *ret)
{
	const char *text = token->text;
	size_t length = token->place.length, i = 0;
	bool negative = text[0] == '-';
	unsigned int base = 10;
	uint64_t value = 0;

	if (negative)
		i++;
	if (length - i > 2 && text[i] == '0' && (text[i + 1] == 'x' || text[i + 1] == 'X')) {
		base = 16;
		i += 2;
	} else if (length - i > 1 && text[i] == '0') {
		base = 8;
		i++;
	}
	for (; i < length; i++) {
		unsigned int digit;

		if (text[i] >= '0' && text[i] <= '9')
			digit = (unsigned int)(text[i] - '0');
		else if (base == 16 && text[i] >= 'a' && text[i] <= 'f')
			digit = (unsigned int)(text[i] - 'a') + 10;
		else if (base == 16 && text[i] >= 'A' && text[i] <= 'F')
			digit = (unsigned int)(text[i] - 'A') + 10;
		else
			digit = 16;
		if (digit >= base)
			return policy_fail(p, token, "invalid number");
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return policy_fail(p, token, "the number has more than 64 bits");
	}
	if (negative && value > (uint64_t)INT64_MAX + 1)
		return policy_fail(p, token, "the number is below the least 64-bit one");
	*ret = negative ? -value : value;
	return true;
}

static bool parse_single(struct policy_parser *p, uint64_t *ret)
{
	const struct policy_token *token = policy_peek(p);
	_cleanup_free_ char *name = NULL;
	const char *nearest;

	if (token->type == TOKEN_NUMBER)
		return policy_parse_number(p, policy_take(p), ret);
	if (token->type != TOKEN_WORD)
		return policy_fail(p, token,
				   token->type == TOKEN_END ? "missing constant"
							    : "invalid constant");
	policy_take(p);
	name = xstrndup(token->text, token->place.length);
	if (policy_constant(name, ret))
		return true;
	nearest = policy_may_suggest(p) ? policy_constant_nearest(name) : NULL;
	*ret = 0;
	/* Reported, and gone on from: more may be wrong in this statement. */
	if (nearest)
		policy_fail(p, token, "unknown constant \"%s\"; did you mean %s?", name, nearest);
	else
		policy_fail(p, token, "unknown constant \"%s\"", name);
	return true;
}

static bool parse_constant(struct policy_parser *p, uint64_t *ret, unsigned int depth)
{
	bool negate = policy_accept(p, TOKEN_TILDE);
	const struct policy_token *token = policy_peek(p);
	uint64_t value = 0, more;

	if (token->type == TOKEN_TILDE)
		return policy_fail(p, token, "double complement");
	if (token->type != TOKEN_OPEN_PAREN) {
		if (!parse_single(p, &value))
			return false;
	} else {
		if (depth > 32)
			return policy_fail(p, token, "parentheses nested too deep");
		policy_take(p);
		do {
			if (!parse_constant(p, &more, depth + 1))
				return false;
			value |= more;
		} while (policy_accept(p, TOKEN_BIT_OR));
		if (!policy_accept(p, TOKEN_CLOSE_PAREN))
			return policy_fail(p, token, "unclosed parenthesis");
	}
	*ret = negate ? ~value : value;
	return true;
}

bool policy_parse_value(struct policy_parser *p, uint64_t *ret)
{
	uint64_t value = 0, more;

	do {
		if (!parse_constant(p, &more, 0))
			return false;
		value |= more;
	} while (policy_accept(p, TOKEN_BIT_OR));
	*ret = value;
	return true;
}

bool policy_parse_action(struct policy_parser *p, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{"allow", SECCOMP_RET_ALLOW},
		{"kill", SECCOMP_RET_KILL_PROCESS},
		{"kill-process", SECCOMP_RET_KILL_PROCESS},
		{"kill-thread", SECCOMP_RET_KILL_THREAD},
		{"trap", SECCOMP_RET_TRAP},
		{"trace", SECCOMP_RET_TRACE},
		{"log", SECCOMP_RET_LOG},
		{"user-notify", SECCOMP_RET_USER_NOTIF},
	};
	const char *names[sizeof(actions) / sizeof(actions[0]) + 1];
	const struct policy_token *token = policy_peek(p);
	_cleanup_free_ char *word = NULL;
	const char *nearest;
	uint64_t value;

	if (token->type == TOKEN_END)
		return policy_fail(p, token, "missing action");
	policy_take(p);
	if (token->type == TOKEN_NUMBER) {
		if (!policy_parse_number(p, token, &value))
			return false;
		if (value != 1)
			return policy_fail(p, token,
					   "invalid action; 1 allows, \"return %.*s\" is an "
					   "error number",
					   (int)token->place.length, token->text);
		*ret = SECCOMP_RET_ALLOW;
		return true;
	}
	if (policy_token_is(token, "return")) {
		const struct policy_token *number = policy_peek(p);

		if (number->type == TOKEN_END || number->type == TOKEN_COMMA ||
		    number->type == TOKEN_CLOSE_BRACE) {
			*ret = POLICY_ACTION_BLOCK;
			return true;
		}
		if (!parse_single(p, &value))
			return false;
		if (value > 4095)
			return policy_fail(p, number, "an error number is at most 4095");
		*ret = SECCOMP_RET_ERRNO | (uint32_t)value;
		return true;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		names[i] = actions[i].name;
		if (policy_token_is(token, actions[i].name)) {
			*ret = actions[i].action;
			return true;
		}
	}
	names[sizeof(actions) / sizeof(actions[0])] = "return";
	word = xstrndup(token->text, token->place.length);
	nearest = string_nearest(word, names, sizeof(names) / sizeof(names[0]));
	if (nearest)
		return policy_fail(p, token, "invalid action; did you mean %s?", nearest);
	return policy_fail(p, token, "invalid action");
}

/* "arg0" or "int0"; the index is at most 5. */
static bool parse_argument(struct policy_parser *p, struct policy_atom *atom)
{
	const struct policy_token *token = policy_peek(p);
	const char *digits = token->text + 3;
	size_t count = token->place.length - 3;

	if (token->type == TOKEN_END)
		return policy_fail(p, token, "missing argument");
	policy_take(p);
	if (token->type != TOKEN_WORD || token->place.length < 4 ||
	    (memcmp(token->text, "arg", 3) != 0 && memcmp(token->text, "int", 3) != 0) ||
	    strspn(digits, "0123456789") < count)
		return policy_fail(p, token,
				   "invalid argument; arg0 to arg5, or int0 to int5 for the "
				   "low 32 bits");
	/* The library of minijail reads the index with strtol(3): arg00 is arg0. */
	for (; count > 1 && *digits == '0'; count--)
		digits++;
	if (count > 1 || *digits > '5')
		return policy_fail(p, token, "a system call has the arguments arg0 to arg5");
	atom->argument = (uint8_t)(*digits - '0');
	atom->narrow = token->text[0] == 'i';
	return true;
}

static bool parse_atom(struct policy_parser *p, struct policy_atom *atom)
{
	const struct policy_token *token;

	if (!parse_argument(p, atom))
		return false;
	token = policy_peek(p);
	if (policy_token_is(token, "in"))
		atom->comparison = POLICY_ONLY_BITS;
	else if (token->type == TOKEN_OPERATOR)
		atom->comparison = token->comparison;
	else
		return policy_fail(p, token,
				   token->type == TOKEN_END ? "missing operator"
							    : "invalid operator");
	policy_take(p);
	if (!policy_parse_value(p, &atom->value))
		return false;
	token = policy_peek(p);
	if (atom->comparison == POLICY_ANY_BIT && token->type == TOKEN_OPERATOR &&
	    token->comparison == POLICY_EQUAL) {
		policy_take(p);
		atom->comparison = POLICY_MASKED_EQUAL;
		atom->mask = atom->value;
		if (!policy_parse_value(p, &atom->value))
			return false;
		if (atom->value & ~atom->mask)
			policy_report(p->lexer.policy, true, token->place,
				      "never true: the value has bits that the mask lacks");
	}
	if (atom->narrow) {
		uint64_t high = atom->value >> 32;

		/* ~FLAGS and negative numbers have their upper half set on purpose. */
		if (high != 0 && high != UINT32_MAX)
			policy_report(p->lexer.policy, true, token->place,
				      "the value has more than the 32 bits that are compared");
		atom->value &= UINT32_MAX;
		atom->mask &= UINT32_MAX;
	}
	return true;
}

/* expression = clause {"||" clause}, clause = atom {"&&" atom} */
static bool parse_expression(struct policy_parser *p, struct policy_span *ret)
{
	struct policy *policy = p->lexer.policy;
	struct policy_span clauses = {(uint32_t)policy->clauses.count, 0};

	do {
		struct policy_span clause = {(uint32_t)policy->atoms.count, 0};

		do {
			const struct policy_token *token = policy_peek(p);
			struct policy_atom atom = {0};

			if (!parse_atom(p, &atom))
				return false;
			if (++clause.count > POLICY_CLAUSE_ATOMS ||
			    policy->atoms.count >= POLICY_ITEM_LIMIT)
				return policy_fail(p, token, "too many comparisons joined by &&");
			*vector_add(&policy->atoms) = atom;
		} while (policy_accept(p, TOKEN_AND));
		*vector_add(&policy->clauses) = clause;
		clauses.count++;
	} while (policy_accept(p, TOKEN_OR));
	*ret = clauses;
	return true;
}

static bool begins_expression(const struct policy_token *token)
{
	return token->type == TOKEN_WORD && token->place.length > 3 &&
	       (memcmp(token->text, "arg", 3) == 0 || memcmp(token->text, "int", 3) == 0);
}

/* Keep what minijail's compiler keeps: a @denylist says what is denied and nothing else. */
static bool parse_filter(struct policy_parser *p, bool library, bool braces)
{
	struct policy *policy = p->lexer.policy;
	struct policy_filter filter = {.place = policy_peek(p)->place, .action = SECCOMP_RET_ALLOW};
	const struct policy_token *first = policy_peek(p), *last;
	bool otherwise = false;
	uint32_t other = 0;

	if (!begins_expression(first)) {
		if (!policy_parse_action(p, &filter.action))
			return false;
	} else {
		if (!parse_expression(p, &filter.clauses))
			return false;
		if (policy_accept(p, TOKEN_SEMICOLON)) {
			const struct policy_token *verdict = policy_peek(p);

			if (!policy_parse_action(p, &filter.action))
				return false;
			if (policy_token_is(verdict, "return") && !braces && !policy->denylist) {
				otherwise = library;
				if (!library)
					policy_report(policy, true, verdict->place,
						      "this is the verdict where the expression "
						      "holds; for a single name it would be the "
						      "verdict where it doesn't: use braces");
			}
		}
	}
	last = &p->lexer.tokens.items[p->next - 1];
	if (last->place.line == first->place.line)
		filter.place.length = last->place.column + last->place.length - first->place.column;
	if (otherwise) {
		other = filter.action;
		filter.action = SECCOMP_RET_ALLOW;
	}
	*vector_add(&policy->filters) = filter;
	if (otherwise)
		*vector_add(&policy->filters) =
			(struct policy_filter){.place = filter.place, .action = other};
	return true;
}

bool policy_parse_filters(struct policy_parser *p, bool plain, struct policy_span *ret)
{
	struct policy *policy = p->lexer.policy;
	uint32_t first = (uint32_t)policy->filters.count;
	const struct policy_token *token = policy_peek(p);

	if (token->type == TOKEN_END)
		return policy_fail(p, token, "missing filter");
	if (!policy_accept(p, TOKEN_OPEN_BRACE)) {
		if (!parse_filter(p, plain, false))
			return false;
	} else {
		do {
			if (policy_peek(p)->type == TOKEN_END)
				return policy_fail(p, policy_peek(p), "missing filter");
			if (!parse_filter(p, false, true))
				return false;
		} while (policy_accept(p, TOKEN_COMMA));
		if (!policy_accept(p, TOKEN_CLOSE_BRACE))
			return policy_fail(p, token, "unclosed brace");
	}
	*ret = (struct policy_span){first, (uint32_t)policy->filters.count - first};
	return true;
}
