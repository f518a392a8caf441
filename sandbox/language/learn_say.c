// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_say.h"

#include "language/learn_bus.h"
#include "language/learn_text.h"
#include "language/policy_denial.h"
#include "plan/rules.h"

#include <unistd.h>

/* "# 3 times, first ~/x, by vim", and how many paths where there are more. */
static void say_evidence(struct strbuf *out, size_t paths, uint64_t times, const char *first,
			 const char *by)
{
	_cleanup_free_ char *path = string_escape(first), *program = string_escape(by);

	strbuf_printf(out, "# ");
	if (paths > 1)
		strbuf_printf(out, "%zu paths, ", paths);
	strbuf_printf(out, "%llu time%s, first %s, by %s\n", (unsigned long long)times,
		      times == 1 ? "" : "s", path, program);
}

static void say_line(struct strbuf *out, const char *before, const char *key, const char *path,
		     const char *behind)
{
	_cleanup_free_ char *text = learn_path(path), *shown = NULL;

	if (text) {
		strbuf_printf(out, "%s%s = %s%s\n", before, key, text, behind);
		return;
	}
	shown = string_escape(path);
	strbuf_printf(out, "# no profile can say this name: %s\n", shown);
}

static bool is_repository(const char *path)
{
	_cleanup_free_ char *git = xasprintf("%s/.git", path);

	return access(git, F_OK) == 0;
}

static void say_grants(struct strbuf *out, const struct grants *grants, const char *before)
{
	vector_each (grant, &grants->list) {
		say_evidence(out, grant->paths, grant->times, grant->first, grant->by);
		if (grant->writable && is_repository(grant->path))
			strbuf_printf(out,
				      "# It is a repository: what git runs and obeys there can "
				      "be written, too\n");
		/* What is only read may be absent another day; what is written would be lost. */
		say_line(out, before, grant->writable ? "rw" : "ro", grant->path,
			 grant->writable && access(grant->path, F_OK) == 0 ? "" : "?");
	}
}

static bool say_offers(struct strbuf *out, const struct offers *offers, const char *section)
{
	bool any = false;

	vector_each (offer, &offers->list) {
		const struct learnt_need *need;

		if (!offer->taken || !streq(offer->section, section))
			continue;
		any = true;
		need = &offers->needs.items[offer->first];
		if (offer->description)
			strbuf_printf(out, "# %s\n", offer->description);
		if (offer->exposes)
			strbuf_printf(out, "# exposes: %s\n", offer->exposes);
		if (offer->escape)
			strbuf_printf(out, "# warning: %s\n", offer->escape);
		if (need->touched) {
			say_evidence(out, offer->needs, offer->times, need->touched->path,
				     need->touched->by);
		} else if (need->messaged) {
			_cleanup_free_ char *text =
				xasprintf("%s of %s",
					  need->messaged->own ? "the name" : need->messaged->method,
					  need->messaged->name);

			say_evidence(out, 1, offer->times, text, need->messaged->by);
		} else {
			_cleanup_free_ char *call = policy_denial_call(&need->questioned->call);
			_cleanup_free_ char *text = xasprintf("the system call %s", call);

			say_evidence(out, 1, offer->times, text, need->questioned->by);
		}
		strbuf_printf(out, "%s%s = %s\n", offer->escape ? "# " : "", offer->key,
			      offer->value);
	}
	return any;
}

static void say_warned(struct strbuf *out, const struct learning *learning,
		       const lesson_list *lessons, const char *warning)
{
	struct grant_bounds bounds = learning->bounds;
	struct grants grants = {0};

	if (!lessons->count)
		return;
	/* Put together without regard to secrets: it is said what they are. */
	bounds.secrets = (struct strv){0};
	grants_collapse(lessons->items, lessons->count, &bounds, &grants);
	strbuf_printf(out, "\n# warning: %s\n", warning);
	say_grants(out, &grants, "# ");
	grants_free(&grants);
}

/* Whether something is shown there, or below it. */
static bool leads_to(const struct grants *grants, const char *path)
{
	vector_each (grant, &grants->list)
		if (path_below(grant->path, path) || path_below(path, grant->path))
			return true;
	return false;
}

static void say_files(struct strbuf *out, const struct learning *learning)
{
	size_t begin = out->length, empty;

	strbuf_printf(out, "\n[filesystem]\n");
	empty = out->length;
	say_offers(out, &learning->offers, "filesystem");
	say_grants(out, &learning->paths, "");
	vector_each (entered, &learning->entered) {
		if (!leads_to(&learning->paths, (*entered)->path)) {
			strbuf_printf(
				out, "# Changed into, and nothing in it used: an empty one does\n");
			say_evidence(out, 1, (*entered)->times, (*entered)->path, (*entered)->by);
			say_line(out, "", "tmpfs", (*entered)->path, "");
		}
	}
	vector_each (device, &learning->devices) {
		say_evidence(out, 1, (*device)->times, (*device)->path, (*device)->by);
		say_line(out, "", "dev", (*device)->path, "");
	}
	say_warned(out, learning, &learning->secret,
		   "keys, passwords or logins (the word no-secrets has the list). Take the # off "
		   "only of what the program must have");
	say_warned(out, learning, &learning->risky,
		   "written here, and run or obeyed later by programs outside of the sandbox");
	say_warned(out, learning, &learning->sockets,
		   "sockets of other programs, which may do for this one what it can't do itself");
	if (out->length == empty)
		out->text[out->length = begin] = '\0';
}

static void say_network(struct strbuf *out, const struct learning *learning)
{
	const struct learnt_network *network = &learning->network;

	if (network->mode == NET_NONE && !network->publish.count && !network->remarks.count)
		return;
	strbuf_printf(out, "\n[network]\n");
	if (network->mode != NET_NONE)
		strbuf_printf(out, "# Names are not seen. To grant no more than the hosts that it "
				   "is meant for: allow = NAME …\n");
	for (size_t i = 0; i < network->evidence.count; i++)
		strbuf_printf(out, "# %s\n", network->evidence.items[i]);
	if (network->mode != NET_NONE)
		strbuf_printf(out, "mode = %s\n", network->mode == NET_LAN ? "lan" : "internet");
	for (size_t i = 0; i < network->ports.count; i++)
		strbuf_printf(out, "host-port = %s\n", network->ports.items[i]);
	if (network->publish.count)
		strbuf_printf(out,
			      "# It listened there; for others to reach it, take the # off:\n");
	for (size_t i = 0; i < network->publish.count; i++)
		strbuf_printf(out, "# publish = %s\n", network->publish.items[i]);
	for (size_t i = 0; i < network->remarks.count; i++)
		strbuf_printf(out, "# not granted: %s\n", network->remarks.items[i]);
}

static void say_buses(struct strbuf *out, const struct learning *learning)
{
	VECTOR(const struct messaged *) rest = {0};
	struct strbuf lines = {0};

	vector_each (need, &learning->offers.needs)
		if (need->messaged && !need->granted)
			/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are held */
			*vector_add(&rest) = need->messaged;
	if (rest.count)
		learn_bus_say(&lines, rest.items, rest.count);
	if (lines.length)
		strbuf_printf(out, "\n[dbus]\n%s", lines.text);
	strbuf_free(&lines);
	vector_free(&rest);
}

static void say_calls(struct strbuf *out, const struct learning *learning)
{
	struct strbuf lines = {0};

	say_offers(&lines, &learning->offers, "seccomp");
	vector_each (need, &learning->offers.needs) {
		_cleanup_free_ char *call = NULL, *by = NULL;

		if (need->granted || !need->questioned)
			continue;
		call = policy_denial_call(&need->questioned->call);
		by = string_escape(need->questioned->by);
		strbuf_printf(&lines,
			      "# not granted: the system call %s (0x%llx), %llu times, by %s\n",
			      call, (unsigned long long)need->questioned->call.args[0],
			      (unsigned long long)need->questioned->times, by);
	}
	if (lines.length)
		strbuf_printf(out, "\n[seccomp]\n%s", lines.text);
	strbuf_free(&lines);
}

/* What a program does without as a rule, in one line. */
static void say_left_out(struct strbuf *out, const struct learning *learning)
{
	const struct recording *recording = learning->offers.recording;

	_cleanup_free_ char *usual =
		learning->usual.count ? string_escape(learning->usual.items[0]->path) : NULL;

	if (usual)
		strbuf_printf(out,
			      "# not proposed: %zu paths in /sys, which programs do without as a "
			      "rule; the first is %s\n",
			      learning->usual.count, usual);
	vector_each (touched, &learning->hidden) {
		_cleanup_free_ char *path = string_escape((*touched)->path);

		strbuf_printf(out, "# not proposed: %s, which default.profile hides\n", path);
	}
	vector_each (lesson, &learning->paths.impossible) {
		_cleanup_free_ char *path = string_escape((*lesson)->path);

		strbuf_printf(out,
			      "# made or replaced in a directory that can't be shown whole, and so "
			      "%s: %s\n",
			      (*lesson)->exists ? "to be written in place only" : "not kept", path);
	}
	if (learning->past_us)
		strbuf_printf(out, "# not seen: what was said on the message bus %s\n",
			      learning->past_us->path);
	if (recording->unread)
		strbuf_printf(out,
			      "# not seen: %llu calls of processes that can't be looked into\n",
			      (unsigned long long)recording->unread);
	if (recording->elsewhere)
		strbuf_printf(out,
			      "# not seen: %llu calls in a sandbox that the program made itself\n",
			      (unsigned long long)recording->elsewhere);
	if (recording->left_out)
		strbuf_printf(out, "# not seen: %llu more, as there were too many\n",
			      (unsigned long long)recording->left_out);
}

static void say_head(struct strbuf *out, const struct learning *learning)
{
	const struct strv *arguments = learning->words;
	const char *slash = strrchr(arguments->items[0], '/');
	_cleanup_free_ char *name = string_escape(slash ? slash + 1 : arguments->items[0]);

	strbuf_printf(out,
		      "# Proposed by hutch learn. Read it before you use it: it grants what was "
		      "used this time,\n# no less and no more. Not seen: environment variables, "
		      "names of hosts, and what only a look\n# (stat, readlink) was taken at.\n"
		      "#\n#\t");
	for (size_t i = 0; i < arguments->count; i++) {
		_cleanup_free_ char *word = string_escape(arguments->items[i]);

		strbuf_printf(out, "%s%s", i ? " " : "", word);
	}
	strbuf_printf(out, "\n#\n# %llu calls were looked at.\n\n[profile]\n",
		      (unsigned long long)learning->offers.recording->calls);
	if (!strchr(name, '#'))
		strbuf_printf(out, "description = %s, as hutch learn saw it\n", name);
}

void learn_say(const struct learning *learning, struct strbuf *out)
{
	say_head(out, learning);
	say_offers(out, &learning->offers, "profile");
	say_files(out, learning);
	say_network(out, learning);
	say_buses(out, learning);
	say_calls(out, learning);
	strbuf_printf(out, "\n");
	say_left_out(out, learning);
}
