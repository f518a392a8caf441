// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From statements to rules, and what the rules say.
 *
 * Statements about one call are put together in the order they are written, as minijail's compiler
 * does: an unconditional verdict ends the list, and a line behind it that says anything else is an
 * error (one that says the same is common where files are put together from several). A group is
 * weaker than a name: a call that is named anywhere takes nothing from groups, whatever the order,
 * and among groups the later line wins. So "@system-service: allow" and "ioctl: int1 == TCGETS" can
 * stand in one policy.
 */
#include "language/policy_calls.h"
#include "language/policy_groups.h"

#include "language/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is collected for one call. */
struct entry {
	uint32_t number;
	VECTOR(uint32_t) filters;
	bool named;                /* by its own name, not in a group */
	const void *statement;     /* the statement of the group it came from */
	bool closed;               /* the last filter has no condition */
	uint32_t verdict;          /* its verdict */
	struct policy_place close; /* where it is */
	uint64_t weight;
};

/* The numbers of a group's calls, kept while one architecture is worked on. */
struct group {
	const char *name;
	VECTOR(uint32_t) numbers;
};

struct entries {
	struct entry *items;
	size_t count, capacity;
	VECTOR(struct group) groups;
};

static struct entry *find_entry(struct entries *entries, uint32_t number, bool add)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries->items[middle].number == number)
			return &entries->items[middle];
		if (entries->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (!add)
		return NULL;
	vector_add(entries);
	memmove(&entries->items[low + 1], &entries->items[low],
		(entries->count - 1 - low) * sizeof(entries->items[0]));
	entries->items[low] = (struct entry){.number = number, .weight = 1};
	return &entries->items[low];
}

static void append_filters(struct policy *policy, struct entry *entry,
			   const struct policy_statement *statement, const char *name)
{
	for (uint32_t i = 0; i < statement->filters.count; i++) {
		uint32_t index = statement->filters.first + i;
		const struct policy_filter *filter = &policy->filters.items[index];

		if (entry->closed && filter->action == entry->verdict) {
			policy_report(policy, true, filter->place,
				      "has no effect: %s gets the same anyway, %s:%u", name,
				      policy->sources.items[entry->close.source].name,
				      entry->close.line);
			continue;
		}
		if (entry->closed) {
			policy_report(policy, false, filter->place,
				      "%s already has an unconditional verdict, %s:%u", name,
				      policy->sources.items[entry->close.source].name,
				      entry->close.line);
			return;
		}
		*vector_add(&entry->filters) = index;
		if (filter->clauses.count == 0) {
			entry->closed = true;
			entry->close = filter->place;
			entry->verdict = filter->action;
		}
	}
}

static void restart(struct entry *entry)
{
	entry->filters.count = 0;
	entry->closed = false;
}

static void add_named(struct policy *policy, struct entries *entries,
		      const struct policy_statement *statement, uint32_t number, const char *name,
		      bool replaces)
{
	struct entry *entry = find_entry(entries, number, true);

	if (!entry->named || replaces)
		restart(entry);
	entry->named = true;
	append_filters(policy, entry, statement, name);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static const struct group *find_group(struct entries *entries, unsigned int arch, const char *name)
{
	_cleanup_strv_ struct strv calls = {0};
	struct group *new;

	vector_each (group, &entries->groups)
		if (streq(group->name, name))
			return group;
	policy_group_calls(name, &calls);
	new = vector_add(&entries->groups);
	new->name = name;
	for (size_t i = 0; i < calls.count; i++) {
		long number = policy_call_number(arch, calls.items[i]);

		if (number >= 0)
			*vector_add(&new->numbers) = (uint32_t)number;
	}
	/* Entries are by number: in their order, each one goes to the end. */
	if (new->numbers.count)
		qsort(new->numbers.items, new->numbers.count, sizeof(uint32_t), compare_numbers);
	return new;
}

static void add_group(struct policy *policy, struct entries *entries,
		      const struct policy_statement *statement, unsigned int arch, const char *name)
{
	const struct group *group = find_group(entries, arch, name);
	_cleanup_free_ char *said = xasprintf("a call of @%s", name);

	vector_each (number, &group->numbers) {
		struct entry *entry = find_entry(entries, *number, true);

		if (entry->named || entry->statement == statement)
			continue;
		restart(entry);
		entry->statement = statement;
		append_filters(policy, entry, statement, said);
	}
}

static bool applies(const struct policy_descriptor *d, unsigned int arch, bool nested)
{
	if (!(d->arches & (1U << arch)))
		return false;
	return d->nesting == POLICY_ALWAYS || (d->nesting == POLICY_NESTED_ONLY) == nested;
}

static void add_weights(struct policy *policy, struct entries *entries, unsigned int arch)
{

	vector_each (f, &policy->frequencies) {
		const struct policy_descriptor *d = &policy->descriptors.items[f->descriptor];
		long number = d->name && !d->group ? policy_call_number(arch, d->name) : -1;
		struct entry *entry;

		if (number < 0)
			continue;
		entry = find_entry(entries, (uint32_t)number, false);
		if (entry && __builtin_add_overflow(entry->weight, f->weight, &entry->weight))
			entry->weight = UINT64_MAX;
	}
}

/* A number means the architecture's call that has it, and not one of x32's, which share the list. */
static long number_on(const struct policy_descriptor *d, unsigned int arch)
{
	if (d->name)
		return policy_call_number(arch, d->name);
	return policy_arch_of(policy_arch_audit(arch), d->number) == (int)arch ? (long)d->number
									       : -1;
}

static void collect(struct policy *policy, unsigned int arch, bool nested, struct entries *entries)
{

	vector_each (s, &policy->statements) {
		for (uint32_t i = 0; i < s->descriptors.count; i++) {
			const struct policy_descriptor *d =
				&policy->descriptors.items[s->descriptors.first + i];
			_cleanup_free_ char *name = NULL;
			long number;

			if (!applies(d, arch, nested))
				continue;
			if (d->group) {
				add_group(policy, entries, s, arch, d->name);
				continue;
			}
			number = number_on(d, arch);
			if (number < 0)
				continue;
			name = d->name ? xstrdup(d->name) : xasprintf("call %u", d->number);
			add_named(policy, entries, s, (uint32_t)number, name, d->replaces);
		}
	}
	add_weights(policy, entries, arch);
}

static struct policy_arch_rules *arch_rules(struct policy_rules *rules, uint32_t audit_arch)
{

	vector_each (a, &rules->arches)
		if (a->audit_arch == audit_arch)
			return a;
	*vector_add(&rules->arches) = (struct policy_arch_rules){.audit_arch = audit_arch};
	return &rules->arches.items[rules->arches.count - 1];
}

static void add_known(struct policy_arch_rules *a, unsigned int arch)
{
	size_t count;
	const uint32_t *known = policy_calls_known(arch, &count);

	for (size_t i = 0; i < count; i++) {
		struct policy_span *last =
			a->known.count ? &a->known.items[a->known.count - 1] : NULL;

		if (last && last->first + last->count == known[i])
			last->count++;
		else
			*vector_add(&a->known) = (struct policy_span){known[i], 1};
	}
}

static void resolve_arch(struct policy *policy, unsigned int arch, bool nested,
			 struct policy_rules *rules)
{
	struct policy_arch_rules *a = arch_rules(rules, policy_arch_audit(arch));
	struct entries entries = {0};

	a->wide = policy_arches[arch].wide;
	if (policy_arch_audit(arch) != policy_arches[arch].token)
		a->x32 = true;
	collect(policy, arch, nested, &entries);
	/* x32's numbers lie above those of x86_64, which it shares the list with, and come later.
	 */
	for (size_t i = 0; i < entries.count; i++) {
		struct entry *entry = &entries.items[i];
		struct policy_rule *rule = vector_add(&a->rules);

		*rule = (struct policy_rule){
			.number = entry->number,
			.filters = {(uint32_t)rules->filters.count, (uint32_t)entry->filters.count},
			.weight = entry->weight,
		};
		for (size_t k = 0; k < entry->filters.count; k++)
			*vector_add(&rules->filters) = entry->filters.items[k];
		vector_free(&entry->filters);
	}
	free(entries.items);
	vector_each (group, &entries.groups)
		vector_free(&group->numbers);
	vector_free(&entries.groups);
	add_known(a, arch);
}

int policy_resolve(struct policy *policy, unsigned int native, bool nested,
		   struct policy_rules *ret)
{
	struct policy_rules rules = {
		.policy = policy,
		.default_action = policy->default_action,
		.unknown_action = policy->unknown_action,
		.foreign_action = SECCOMP_RET_KILL_PROCESS,
	};

	resolve_arch(policy, native, nested, &rules);
	for (unsigned int arch = 0; arch < policy_arch_count; arch++)
		if (arch != native && (policy->foreign & (1U << arch)))
			resolve_arch(policy, arch, nested, &rules);
	*ret = rules;
	return policy->errors ? -EINVAL : 0;
}

void policy_rules_free(struct policy_rules *rules)
{

	vector_each (a, &rules->arches) {
		vector_free(&a->rules);
		vector_free(&a->known);
	}
	vector_free(&rules->arches);
	vector_free(&rules->filters);
}

static bool atom_holds(const struct policy_atom *atom, uint64_t argument, bool wide)
{
	uint64_t width = wide && !atom->narrow ? UINT64_MAX : UINT32_MAX;
	uint64_t value = atom->value & width, mask = atom->mask & width;

	argument &= width;
	switch (atom->comparison) {
	case POLICY_EQUAL:
		return argument == value;
	case POLICY_NOT_EQUAL:
		return argument != value;
	case POLICY_LESS:
		return argument < value;
	case POLICY_LESS_EQUAL:
		return argument <= value;
	case POLICY_GREATER:
		return argument > value;
	case POLICY_GREATER_EQUAL:
		return argument >= value;
	case POLICY_ANY_BIT:
		return (argument & value) != 0;
	case POLICY_ONLY_BITS:
		return (argument & ~value) == 0;
	case POLICY_MASKED_EQUAL:
		return (argument & mask) == value;
	}
	return false;
}

bool policy_holds(const struct policy *policy, const struct policy_filter *filter,
		  const struct seccomp_data *data, bool wide)
{
	if (filter->clauses.count == 0)
		return true;
	for (uint32_t i = 0; i < filter->clauses.count; i++) {
		struct policy_span clause = policy->clauses.items[filter->clauses.first + i];
		bool all = true;

		for (uint32_t k = 0; k < clause.count && all; k++) {
			const struct policy_atom *atom = &policy->atoms.items[clause.first + k];

			all = atom_holds(atom, data->args[atom->argument], wide);
		}
		if (all)
			return true;
	}
	return false;
}

static uint32_t verdict_of(const struct policy_rules *rules, const struct policy_filter *filter)
{
	return filter->action == POLICY_ACTION_BLOCK ? rules->default_action : filter->action;
}

uint32_t policy_evaluate(const struct policy_rules *rules, const struct seccomp_data *data,
			 struct policy_place *ret_place)
{
	const struct policy *policy = rules->policy;
	uint32_t number = (uint32_t)data->nr;
	struct policy_place ignored = {0};

	ret_place = ret_place ? ret_place : &ignored;
	*ret_place = (struct policy_place){0};
	vector_each (a, &rules->arches) {
		int arch = policy_arch_of(data->arch, number);

		if (a->audit_arch != data->arch)
			continue;
		if (arch >= 0 && policy_arches[arch].token != a->audit_arch && !a->x32)
			return rules->foreign_action;
		vector_each (rule, &a->rules) {
			if (rule->number != number)
				continue;
			for (uint32_t i = 0; i < rule->filters.count; i++) {
				uint32_t index = rules->filters.items[rule->filters.first + i];
				const struct policy_filter *f = &policy->filters.items[index];

				if (policy_holds(policy, f, data, a->wide)) {
					*ret_place = f->place;
					return verdict_of(rules, f);
				}
			}
			*ret_place = policy->default_place;
			return rules->default_action;
		}
		vector_each (known, &a->known)
			if (number >= known->first && number - known->first < known->count) {
				*ret_place = policy->default_place;
				return rules->default_action;
			}
		*ret_place = policy->unknown_given ? policy->unknown_place : policy->default_place;
		return rules->unknown_action;
	}
	return rules->foreign_action;
}
