// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_offers.h"

#include "engine/record_calls.h"
#include "language/learn_bus.h"
#include "language/policy_builtin.h"
#include "language/profile_store.h"
#include "language/request_build.h"
#include "plan/make.h"
#include "plan/reach.h"
#include "plan/rules.h"

int offers_plan(const struct offers *offers, const struct strv *options, struct plan *ret,
		struct request *ret_request, struct error *e)
{
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_strv_ struct strv words = {0};
	int r;

	strv_add(&words, "run");
	for (size_t i = 0; i < options->count; i++)
		strv_add(&words, options->items[i]);
	if (offers->network) {
		strv_add(&words, "--net");
		strv_add(&words, offers->network);
	}
	strv_add(&words, "--");
	for (size_t i = 0; i < offers->arguments->count; i++)
		strv_add(&words, offers->arguments->items[i]);
	r = request_build((int)words.count, words.items, VERB_RUN, ret_request, &line, e);
	return r < 0 ? r : plan_make(ret_request, offers->host, ret, e);
}

/* Whether the policy of the request lets the call through; of those that come with hutch. */
static bool policy_allows(const struct request *request, bool nested,
			  const struct seccomp_data *call)
{
	const char *policy = request_text(request, SETTING_SECCOMP, "default");
	const struct sock_filter *instructions;
	size_t count;
	uint32_t verdict;

	/* A policy that allows it does not help where the kernel is told to refuse it. */
	return (nested || !recorded_call_nests(call)) &&
	       policy_builtin_filter(policy, nested, &instructions, &count) &&
	       seccomp_simulate(instructions, count, call, &verdict, NULL) == 0 &&
	       !seccomp_denies(verdict);
}

/* Whether @mount is in the plan too, and means the same there. */
static bool has_mount(const struct plan *plan, const struct plan_mount *mount)
{
	vector_each (other, &plan->mounts)
		if (other->kind == mount->kind && other->set == mount->set &&
		    streq(other->destination, mount->destination))
			return true;
	return false;
}

/* Whether one of @places is on the way to @path or behind it. */
static bool is_near(const struct strv *places, const char *path)
{
	for (size_t i = 0; i < places->count; i++)
		if (path_below(path, places->items[i]) || path_below(places->items[i], path))
			return true;
	return false;
}

static void compare(const struct offers *offers, const struct plan *plan,
		    const struct request *request, bool *ret_grants)
{
	_cleanup_strv_ struct strv places = {0};

	/* Paths can be many, and a word is about few places. */
	vector_each (mount, &plan->mounts)
		if (!has_mount(offers->plain, mount))
			strv_add(&places, mount->destination);
	for (size_t i = 0; i < offers->needs.count; i++) {
		const struct learnt_need *need = &offers->needs.items[i];

		if (need->questioned)
			ret_grants[i] =
				policy_allows(request, plan->nested, &need->questioned->call);
		else if (need->messaged)
			ret_grants[i] = learn_bus_grants(request, need->messaged);
		else if (is_near(&places, need->touched->path) ||
			 (need->inside && is_near(&places, need->inside)))
			ret_grants[i] = plan_reaches(plan, offers->recording, need->touched,
						     offers->host->home);
	}
}

/* Fill in what the offer grants; a line that can't be carried out here grants nothing. */
static void try_offer(const struct offers *offers, struct offer *offer)
{
	_cleanup_strv_ struct strv options = {0};
	struct request request = {0};
	struct error unused = {0};
	struct plan plan = {0};

	strv_add(&options, "--profile");
	strv_add(&options, "default");
	for (size_t i = 0; i < offer->options.count; i++)
		strv_add(&options, offer->options.items[i]);
	offer->grants = xcalloc(offers->needs.count + 1, sizeof(bool));
	if (offers_plan(offers, &options, &plan, &request, &unused) == 0)
		compare(offers, &plan, &request, offer->grants);
	plan_free(&plan);
	request_free(&request);
}

static struct offer *add_offer(struct offers *offers, const char *section, const char *key,
			       const char *value, const char *option)
{
	struct offer *offer = vector_add(&offers->list);

	offer->section = section;
	offer->key = key;
	offer->value = xstrdup(value);
	strv_add(&offer->options, option);
	strv_add(&offer->options, value);
	return offer;
}

/* Words that decide what is decided otherwise: which network, which home, who one is. */
static bool is_of_another_kind(const struct request *word)
{
	static const enum setting_id kinds[] = {SETTING_NET, SETTING_HOME, SETTING_UID,
						SETTING_ROOT};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (request_last(word, kinds[i]))
			return true;
	return false;
}

static void offer_done(struct offer *offer)
{
	free(offer->value);
	strv_free(&offer->options);
	free(offer->description);
	free(offer->exposes);
	free(offer->escape);
	free(offer->grants);
}

static char *copy_text(const struct request *request, enum setting_id id)
{
	return xstrdup(request_text(request, id, NULL));
}

static void add_word(struct offers *offers, const char *name)
{
	_cleanup_problems_ struct problems problems = {0};
	struct profile_place places[2] = {0};
	size_t count = profile_places(PROFILE_WORD, name, places);
	_cleanup_free_ char *description = NULL;
	struct request word = {0};
	struct offer *offer;
	int r = -1;

	for (size_t i = 0; i < count; i++) {
		if (r < 0)
			r = request_load_profile(&places[i], &word, &description, &problems);
		profile_place_free(&places[i]);
	}
	if (r == 0 && !is_of_another_kind(&word)) {
		offer = add_offer(offers, "profile", "use", name, "--use");
		offer->description = TAKE_PTR(description);
		offer->exposes = copy_text(&word, SETTING_EXPOSES);
		offer->escape = copy_text(&word, SETTING_ESCAPE);
		offer->breadth = 2 * request_flag(&word, SETTING_NESTED) +
				 (request_last(&word, SETTING_SECCOMP) != NULL);
	}
	request_free(&word);
}

static void add_words(struct offers *offers, int breadth, bool in_directory)
{
	_cleanup_strv_ struct strv words = {0};
	size_t before = offers->list.count, kept = before;

	profile_names(PROFILE_WORD, &words);
	for (size_t i = 0; i < words.count; i++)
		if (in_directory || !streq(words.items[i], "project"))
			add_word(offers, words.items[i]);
	for (size_t i = before; i < offers->list.count; i++) {
		struct offer *offer = &offers->list.items[i];

		if (offer->breadth == breadth)
			offers->list.items[kept++] = *offer;
		else
			offer_done(offer);
	}
	offers->list.count = kept;
}

/* What can be said, the narrower before the broader: of two that grant the same, the first one is
 * taken. */
static void collect(struct offers *offers)
{
	const char *cwd = offers->host->directory;
	/* The home, or what is above it, is not shared for being the working directory. */
	bool in_directory = cwd && !path_below(offers->host->home, cwd);

	add_offer(offers, "filesystem", "arguments", "rw", "--arguments")->to_write = true;
	if (in_directory)
		add_offer(offers, "filesystem", "cwd", "ro", "--cwd");
	add_words(offers, 0, in_directory);
	add_offer(offers, "filesystem", "arguments", "rw-directory", "--arguments")->to_write =
		true;
	if (in_directory)
		add_offer(offers, "filesystem", "cwd", "rw", "--cwd");
	add_offer(offers, "seccomp", "policy", "desktop", "--seccomp")->breadth = 1;
	add_offer(offers, "seccomp", "policy", "dev", "--seccomp")->breadth = 1;
	for (int breadth = 1; breadth <= 3; breadth++)
		add_words(offers, breadth, in_directory);
	add_offer(offers, "seccomp", "policy", "browser", "--seccomp")->breadth = 1;
}

/* How many of the needs that nothing grants yet it would. */
static size_t gain(const struct offers *offers, const struct offer *offer)
{
	size_t count = 0, written = 0;

	for (size_t i = 0; i < offers->needs.count; i++) {
		const struct touched *touched = offers->needs.items[i].touched;

		if (!offer->grants[i] || offers->needs.items[i].granted)
			continue;
		count++;
		written += touched && (touched->access & (ACCESS_WRITE | ACCESS_NAMES));
	}
	return offer->to_write && !written ? 0 : count;
}

/* Of keys that have one value, one line is taken. */
static bool is_settled(const struct offers *offers, const struct offer *offer)
{
	vector_each (other, &offers->list)
		if (other->taken && streq(other->key, offer->key) && !streq(offer->key, "use"))
			return true;
	return offer->taken;
}

static uint64_t times_of(const struct learnt_need *need)
{
	if (need->messaged)
		return need->messaged->times;
	return need->touched ? need->touched->times : need->questioned->times;
}

static void take(struct offers *offers, struct offer *offer)
{
	offer->taken = true;
	for (size_t i = 0; i < offers->needs.count; i++) {
		struct learnt_need *need = &offers->needs.items[i];

		if (!offer->grants[i] || need->granted)
			continue;
		need->granted = true;
		if (!offer->needs++)
			offer->first = i;
		offer->times += times_of(need);
	}
}

/* Take the one that grants most of what nothing grants yet, until none does. */
static void take_best(struct offers *offers, bool escapes)
{
	struct offer *best;

	do {
		size_t most = 0;

		best = NULL;
		vector_each (offer, &offers->list) {
			size_t count = is_settled(offers, offer) ? 0 : gain(offers, offer);

			if (count > most && !offer->escape == !escapes) {
				most = count;
				best = offer;
			}
		}
		if (best)
			take(offers, best);
	} while (best);
}

void offers_take(struct offers *offers)
{
	if (!offers->needs.count)
		return;
	collect(offers);
	vector_each (offer, &offers->list)
		try_offer(offers, offer);
	take_best(offers, false);
	take_best(offers, true);
}

void offers_free(struct offers *offers)
{
	vector_each (need, &offers->needs)
		free(need->inside);
	vector_each (offer, &offers->list)
		offer_done(offer);
	vector_free(&offers->list);
	vector_free(&offers->needs);
}
