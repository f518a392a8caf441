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
 *
 * The program is made from its end: classic BPF jumps forward only, so every target exists when
 * the jump to it is made, and verdicts and lists of comparisons that are near enough are shared.
 * What a filter costs at a start is its length (the kernel translates it to machine code).
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
	NUMBER_OFFSET = offsetof(struct seccomp_data, nr),
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

void policy_program_free(struct policy_program *program)
{
	vector_free(program);
}

/* --- instructions, from the last to the first --- */

/* A place in the program: how many instructions stand behind it. */
typedef uint32_t target;

/* The farthest that a comparison jumps, with some space for the jumps in between. */
#define NEAR 250

struct shared_return {
	uint32_t verdict;
	target place;
};

struct shared_chain {
	struct policy_span filters;
	target place;
};

struct builder {
	const struct policy_rules *rules;
	struct policy_program program; /* reversed: items[0] is the last instruction */
	VECTOR(struct shared_return) returns;
	VECTOR(struct shared_chain) chains; /* of this architecture */
};

static bool is_full(const struct builder *b)
{
	return b->program.count > BPF_MAXINSNS;
}

static target emit(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	*vector_add(&b->program) = (struct sock_filter){code, jt, jf, k};
	return (target)b->program.count - 1;
}

static target load(struct builder *b, uint32_t offset)
{
	return emit(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* How far a jump goes that is made now. */
static uint32_t distance(const struct builder *b, target place)
{
	return (uint32_t)b->program.count - 1 - place;
}

/* The same place, near enough for a comparison. */
static target near(struct builder *b, target place)
{
	if (distance(b, place) <= NEAR)
		return place;
	return emit(b, BPF_JMP | BPF_JA, distance(b, place), 0, 0);
}

/* What is made next goes on at @place. */
static void follow(struct builder *b, target place)
{
	if (distance(b, place) != 0)
		emit(b, BPF_JMP | BPF_JA, distance(b, place), 0, 0);
}

static target return_verdict(struct builder *b, uint32_t verdict)
{
	vector_each (shared, &b->returns) {
		if (shared->verdict != verdict)
			continue;
		if (distance(b, shared->place) > NEAR)
			shared->place = emit(b, BPF_RET | BPF_K, verdict, 0, 0);
		return shared->place;
	}
	*vector_add(&b->returns) =
		(struct shared_return){verdict, emit(b, BPF_RET | BPF_K, verdict, 0, 0)};
	return (target)b->program.count - 1;
}

/* Compare the accumulator, which holds what is at @offset: a load of the same is skipped. */
static target compare(struct builder *b, uint16_t operation, uint32_t k, target yes, target no,
		      uint32_t offset)
{
	const struct sock_filter again = {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};

	if (memcmp(&b->program.items[yes], &again, sizeof(again)) == 0)
		yes--;
	if (memcmp(&b->program.items[no], &again, sizeof(again)) == 0)
		no--;
	yes = near(b, yes);
	no = near(b, no);
	return emit(b, BPF_JMP | BPF_K | operation, k, (uint8_t)distance(b, yes),
		    (uint8_t)distance(b, no));
}

/* No offset: the accumulator holds no argument. */
#define NO_OFFSET UINT32_MAX

/* --- comparisons --- */

/* The lower half, or a narrow argument: it decides. */
static target compare_low(struct builder *b, const struct policy_atom *atom, target yes, target no)
{
	uint32_t value = (uint32_t)atom->value, offset = low_offset(atom->argument);

	switch (atom->comparison) {
	case POLICY_EQUAL:
		compare(b, BPF_JEQ, value, yes, no, offset);
		break;
	case POLICY_NOT_EQUAL:
		compare(b, BPF_JEQ, value, no, yes, offset);
		break;
	case POLICY_LESS:
		compare(b, BPF_JGE, value, no, yes, offset);
		break;
	case POLICY_LESS_EQUAL:
		compare(b, BPF_JGT, value, no, yes, offset);
		break;
	case POLICY_GREATER:
		compare(b, BPF_JGT, value, yes, no, offset);
		break;
	case POLICY_GREATER_EQUAL:
		compare(b, BPF_JGE, value, yes, no, offset);
		break;
	case POLICY_ANY_BIT:
		compare(b, BPF_JSET, value, yes, no, offset);
		break;
	case POLICY_ONLY_BITS:
		compare(b, BPF_JSET, ~value, no, yes, offset);
		break;
	case POLICY_MASKED_EQUAL:
		compare(b, BPF_JEQ, value, yes, no, NO_OFFSET);
		emit(b, BPF_ALU | BPF_AND | BPF_K, (uint32_t)atom->mask, 0, 0);
		break;
	}
	return load(b, offset);
}

/* The upper half: it decides, or leaves the decision to the lower half at @low. */
static target compare_high(struct builder *b, const struct policy_atom *atom, target low,
			   target yes, target no)
{
	uint32_t value = (uint32_t)(atom->value >> 32), offset = high_offset(atom->argument);

	switch (atom->comparison) {
	case POLICY_EQUAL:
		compare(b, BPF_JEQ, value, low, no, offset);
		break;
	case POLICY_NOT_EQUAL:
		compare(b, BPF_JEQ, value, low, yes, offset);
		break;
	case POLICY_LESS:
	case POLICY_LESS_EQUAL:
		low = compare(b, BPF_JEQ, value, low, yes, offset);
		compare(b, BPF_JGT, value, no, low, offset);
		break;
	case POLICY_GREATER:
	case POLICY_GREATER_EQUAL:
		low = compare(b, BPF_JEQ, value, low, no, offset);
		compare(b, BPF_JGT, value, yes, low, offset);
		break;
	case POLICY_ANY_BIT:
		compare(b, BPF_JSET, value, yes, low, offset);
		break;
	case POLICY_ONLY_BITS:
		compare(b, BPF_JSET, ~value, no, low, offset);
		break;
	case POLICY_MASKED_EQUAL:
		compare(b, BPF_JEQ, value, low, no, NO_OFFSET);
		emit(b, BPF_ALU | BPF_AND | BPF_K, (uint32_t)(atom->mask >> 32), 0, 0);
		break;
	}
	return load(b, offset);
}

/* All comparisons of the clause hold: to @yes, else to @no. */
static target emit_clause(struct builder *b, struct policy_span clause, bool wide, target yes,
			  target no)
{
	for (uint32_t i = clause.count; i > 0 && !is_full(b); i--) {
		const struct policy_atom *atom =
			&b->rules->policy->atoms.items[clause.first + i - 1];
		target low = compare_low(b, atom, yes, no);

		yes = wide && !atom->narrow ? compare_high(b, atom, low, yes, no) : low;
	}
	return yes;
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

static bool same_chain(const struct policy_rules *rules, struct policy_span a, struct policy_span b)
{
	return a.count == b.count &&
	       memcmp(rules->filters.items + a.first, rules->filters.items + b.first,
		      a.count * sizeof(uint32_t)) == 0;
}

/* The filters of one call, tried in order. */
static target emit_chain(struct builder *b, struct policy_span filters, bool wide)
{
	const struct policy_rules *rules = b->rules;
	const struct policy *policy = rules->policy;
	target next;

	vector_each (shared, &b->chains)
		if (same_chain(rules, shared->filters, filters) &&
		    distance(b, shared->place) <= NEAR)
			return shared->place;
	next = return_verdict(b, rules->default_action);
	for (uint32_t i = filters.count; i > 0; i--) {
		uint32_t index = rules->filters.items[filters.first + i - 1];
		const struct policy_filter *filter = &policy->filters.items[index];
		uint32_t verdict = verdict_of(rules, filter);

		if (filter->clauses.count == 0)
			next = return_verdict(b, verdict);
		for (uint32_t c = filter->clauses.count; c > 0 && !is_full(b); c--)
			next = emit_clause(b, policy->clauses.items[filter->clauses.first + c - 1],
					   wide, return_verdict(b, verdict), next);
	}
	*vector_add(&b->chains) = (struct shared_chain){filters, next};
	return next;
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

static target emit_tree(struct builder *b, bool wide, const struct segment *segments, size_t count)
{
	target right, left;
	size_t cut;

	/* Nothing longer can be loaded; leave before it takes all memory. */
	if (is_full(b))
		return 0;
	if (count == 1)
		return segments->chain ? emit_chain(b, segments->filters, wide)
				       : return_verdict(b, segments->verdict);
	cut = middle(segments, count);
	right = emit_tree(b, wide, segments + cut, count - cut);
	left = emit_tree(b, wide, segments, cut);
	return compare(b, BPF_JGE, segments[cut].start, right, left, NO_OFFSET);
}

/* Calls of this architecture; others go on at @next, with the architecture in the accumulator. */
static target emit_arch(struct builder *b, const struct policy_arch_rules *a, target next)
{
	struct segments segments = {0};
	target tree;

	b->chains.count = 0;
	make_segments(b->rules, a, &segments);
	tree = emit_tree(b, a->wide, segments.items, segments.count);
	free(segments.items);
	follow(b, tree);
	return compare(b, BPF_JEQ, a->audit_arch, load(b, NUMBER_OFFSET), next, NO_OFFSET);
}

int policy_compile(const struct policy_rules *rules, struct policy_program *ret, struct error *e)
{
	struct builder b = {.rules = rules};
	target first = return_verdict(&b, rules->foreign_action);
	struct policy_program program;

	for (size_t i = rules->arches.count; i > 0; i--)
		first = emit_arch(&b, &rules->arches.items[i - 1], first);
	load(&b, ARCH_OFFSET);
	vector_free(&b.returns);
	vector_free(&b.chains);
	program = b.program;
	if (program.count > BPF_MAXINSNS) {
		policy_program_free(&program);
		return error_set(e, E2BIG,
				 "the policy is too long: its filter has more than the %d "
				 "instructions that the kernel takes",
				 BPF_MAXINSNS);
	}
	for (size_t i = 0; i < program.count / 2; i++) {
		struct sock_filter swapped = program.items[i];

		program.items[i] = program.items[program.count - 1 - i];
		program.items[program.count - 1 - i] = swapped;
	}
	if (!seccomp_valid(program.items, program.count)) {
		policy_program_free(&program);
		return error_set(e, EINVAL, "the policy made a filter that is none");
	}
	*ret = program;
	return 0;
}
