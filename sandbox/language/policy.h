// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "base/vector.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A seccomp policy as text, as statements, as rules and as a filter.
 *
 *	text ──policy_parse──► statements ──policy_resolve──► rules ──policy_compile──► instructions
 *	       (policy_lex,    names, sets,   (policy_rules)   one list    (policy_compile)
 *	        policy_parse)  conditions                      a call
 *
 * Statements are what was written and know no architecture; rules are what it means on this
 * machine: for each architecture, each system call's list of filters, tried in order. Rules can be
 * evaluated directly (policy_evaluate), which the tests compare with the compiled filter.
 *
 * The language is minijail's, both the one its compiler reads and the one its library reads, with
 * a few additions; hutch-seccomp(5) is its description.
 */

/* Where in which text. */
struct policy_place {
	uint32_t source; /* index in policy.sources */
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in bytes */
	uint32_t length; /* bytes to underline */
};

/* One text that took part: the policy, what it includes, its frequency file, a group. */
struct policy_source {
	char *name; /* as messages name it */
	char *text; /* NUL-terminated copy */
	size_t length;
	char *directory; /* where its relative includes are looked for; NULL for a built-in text */
	bool builtin;
};

enum policy_operator {
	POLICY_EQUAL,
	POLICY_NOT_EQUAL,
	POLICY_LESS,
	POLICY_LESS_EQUAL,
	POLICY_GREATER,
	POLICY_GREATER_EQUAL,
	POLICY_ANY_BIT,      /* &: some bit of the value is set */
	POLICY_ONLY_BITS,    /* in: no bit outside the value is set */
	POLICY_MASKED_EQUAL, /* & MASK ==: the masked argument is the value */
};

/* One comparison; all are unsigned. */
struct policy_atom {
	uint8_t argument;
	bool narrow; /* intN: the low 32 bits only */
	enum policy_operator comparison;
	uint64_t value, mask;
};

/* A run of items in one of the policy's flat arrays. */
struct policy_span {
	uint32_t first, count;
};

/* "return" without a value: the verdict of calls that are not listed. Never leaves the rules. */
#define POLICY_ACTION_BLOCK 0x12340000U

/* Condition and verdict; without clauses it always holds. */
struct policy_filter {
	struct policy_span clauses; /* any of them, each a span of atoms that all hold */
	uint32_t action;            /* SECCOMP_RET_* with its data, or POLICY_ACTION_BLOCK */
	struct policy_place place;
};

enum policy_nesting { POLICY_ALWAYS, POLICY_NESTED_ONLY, POLICY_UNNESTED_ONLY };

/* One system call, number or group in front of a colon. */
struct policy_descriptor {
	char *name; /* without "@"; NULL for a number */
	bool group;
	uint32_t number;
	uint32_t arches; /* bits of policy_arches[]; ~0 without [arch=] */
	enum policy_nesting nesting;
	bool replaces; /* [replace=yes]: forget what was said about it before */
	struct policy_place place;
};

struct policy_statement {
	struct policy_span descriptors;
	struct policy_span filters;
};

struct policy_frequency {
	uint32_t descriptor;
	uint64_t weight;
};

struct policy_diagnostic {
	bool warning;
	struct policy_place place;
	char *text;
};

struct policy {
	VECTOR(struct policy_source) sources;
	VECTOR(struct policy_atom) atoms;
	VECTOR(struct policy_span) clauses;
	VECTOR(struct policy_filter) filters;
	VECTOR(struct policy_descriptor) descriptors;
	VECTOR(struct policy_statement) statements;
	VECTOR(struct policy_frequency) frequencies;
	VECTOR(struct policy_diagnostic) diagnostics;
	size_t errors;            /* how many of the diagnostics are errors */
	unsigned int suggestions; /* how many names were looked for that were meant instead */
	uint32_t default_action;  /* for calls that are known and not listed */
	uint32_t unknown_action; /* for numbers that no call is known for; = default unless @unknown
				  */
	struct policy_place default_place, unknown_place;
	bool default_given, unknown_given;
	bool denylist;
	uint32_t foreign;   /* bits of policy_arches[] named by @arch */
	struct strv absent; /* files that would have been taken instead, had they been there */
};

struct policy_options {
	const char *include_root; /* where absolute @includes that are missing are looked for; or
				   * NULL for the directory of the including file */
	bool no_files; /* refuse @include and @frequency (texts that come from nowhere) */
};

/*
 * Parse the text @text of @length bytes, called @name in messages; relative includes are looked for
 * in @directory. Everything that is wrong ends up in policy.diagnostics; parsing goes on behind it.
 *
 * Return: 0, or -EINVAL when there are errors. @policy is to be freed in both cases.
 */
int policy_parse(struct policy *policy, const char *name, const char *directory, const char *text,
		 size_t length, bool builtin, const struct policy_options *options);
void policy_free(struct policy *policy);

#define _cleanup_policy_ __attribute__((cleanup(policy_free)))

/* The value of @text as it may stand behind an operator: "PROT_READ|PROT_WRITE", "0x10", "-1". */
int policy_value(const char *text, uint64_t *ret, struct error *e);

/* The filters of @policy that @rule tries, as text: "int1 == 0x5412; return EPERM". */
void policy_format_filter(const struct policy *policy, const struct policy_filter *filter,
			  struct strbuf *out);

/* Add an error or a warning. */
void policy_report(struct policy *policy, bool warning, struct policy_place place,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "file:line:column: error: text", the line, and a caret under the place. */
void policy_format_diagnostic(const struct policy *policy, const struct policy_diagnostic *d,
			      struct strbuf *out);

/* The first error, as hutch's own message: "file:line:column: text". Returns -EINVAL. */
int policy_first_error(const struct policy *policy, struct error *e);

/* The line of @place, escaped for a terminal and without the spaces around it; caller frees. */
char *policy_line(const struct policy *policy, struct policy_place place);

/* --- rules --- */

/* The filters of one system call. */
struct policy_rule {
	uint32_t number;
	struct policy_span filters; /* in policy_rules.filters */
	uint64_t weight;
};

/* All of one audit architecture (x32 shares x86_64's, with bit 30 set in its numbers). */
struct policy_arch_rules {
	uint32_t audit_arch;
	bool wide;                        /* registers have 64 bits */
	VECTOR(struct policy_rule) rules; /* by ascending number */
	VECTOR(struct policy_span) known; /* numbers of known calls, ascending, as ranges */
	bool x32;                         /* x32 calls are let in */
};

struct policy_rules {
	const struct policy *policy;
	VECTOR(struct policy_arch_rules) arches; /* the native one first */
	VECTOR(uint32_t) filters;                /* indices into policy->filters */
	uint32_t default_action, unknown_action, foreign_action;
};

/*
 * What @policy means on architecture @native (an index into policy_arches[], see policy_calls.h)
 * for a sandbox that may nest others or not. Wrong names and contradictions are reported as
 * diagnostics of the policy.
 *
 * Return: 0, or -EINVAL when there are errors.
 */
int policy_resolve(struct policy *policy, unsigned int native, bool nested,
		   struct policy_rules *ret);
void policy_rules_free(struct policy_rules *rules);

#define _cleanup_rules_ __attribute__((cleanup(policy_rules_free)))

/*
 * The verdict of the rules on one call, by walking over them as they are written: the yardstick for
 * the compiled filter. @ret_place is the line that gave it, with line 0 where none did.
 */
uint32_t policy_evaluate(const struct policy_rules *rules, const struct seccomp_data *data,
			 struct policy_place *ret_place);

/* Does the condition of @filter hold for these arguments? @wide: registers have 64 bits. */
bool policy_holds(const struct policy *policy, const struct policy_filter *filter,
		  const struct seccomp_data *data, bool wide);

/* --- filter --- */

struct policy_program {
	struct sock_filter *items;
	size_t count, capacity;
};

/* Make the filter; -E2BIG when it is longer than the kernel takes. */
int policy_compile(const struct policy_rules *rules, struct policy_program *ret, struct error *e);
void policy_program_free(struct policy_program *program);

#define _cleanup_program_ __attribute__((cleanup(policy_program_free)))

/* "allow", "EPERM", "kill-process", …, in a static buffer where it needs one. */
const char *policy_action_name(uint32_t action);
