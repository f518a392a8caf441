// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From rules to classic BPF.
 *
 * libseccomp gives names and numbers, the instructions are made here: its rules have no order,
 * compare an argument at most once and know no "some bit is set", all of which the language has.
 *
 * For each architecture the numbers from 0 to 2^32-1 are cut into segments that share a verdict or
 * a list of comparisons, and the segments become the leaves of a binary search tree. Neighbouring
 * calls with the same verdict are one segment, so that a long allow-list is a short program; gaps
 * in the table are segments like others, so that calls nobody knows yet cost nothing extra. Nothing
 * but the number and the architecture is looked at before a verdict that needs no arguments: the
 * kernel runs the filter once for each number when it is loaded and afterwards lets such calls
 * through without running it at all, which also is why a tree, short for every number, loads
 * faster than a list.
 */
#include "kernel/seccomp.h"
#include "language/policy.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#define X32_FIRST 0x40000000U

enum {
	ARCH_OFFSET = offsetof(struct seccomp_data, arch),
	NUMBER_OFFSET = offsetof(struct seccomp_data, nr)
};

/* Where the two halves of an argument are. */
static uint32_t low_offset(unsigned int argument)
{
	uint32_t offset =
		(uint32_t)(offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));

	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? offset + 4 : offset;
}

static uint32_t high_offset(unsigned int argument)
{
	return low_offset(argument) ^ 4;
}

static void emit(struct policy_program *program, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	*vector_add(program) = (struct sock_filter){code, jt, jf, k};
}

static void load(struct policy_program *program, uint32_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void append(struct policy_program *program, const struct policy_program *more)
{
	for (size_t i = 0; i < more->count; i++)
		*vector_add(program) = more->items[i];
}

void policy_program_free(struct policy_program *program)
{
	vector_free(program);
}

/* --- comparisons --- */

/* Jumps to the end of the clause, not known yet; no real jump of a comparison is as long. */
#define FAIL 255

static void compare(struct policy_program *program, uint16_t operation, uint32_t k, uint8_t jt,
		    uint8_t jf)
{
	emit(program, BPF_JMP | BPF_K | operation, k, jt, jf);
}

/* The comparison of one 32-bit half (or of a narrow argument) that decides. */
static void compare_low(struct policy_program *program, const struct policy_atom *atom)
{
	uint32_t value = (uint32_t)atom->value;

	load(program, low_offset(atom->argument));
	switch (atom->operator) {
	case POLICY_EQUAL:
		compare(program, BPF_JEQ, value, 0, FAIL);
		break;
	case POLICY_NOT_EQUAL:
		compare(program, BPF_JEQ, value, FAIL, 0);
		break;
	case POLICY_LESS:
		compare(program, BPF_JGE, value, FAIL, 0);
		break;
	case POLICY_LESS_EQUAL:
		compare(program, BPF_JGT, value, FAIL, 0);
		break;
	case POLICY_GREATER:
		compare(program, BPF_JGT, value, 0, FAIL);
		break;
	case POLICY_GREATER_EQUAL:
		compare(program, BPF_JGE, value, 0, FAIL);
		break;
	case POLICY_ANY_BIT:
		compare(program, BPF_JSET, value, 0, FAIL);
		break;
	case POLICY_ONLY_BITS:
		compare(program, BPF_JSET, ~value, FAIL, 0);
		break;
	case POLICY_MASKED_EQUAL:
		emit(program, BPF_ALU | BPF_AND | BPF_K, (uint32_t)atom->mask, 0, 0);
		compare(program, BPF_JEQ, value, 0, FAIL);
		break;
	}
}

/* The upper half first: it decides, or leaves the decision to the lower one. The jumps that skip
 * the lower half skip its two instructions and, where one follows, the rest of the upper half. */
static void compare_high(struct policy_program *program, const struct policy_atom *atom)
{
	uint32_t value = (uint32_t)(atom->value >> 32);

	load(program, high_offset(atom->argument));
	switch (atom->operator) {
	case POLICY_EQUAL:
		compare(program, BPF_JEQ, value, 0, FAIL);
		break;
	case POLICY_NOT_EQUAL:
		compare(program, BPF_JEQ, value, 0, 2);
		break;
	case POLICY_LESS:
	case POLICY_LESS_EQUAL:
		compare(program, BPF_JGT, value, FAIL, 0);
		compare(program, BPF_JEQ, value, 0, 2);
		break;
	case POLICY_GREATER:
	case POLICY_GREATER_EQUAL:
		compare(program, BPF_JGT, value, 3, 0);
		compare(program, BPF_JEQ, value, 0, FAIL);
		break;
	case POLICY_ANY_BIT:
		compare(program, BPF_JSET, value, 2, 0);
		break;
	case POLICY_ONLY_BITS:
		compare(program, BPF_JSET, ~value, FAIL, 0);
		break;
	case POLICY_MASKED_EQUAL:
		emit(program, BPF_ALU | BPF_AND | BPF_K, (uint32_t)(atom->mask >> 32), 0, 0);
		compare(program, BPF_JEQ, value, 0, FAIL);
		break;
	}
}

static void emit_clause(struct policy_program *program, const struct policy *policy,
			struct policy_span clause, bool wide, uint32_t verdict)
{
	size_t first = program->count, end;

	for (uint32_t i = 0; i < clause.count; i++) {
		const struct policy_atom *atom = &policy->atoms.items[clause.first + i];

		if (wide && !atom->narrow)
			compare_high(program, atom);
		compare_low(program, atom);
	}
	emit(program, BPF_RET | BPF_K, verdict, 0, 0);
	end = program->count;
	for (size_t i = first; i < end; i++) {
		struct sock_filter *instruction = &program->items[i];

		if (BPF_CLASS(instruction->code) != BPF_JMP)
			continue;
		if (instruction->jt == FAIL)
			instruction->jt = (uint8_t)(end - i - 1);
		if (instruction->jf == FAIL)
			instruction->jf = (uint8_t)(end - i - 1);
	}
}

/* --- segments --- */

struct segment {
	uint32_t start;
	bool chain;                 /* filters to try, or else: */
	uint32_t verdict;           /* what every call of the segment gets */
	struct policy_span filters; /* in rules->filters */
	uint64_t weight;
};

struct segments {
	struct segment *items;
	size_t count, capacity;
};

static bool same(const struct policy_rules *rules, const struct segment *a, const struct segment *b)
{
	if (a->chain != b->chain)
		return false;
	if (!a->chain)
		return a->verdict == b->verdict;
	return a->filters.count == b->filters.count &&
	       memcmp(rules->filters.items + a->filters.first,
		      rules->filters.items + b->filters.first,
		      a->filters.count * sizeof(uint32_t)) == 0;
}

static void add_segment(const struct policy_rules *rules, struct segments *segments,
			struct segment segment)
{
	struct segment *last = segments->count ? &segments->items[segments->count - 1] : NULL;

	if (last && same(rules, last, &segment)) {
		if (__builtin_add_overflow(last->weight, segment.weight, &last->weight))
			last->weight = UINT64_MAX;
	} else {
		*vector_add(segments) = segment;
	}
}

/* Numbers from @start to before @end that no call is known for. */
static void add_gap(const struct policy_rules *rules, const struct policy_arch_rules *a,
		    struct segments *segments, uint64_t start, uint64_t end)
{
	uint64_t x32 = X32_FIRST, last = UINT32_MAX;
	struct segment unknown = {.start = (uint32_t)start, .verdict = rules->unknown_action};

	if (start >= end)
		return;
	if (a->audit_arch != AUDIT_ARCH_X86_64 || a->x32 || end <= x32) {
		add_segment(rules, segments, unknown);
		return;
	}
	/* x32: refused like any architecture that isn't named; -1 is what a tracer sets to skip a
	 * call. */
	if (start < x32)
		add_segment(rules, segments, unknown);
	add_segment(rules, segments,
		    (struct segment){.start = (uint32_t)(start > x32 ? start : x32),
				     .verdict = rules->foreign_action});
	add_segment(rules, segments,
		    (struct segment){.start = (uint32_t)last, .verdict = rules->unknown_action});
}

static uint32_t verdict_of(const struct policy_rules *rules, const struct policy_filter *filter)
{
	return filter->action == POLICY_ACTION_BLOCK ? rules->default_action : filter->action;
}

static struct segment rule_segment(const struct policy_rules *rules, const struct policy_rule *rule)
{
	struct segment segment = {
		.start = rule->number, .filters = rule->filters, .weight = rule->weight};
	const struct policy_filter *first;

	segment.verdict = rules->default_action;
	if (rule->filters.count) {
		first = &rules->policy->filters.items[rules->filters.items[rule->filters.first]];
		segment.chain = first->clauses.count != 0;
		if (!segment.chain)
			segment.verdict = verdict_of(rules, first);
	}
	return segment;
}

static void make_segments(const struct policy_rules *rules, const struct policy_arch_rules *a,
			  struct segments *segments)
{
	size_t k = 0, r = 0;
	uint64_t next = 0;    /* the first number that has no segment yet */
	uint32_t in_span = 0; /* numbers of the current known span that are done */

	while (r < a->rules.count || k < a->known.count) {
		uint64_t known = k < a->known.count ? (uint64_t)a->known.items[k].first + in_span
						    : UINT64_MAX;
		uint64_t ruled = r < a->rules.count ? a->rules.items[r].number : UINT64_MAX;
		uint64_t number = known < ruled ? known : ruled;
		struct segment segment = {.start = (uint32_t)number,
					  .verdict = rules->default_action};

		add_gap(rules, a, segments, next, number);
		if (number == ruled)
			segment = rule_segment(rules, &a->rules.items[r++]);
		add_segment(rules, segments, segment);
		if (number == known && ++in_span == a->known.items[k].count) {
			k++;
			in_span = 0;
		}
		next = number + 1;
	}
	add_gap(rules, a, segments, next, (uint64_t)UINT32_MAX + 1);
}

/* --- tree --- */

static void emit_leaf(struct policy_program *program, const struct policy_rules *rules,
		      const struct policy_arch_rules *a, const struct segment *segment)
{
	const struct policy *policy = rules->policy;

	if (!segment->chain) {
		emit(program, BPF_RET | BPF_K, segment->verdict, 0, 0);
		return;
	}
	for (uint32_t i = 0; i < segment->filters.count; i++) {
		uint32_t index = rules->filters.items[segment->filters.first + i];
		const struct policy_filter *filter = &policy->filters.items[index];

		if (filter->clauses.count == 0) {
			emit(program, BPF_RET | BPF_K, verdict_of(rules, filter), 0, 0);
			return;
		}
		for (uint32_t c = 0; c < filter->clauses.count; c++)
			emit_clause(program, policy,
				    policy->clauses.items[filter->clauses.first + c], a->wide,
				    verdict_of(rules, filter));
	}
	emit(program, BPF_RET | BPF_K, rules->default_action, 0, 0);
}

/* Where to cut a run of segments so that both sides are about as likely. */
static size_t middle(const struct segment *segments, size_t count)
{
	/* Every segment counts for something, or the rare ones would end up in a list. */
	double total = 0, left = 0, best = 0;
	size_t cut = 1;

	for (size_t i = 0; i < count; i++)
		total += (double)segments[i].weight + 1;
	for (size_t i = 1; i < count; i++) {
		double distance;

		left += (double)segments[i - 1].weight + 1;
		distance = left > total - left ? 2 * left - total : total - 2 * left;
		if (i == 1 || distance < best) {
			best = distance;
			cut = i;
		}
	}
	return cut;
}

static void emit_tree(struct policy_program *program, const struct policy_rules *rules,
		      const struct policy_arch_rules *a, const struct segment *segments,
		      size_t count)
{
	_cleanup_program_ struct policy_program left = {0};
	size_t cut;

	/* Nothing longer can be loaded; leave before it takes all memory. */
	if (program->count > BPF_MAXINSNS)
		return;
	if (count == 1) {
		emit_leaf(program, rules, a, &segments[0]);
		return;
	}
	cut = middle(segments, count);
	emit_tree(&left, rules, a, segments, cut);
	if (left.count <= 255) {
		compare(program, BPF_JGE, segments[cut].start, (uint8_t)left.count, 0);
	} else {
		compare(program, BPF_JGE, segments[cut].start, 0, 1);
		emit(program, BPF_JMP | BPF_JA, (uint32_t)left.count, 0, 0);
	}
	append(program, &left);
	emit_tree(program, rules, a, segments + cut, count - cut);
}

static void emit_arch(struct policy_program *program, const struct policy_rules *rules,
		      const struct policy_arch_rules *a)
{
	_cleanup_program_ struct policy_program tree = {0};
	struct segments segments = {0};

	make_segments(rules, a, &segments);
	emit_tree(&tree, rules, a, segments.items, segments.count);
	free(segments.items);
	/* The accumulator holds the architecture. */
	compare(program, BPF_JEQ, a->audit_arch, 1, 0);
	emit(program, BPF_JMP | BPF_JA, (uint32_t)tree.count + 1, 0, 0);
	load(program, NUMBER_OFFSET);
	append(program, &tree);
}

int policy_compile(const struct policy_rules *rules, struct policy_program *ret, struct error *e)
{
	_cleanup_program_ struct policy_program program = {0};

	load(&program, ARCH_OFFSET);
	vector_each (a, &rules->arches)
		emit_arch(&program, rules, a);
	emit(&program, BPF_RET | BPF_K, rules->foreign_action, 0, 0);
	if (program.count > BPF_MAXINSNS)
		return error_set(e, E2BIG,
				 "the policy is too long: its filter has more than the %d "
				 "instructions that the kernel takes",
				 BPF_MAXINSNS);
	if (!seccomp_valid(program.items, program.count))
		return error_set(e, EINVAL, "the policy made a filter that is none");
	*ret = program;
	program = (struct policy_program){0};
	return 0;
}
