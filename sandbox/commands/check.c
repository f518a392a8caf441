// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch check [options] [ATTEMPT…]: what a program in such a sandbox can do on this machine.
 *
 * Theory of operation: hutch-attempts (tests/escape) tries one thing a hostile program would try,
 * and says how it was refused. Here each of its harmless attempts is made twice, by itself and as
 * `hutch run` with the same options starts it, and after each the canary, a second hutch-attempts
 * that holds files, sockets, memory and a process on the host, is asked whether it was touched. What
 * works without a sandbox shows that the attempt is a real one here; inside, it must be refused,
 * unless the plan of these very options lets it through by design (a network, a shared directory).
 *
 * Here and in check_attempt.c there is no more than to start, wait and compare: what is said of a sandbox is what a
 * program in one was told, not what a plan promised.
 */
#include "commands/commands.h"

#include "base/log.h"
#include "commands/check_attempt.h"
#include "commands/make_plan.h"
#include "plan/query.h"

#include <errno.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Something that should be refused was not. */
#define EXIT_OPEN 1

enum state { HELD, BY_DESIGN, OPEN, UNTRIED, STATES };

static const char *const state_names[] = {"held", "by-design", "open", "untried"};

struct check {
	struct trial trial;
	char *granted; /* ",network,…": what the plan lets through by design */
};

/* Whether a path of the canaries is seen inside, as @state or (NULL) at all. */
static bool plan_shows(const struct plan *plan, const struct check *check, const char *key,
		       const char *state)
{
	_cleanup_free_ char *path = trial_value(&check->trial, key);
	_cleanup_answer_ struct answer answer = {0};
	struct error e = {0};

	if (!*path || query_path(plan, path, &answer, &e) < 0 || !answer.state)
		return false;
	return streq(answer.state, "writable") ||
	       (!state && (streq(answer.state, "read-only") || streq(answer.state, "discarded")));
}

/* Whether the plan shares a file of this type, but for the devices that every sandbox has. */
static bool plan_shares(const struct plan *plan, mode_t type)
{
	static const char *const usual[] = {"/dev/null", "/dev/zero",    "/dev/full",
					    "/dev/tty",  "/dev/urandom", "/dev/random"};
	struct stat st;

	vector_each (m, &plan->mounts) {
		bool is_usual = false;

		for (size_t i = 0; m->source && i < sizeof(usual) / sizeof(usual[0]); i++)
			is_usual |= streq(m->source, usual[i]);
		if (m->kind == MOUNT_BIND && m->source && !is_usual && stat(m->source, &st) == 0 &&
		    (st.st_mode & S_IFMT) == type)
			return true;
	}
	return false;
}

/* What these options let through by design, in the words that the attempts have for it. */
static int look_at_plan(struct check *check, struct request *request, struct error *e)
{
	struct plan plan = {0};
	struct strbuf words = {0};
	bool own_network;
	int r;

	strv_add(&request->arguments, check->trial.helper);
	r = make_plan(request, &plan, e);
	if (r == 0) {
		own_network = !plan.namespaces || (plan.namespaces & CLONE_NEWNET);
		strbuf_printf(&words, ",%s%s%s%s%s%s%s%s%s%s", own_network ? "" : "host-network,",
			      own_network && !plan.network.helper ? "" : "network,",
			      plan.nested ? "nested," : "", plan.id_map == ID_RANGE ? "range," : "",
			      plan_shows(&plan, check, "secret", NULL) ? "secret," : "",
			      plan_shows(&plan, check, "home", NULL) ? "home," : "",
			      plan_shows(&plan, check, "named", "writable") ? "named," : "",
			      plan_shares(&plan, S_IFSOCK) ? "socket," : "",
			      plan_shares(&plan, S_IFCHR) ? "device," : "",
			      plan.share_terminal ? "terminal," : "");
		check->granted = words.text;
	}
	plan_free(&plan);
	return r;
}

/* Whether something that the attempt is open to by design is granted. */
static bool is_granted(const struct check *check, const struct attempt *attempt)
{
	_cleanup_free_ char *words = xstrdup(check->granted);
	char *at = words, *word;

	while ((word = strsep(&at, ",")))
		if (*word && attempt_has(attempt, word))
			return true;
	return false;
}

/* Make it and say what it came to. -errno where no sandbox is started at all. */
static int judge(const struct check *check, struct attempt *attempt, struct error *e)
{
	trial_make(&check->trial, attempt);
	if (!attempt->inside && attempt->status == EXIT_HUTCH_FAILED &&
	    attempt == check->trial.attempts.items)
		return error_set(e, EIO, "%s",
				 attempt->remark ? attempt->remark : "check: no sandbox");
	if (!attempt->inside && attempt->status == 255)
		attempt->state = UNTRIED;
	else if (attempt->inside && !streq(attempt->inside, "WORKED") && !attempt->remark)
		attempt->state = HELD;
	else
		attempt->state = is_granted(check, attempt) ? BY_DESIGN : OPEN;
	if (!attempt->inside && attempt->state != UNTRIED)
		attempt->inside = xasprintf("status %d", attempt->status);
	return 0;
}

static void print_text(const struct check *check, const size_t *counts)
{
	static const char *const colours[] = {"", "\033[33m", "\033[31m", "\033[2m"};
	static const char *const notes[] = {"", " (by design)", " (!)", ""};
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	printf("%-60s %-14s %s\n", "what is tried", "without", "inside");
	vector_each (a, &check->trial.attempts) {
		_cleanup_free_ char *remark = a->remark ? string_escape(a->remark) : NULL;

		printf("%-60s %-14s %s%s%s%s", a->text, a->without ? a->without : "-",
		       colour ? colours[a->state] : "", a->inside ? a->inside : "-",
		       notes[a->state], colour ? "\033[m" : "");
		printf("%s%s\n", remark ? "  " : "", remark ? remark : "");
	}
	printf("%zu held, %zu did not; %zu open by design, %zu could not be tried\n", counts[HELD],
	       counts[OPEN], counts[BY_DESIGN], counts[UNTRIED]);
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = text ? string_escape(text) : NULL;

	json_object_object_add(to, key, escaped ? json_object_new_string(escaped) : NULL);
}

static void print_json(const struct check *check, const size_t *counts)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	add_text(root, "version", HUTCH_VERSION);
	json_object_object_add(root, "holds", json_object_new_boolean(!counts[OPEN]));
	vector_each (a, &check->trial.attempts) {
		struct json_object *object = json_object_new_object();

		add_text(object, "name", a->name);
		add_text(object, "text", a->text);
		add_text(object, "without", a->without);
		add_text(object, "inside", a->inside);
		add_text(object, "state", state_names[a->state]);
		add_text(object, "remark", a->remark);
		json_object_array_add(list, object);
	}
	json_object_object_add(root, "attempts", list);
	printf("%s\n", json_object_to_json_string_ext(
			       root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static int perform(struct check *check, struct request *request, bool json, struct error *e)
{
	_cleanup_strv_ struct strv names = request->arguments;
	size_t counts[STATES] = {0};
	int r;

	request->arguments = (struct strv){0};
	r = trial_begin(&check->trial, &names, e);
	if (r == 0)
		r = look_at_plan(check, request, e);
	if (r < 0)
		return r;
	vector_each (attempt, &check->trial.attempts) {
		r = judge(check, attempt, e);
		if (r < 0)
			return r;
		counts[attempt->state]++;
	}
	if (json)
		print_json(check, counts);
	else
		print_text(check, counts);
	return counts[OPEN] ? EXIT_OPEN : 0;
}

int command_check(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct check check = {0};
	struct error e = {0};
	int r, status = 0;

	r = command_request(argc, argv, VERB_CHECK, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	for (int i = 1; r == 0 && i < argc - (int)request.arguments.count; i++)
		if (!streq(argv[i], "--json") && !streq(argv[i], "--"))
			strv_add(&check.trial.options, argv[i]);
	if (r == 0)
		r = perform(&check, &request, line.json, &e);
	status = r < 0 ? log_error(&e) : r;
	trial_end(&check.trial);
	free(check.granted);
	request_free(&request);
	return fflush(stdout) == 0 ? status : EXIT_HUTCH_FAILED;
}
