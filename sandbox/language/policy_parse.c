// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The statements of a policy: what stands in front of the colon, and the lines that begin with "@".
 *
 * An error spoils its own statement and nothing else, so that one run shows them all. Included
 * files are parsed where they are included, into the same policy; depth and number are bounded, so
 * that a file that includes itself twice ends soon.
 */
#include "language/policy_calls.h"
#include "language/policy_expression.h"
#include "language/policy_find.h"
#include "language/policy_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *token_text(const struct policy_token *token)
{
	return xstrndup(token->text, token->place.length);
}

static const char *nearest_arch(const char *name)
{
	const char *names[32];

	for (size_t i = 0; i < policy_arch_count; i++)
		names[i] = policy_arches[i].name;
	return string_nearest(name, names, policy_arch_count);
}

static void add_arch(struct policy_parser *p, const struct policy_token *token, bool must,
		     uint32_t *arches)
{
	_cleanup_free_ char *name = token_text(token);
	int arch = policy_arch_find(name);
	const char *nearest;

	if (arch >= 0) {
		*arches |= 1U << arch;
		return;
	}
	/* minijail takes any word in [arch=…]; one that it has and we don't must not be an error.
	 */
	nearest = nearest_arch(name);
	policy_report(p->lexer.policy, !must, token->place, "unknown architecture \"%s\"%s%s%s",
		      name, nearest ? "; did you mean " : "", nearest ? nearest : "",
		      nearest ? "?" : "");
	if (must)
		p->failed = true;
}

/* [key=value,…;key=…] behind a name */
static bool parse_conditions(struct policy_parser *p, struct policy_descriptor *d)
{
	const struct policy_token *bracket = policy_take(p);
	bool seen_arch = false, seen_nested = false, seen_replace = false;

	do {
		const struct policy_token *key = policy_peek(p);
		bool arch = policy_token_is(key, "arch"), nested = policy_token_is(key, "nested");
		bool replace = policy_token_is(key, "replace");

		if (key->type != TOKEN_WORD)
			return policy_fail(p, key,
					   key->type == TOKEN_END ? "missing key" : "invalid key");
		if ((arch && seen_arch) || (nested && seen_nested) || (replace && seen_replace))
			return policy_fail(p, key, "the key \"%.*s\" is given twice",
					   (int)key->place.length, key->text);
		policy_take(p);
		if (!policy_accept(p, TOKEN_ASSIGN))
			return policy_fail(p, policy_peek(p), "expected \"=\"");
		if (arch)
			d->arches = 0;
		else if (!nested && !replace)
			policy_report(p->lexer.policy, true, key->place,
				      "unknown key, ignored; known are arch, nested and replace");
		do {
			const struct policy_token *value = policy_peek(p);

			if (value->type != TOKEN_WORD)
				return policy_fail(p, value,
						   value->type == TOKEN_END ? "missing value"
									    : "invalid value");
			policy_take(p);
			if (arch)
				add_arch(p, value, false, &d->arches);
			else if (nested && policy_token_is(value, "yes"))
				d->nesting = POLICY_NESTED_ONLY;
			else if (nested && policy_token_is(value, "no"))
				d->nesting = POLICY_UNNESTED_ONLY;
			else if (nested)
				return policy_fail(p, value, "nested is yes or no");
			else if (replace && !policy_token_is(value, "yes"))
				return policy_fail(p, value, "replace is yes");
			d->replaces |= replace;
		} while (policy_accept(p, TOKEN_COMMA));
		seen_arch |= arch;
		seen_nested |= nested;
		seen_replace |= replace;
	} while (policy_accept(p, TOKEN_SEMICOLON));
	if (!policy_accept(p, TOKEN_CLOSE_BRACKET))
		return policy_fail(p, bracket, "unclosed bracket");
	return true;
}

static void check_group(struct policy_parser *p, const struct policy_token *token, const char *name)
{
	const char *nearest;

	if (policy_group_exists(name))
		return;
	nearest = policy_group_nearest(name);
	policy_fail(p, token, "unknown group @%s%s%s%s", name, nearest ? "; did you mean @" : "",
		    nearest ? nearest : "", nearest ? "?" : "");
}

static void check_call(struct policy_parser *p, const struct policy_token *token,
		       const struct policy_descriptor *d)
{
	long number = policy_call_number(policy_arch_native(), d->name);
	const char *nearest;

	/* Shipped policies are written for all architectures. */
	if (number == POLICY_CALL_ABSENT && d->arches == UINT32_MAX && !p->lexer.policy->foreign &&
	    !p->lexer.policy->sources.items[p->lexer.source].builtin)
		policy_report(p->lexer.policy, true, token->place,
			      "no system call of this architecture; the line has no effect here");
	if (number != POLICY_CALL_UNKNOWN)
		return;
	nearest = policy_may_suggest(p) ? policy_call_nearest(d->name) : NULL;
	policy_fail(p, token, "unknown system call \"%s\"%s%s%s", d->name,
		    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* A name, a number, @group or group@namespace, with its conditions. */
static bool parse_descriptor(struct policy_parser *p, struct policy_descriptor *ret)
{
	const struct policy_token *token = policy_peek(p);
	struct policy_descriptor d = {.arches = UINT32_MAX, .place = token->place};
	_cleanup_free_ char *name = NULL;
	uint64_t number;
	char *at;

	if (token->type != TOKEN_WORD && token->type != TOKEN_AT_WORD &&
	    token->type != TOKEN_NUMBER)
		return policy_fail(p, token,
				   token->type == TOKEN_END ? "missing system call"
							    : "invalid system call");
	policy_take(p);
	if (policy_peek(p)->type == TOKEN_OPEN_BRACKET && !parse_conditions(p, &d))
		return false;
	if (token->type == TOKEN_NUMBER) {
		if (!policy_parse_number(p, token, &number))
			return false;
		if (number > INT32_MAX)
			return policy_fail(p, token, "no system call has this number");
		d.number = (uint32_t)number;
		*ret = d;
		return true;
	}
	name = token_text(token);
	at = strchr(name, '@');
	if (at == name) {
		memmove(name, name + 1, strlen(name));
		d.group = true;
	} else if (at) {
		/* minijail's groups live in namespaces that the compiler is given; ours in one. */
		if (!streq(at, "@hutch") && !streq(at, "@systemd"))
			return policy_fail(p, token,
					   "unknown group namespace \"%s\"; known are hutch "
					   "and systemd",
					   at + 1);
		*at = '\0';
		d.group = true;
	}
	d.name = name;
	if (d.group)
		check_group(p, token, name);
	else
		check_call(p, token, &d);
	d.name = TAKE_PTR(name);
	*ret = d;
	return true;
}

static bool add_descriptor(struct policy_parser *p, struct policy_span *span)
{
	struct policy *policy = p->lexer.policy;
	struct policy_descriptor d;

	if (!parse_descriptor(p, &d))
		return false;
	*vector_add(&policy->descriptors) = d;
	span->count++;
	return true;
}

static bool parse_rule(struct policy_parser *p)
{
	struct policy *policy = p->lexer.policy;
	struct policy_statement statement = {
		.descriptors = {(uint32_t)policy->descriptors.count, 0}};
	const struct policy_token *first = policy_peek(p);
	const struct policy_descriptor *d;
	bool plain = false;

	if (policy_accept(p, TOKEN_OPEN_BRACE)) {
		do {
			if (!add_descriptor(p, &statement.descriptors))
				return false;
		} while (policy_accept(p, TOKEN_COMMA));
		if (!policy_accept(p, TOKEN_CLOSE_BRACE))
			return policy_fail(p, first, "unclosed brace");
	} else {
		if (!add_descriptor(p, &statement.descriptors))
			return false;
		d = &policy->descriptors.items[statement.descriptors.first];
		plain = !d->group && p->next == 1; /* no conditions */
	}
	if (!policy_accept(p, TOKEN_COLON))
		return policy_fail(p, policy_peek(p),
				   policy_peek(p)->type == TOKEN_END ? "missing colon"
								     : "expected a colon");
	if (!policy_parse_filters(p, plain, &statement.filters))
		return false;
	*vector_add(&policy->statements) = statement;
	return true;
}

/* @default, @unknown */
static bool parse_default(struct policy_parser *p, bool unknown)
{
	struct policy *policy = p->lexer.policy;
	const struct policy_token *token = (policy_take(p), policy_peek(p));
	uint32_t action;

	if (!policy_parse_action(p, &action))
		return false;
	if (action == POLICY_ACTION_BLOCK)
		return policy_fail(p, policy_peek(p), "missing return value");
	/* As in minijail: an allow-list whose default allows is a mistake, @denylist says it aloud.
	 */
	if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_TRACE)
		return policy_fail(p, token,
				   "invalid permissive default; a policy that names what is "
				   "denied says @denylist");
	if (unknown) {
		policy->unknown_action = action;
		policy->unknown_given = true;
		policy->unknown_place = token->place;
	} else {
		policy->default_action = action;
		policy->default_given = true;
		policy->default_place = token->place;
	}
	return true;
}

/* @arch NAME… */
static bool parse_arch(struct policy_parser *p)
{
	policy_take(p);
	do {
		const struct policy_token *token = policy_peek(p);

		if (token->type != TOKEN_WORD)
			return policy_fail(p, token,
					   token->type == TOKEN_END ? "missing architecture"
								    : "invalid architecture");
		policy_take(p);
		add_arch(p, token, true, &p->lexer.policy->foreign);
		policy_accept(p, TOKEN_COMMA);
	} while (policy_peek(p)->type != TOKEN_END);
	return true;
}

static char *joined(const char *directory, const char *path)
{
	return path[0] == '/' || !directory ? xstrdup(path) : xasprintf("%s/%s", directory, path);
}

/* Where a path is missing: its last parts, longest first, under @root. Policies are written for the
 * place that they are installed to, or for the directory that they are used in. */
static char *remapped(const char *path, const char *root)
{
	for (const char *rest = path; rest; rest = strchr(rest, '/')) {
		char *candidate;

		rest += strspn(rest, "/");
		candidate = xasprintf("%s/%s", root, rest);
		if (*rest && access(candidate, F_OK) == 0)
			return candidate;
		free(candidate);
	}
	return NULL;
}

/* Is the file @path one of those that are read already? */
static bool is_source(const struct policy *policy, const char *path)
{
	vector_each (source, &policy->sources)
		if (streq(source->name, path))
			return true;
	return false;
}

/*
 * The policy called @name. From within the user's own of that name it is the shipped one: so that
 * "default.policy" can begin with "@include default".
 */
static int find_named(struct policy *policy, const struct policy_source *source, const char *name,
		      struct policy_text *ret, struct error *e)
{
	_cleanup_free_ char *own = policy_user_path(name);
	int r;

	if (source->builtin || (own && is_source(policy, own)))
		return policy_find_shipped(name, ret, e);
	r = policy_find(name, NULL, ret, e);
	if (r == 0 && ret->builtin && own)
		strv_take(&policy->absent, TAKE_PTR(own));
	return r;
}

static bool read_included(struct policy_parser *p, const struct policy_token *token,
			  struct policy_text *ret)
{
	struct policy *policy = p->lexer.policy;
	const struct policy_source *source = &policy->sources.items[p->lexer.source];
	_cleanup_free_ char *path = NULL, *whole = NULL, *moved = NULL;
	const char *root = p->options->include_root;
	struct error e = {0};
	int r;

	if (token->type != TOKEN_PATH)
		return policy_fail(p, token, "missing path");
	policy_take(p);
	path = token_text(token);
	if (p->options->no_files)
		return policy_fail(p, token, "this text can't include files");
	if (p->depth >= POLICY_INCLUDE_DEPTH)
		return policy_fail(p, token, "included more than %d deep", POLICY_INCLUDE_DEPTH);
	if (policy->sources.count >= POLICY_SOURCE_LIMIT)
		return policy_fail(p, token, "more than %d files", POLICY_SOURCE_LIMIT);
	if (strchr(path, '/') && source->builtin)
		return policy_fail(p, token, "a shipped policy includes others by name only");
	if (!root)
		root = source->directory;
	whole = joined(source->directory, path);
	if (strchr(path, '/') && root && access(whole, F_OK) < 0)
		moved = remapped(path, root);
	if (moved)
		strv_add(&policy->absent, whole);
	if (!strchr(path, '/'))
		r = find_named(policy, source, path, ret, &e);
	else
		r = moved ? policy_read(moved, ret, &e)
			  : policy_find(path, source->directory, ret, &e);
	return r < 0 ? policy_fail(p, token, "%s", e.text) : true;
}

static void parse_source(struct policy *policy, struct policy_text *text,
			 const struct policy_options *options, unsigned int depth, bool frequency);

static bool parse_include(struct policy_parser *p, bool frequency)
{
	_cleanup_policy_text_ struct policy_text text = {0};

	policy_take(p);
	if (!read_included(p, policy_peek(p), &text))
		return false;
	parse_source(p->lexer.policy, &text, p->options, p->depth + 1, frequency);
	return true;
}

/* descriptor ":" N, in a frequency file */
static bool parse_frequency(struct policy_parser *p)
{
	struct policy *policy = p->lexer.policy;
	struct policy_span span = {(uint32_t)policy->descriptors.count, 0};
	const struct policy_token *token;
	uint64_t weight;

	if (!add_descriptor(p, &span))
		return false;
	if (!policy_accept(p, TOKEN_COLON))
		return policy_fail(p, policy_peek(p), "expected a colon");
	token = policy_peek(p);
	if (token->type != TOKEN_NUMBER || token->text[0] == '-')
		return policy_fail(p, token, "invalid number");
	policy_take(p);
	if (!policy_parse_number(p, token, &weight))
		return false;
	*vector_add(&policy->frequencies) = (struct policy_frequency){span.first, weight};
	return true;
}

static bool parse_at_statement(struct policy_parser *p, bool *ret_handled)
{
	const struct policy_token *token = policy_peek(p);
	static const char *const words[] = {"@include",  "@frequency", "@default",
					    "@denylist", "@unknown",   "@arch"};
	_cleanup_free_ char *word = NULL;
	const char *nearest;

	*ret_handled = true;
	/* "@default: allow" is about the group of that name. */
	if (token[1].type == TOKEN_COLON || token[1].type == TOKEN_OPEN_BRACKET) {
		*ret_handled = false;
		return true;
	}
	if (policy_token_is(token, "@include"))
		return parse_include(p, false);
	if (policy_token_is(token, "@frequency"))
		return parse_include(p, true);
	if (policy_token_is(token, "@default"))
		return parse_default(p, false);
	if (policy_token_is(token, "@unknown"))
		return parse_default(p, true);
	if (policy_token_is(token, "@arch"))
		return parse_arch(p);
	if (policy_token_is(token, "@denylist")) {
		policy_take(p);
		return true; /* seen by find_denylist() */
	}
	word = token_text(token);
	if (policy_group_exists(word + 1)) {
		*ret_handled = false;
		return true;
	}
	nearest = string_nearest(word, words, sizeof(words) / sizeof(words[0]));
	return policy_fail(p, token, "unknown statement%s%s%s", nearest ? "; did you mean " : "",
			   nearest ? nearest : "", nearest ? "?" : "");
}

static void parse_statement(struct policy_parser *p, bool frequency)
{
	bool handled = false, good = true;

	p->next = 0;
	p->failed = false;
	if (frequency) {
		good = parse_frequency(p);
	} else {
		if (policy_peek(p)->type == TOKEN_AT_WORD)
			good = parse_at_statement(p, &handled);
		if (good && !handled)
			good = parse_rule(p);
	}
	if (good && !p->failed && policy_peek(p)->type != TOKEN_END)
		policy_fail(p, policy_peek(p), "extra words");
}

static void parse_source(struct policy *policy, struct policy_text *text,
			 const struct policy_options *options, unsigned int depth, bool frequency)
{
	struct policy_parser p = {.options = options, .depth = depth};
	bool bad;

	*vector_add(&policy->sources) = (struct policy_source){
		.name = TAKE_PTR(text->name),
		.text = TAKE_PTR(text->text),
		.length = text->length,
		.directory = TAKE_PTR(text->directory),
		.builtin = text->builtin,
	};
	p.lexer = (struct policy_lexer){.policy = policy,
					.source = (uint32_t)policy->sources.count - 1};
	while (policy_lex_statement(&p.lexer, &bad)) {
		if (policy->descriptors.count > POLICY_ITEM_LIMIT ||
		    policy->filters.count > POLICY_ITEM_LIMIT ||
		    policy->diagnostics.count > POLICY_ITEM_LIMIT) {
			policy_fail(&p, &p.lexer.tokens.items[0], "the policy is too long");
			break;
		}
		if (!bad)
			parse_statement(&p, frequency);
	}
	vector_free(&p.lexer.tokens);
}

/* The word changes what the statements around it mean, so it is looked for before. */
static bool find_denylist(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n \t");
		if (startswith(line, "@denylist") && strchr(" \t\r\n#", line[9]))
			return true;
	}
	return false;
}

/* "allow" in a @denylist is a misunderstanding: the reader thinks that it is an allow-list. */
static void check_denylist(struct policy *policy)
{

	vector_each (f, &policy->filters)
		if (f->action == SECCOMP_RET_ALLOW)
			policy_report(
				policy, false, f->place,
				"in a @denylist every line says what is denied (return ERRNO)");
}

/* Where only x86_64's calls are let in, one of x32's would be refused whatever its line says. */
static void check_numbers(struct policy *policy)
{
	unsigned int native = policy_arch_native();

	vector_each (d, &policy->descriptors) {
		int arch = policy_arch_of(policy_arch_audit(native), d->number);

		if (!d->name && arch >= 0 && arch != (int)native &&
		    !(policy->foreign & (1U << arch)))
			policy_report(policy, false, d->place,
				      "a number of %s, which no @arch names",
				      policy_arches[arch].name);
	}
}

int policy_parse(struct policy *policy, const char *name, const char *directory, const char *text,
		 size_t length, bool builtin, const struct policy_options *options)
{
	static const struct policy_options none;
	struct policy_text top = {
		.name = xstrdup(name),
		.directory = xstrdup(directory),
		.text = xmemdup(text, length),
		.length = length,
		.builtin = builtin,
	};

	*policy = (struct policy){.default_action = SECCOMP_RET_KILL_PROCESS};
	policy->denylist = find_denylist(top.text);
	parse_source(policy, &top, options ? options : &none, 0, false);
	policy_text_free(&top);
	if (policy->denylist && policy->default_given)
		policy_report(policy, false, policy->default_place,
			      "a @denylist allows what it doesn't name; it has no @default");
	if (policy->denylist) {
		policy->default_action = SECCOMP_RET_ALLOW;
		check_denylist(policy);
	}
	check_numbers(policy);
	if (!policy->unknown_given)
		policy->unknown_action = policy->default_action;
	return policy->errors ? -EINVAL : 0;
}

void policy_free(struct policy *policy)
{

	vector_each (source, &policy->sources) {
		free(source->name);
		free(source->text);
		free(source->directory);
	}
	vector_each (descriptor, &policy->descriptors)
		free(descriptor->name);
	vector_each (diagnostic, &policy->diagnostics)
		free(diagnostic->text);
	strv_free(&policy->absent);
	vector_free(&policy->sources);
	vector_free(&policy->atoms);
	vector_free(&policy->clauses);
	vector_free(&policy->filters);
	vector_free(&policy->descriptors);
	vector_free(&policy->statements);
	vector_free(&policy->frequencies);
	vector_free(&policy->diagnostics);
}
