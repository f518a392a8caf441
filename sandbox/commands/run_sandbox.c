// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/run_sandbox.h"

#include "base/json.h"
#include "base/log.h"
#include "commands/make_plan.h"
#include "commands/report_file.h"
#include "engine/launch.h"
#include "language/policy_denial.h"
#include "plan/bus_risk.h"
#include "plan/bus_rule.h"
#include "plan/data.h"
#include "plan/home_store.h"
#include "plan/print.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* What --allow-weaker gave up: one line for the reason, one for the list. The report has it too. */
static void say_missing(const struct plan *plan)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	for (size_t i = 0; i < plan->unlimited.count; i++)
		log_line("%s", plan->unlimited.items[i]);
	if (!plan->missing.count)
		return;
	log_line("%s", plan->missing.items[0]);
	for (size_t i = 1; i < plan->missing.count; i++)
		strbuf_printf(&text, "%s%s", i > 1 ? "; " : "", plan->missing.items[i]);
	log_line("not held: %s", text.text);
}

/* Die of the same signal as the program did, for a caller who asks its children how they ended. */
static void raise_signal(const struct report *report)
{
	int number = WTERMSIG(report->ending.status);

	signal(number, SIG_DFL);
	raise(number);
}

/* --log-denied: one message a distinct system call. */
static void say_denied(const struct plan *plan, const struct denial *denial)
{
	struct error e = {0};

	policy_describe_denial(plan->filter.name, plan->nested, &denial->call, denial->code, &e);
	log_error(&e);
}

/* -v or --log-json: one line each time that something may not be reached. */
static void say_refused(const struct plan *plan, const struct refusal *refusal)
{
	_cleanup_free_ char *line = NULL;

	if (log_json) {
		line = refusal_json(refusal);
		log_object(line);
		return;
	}
	log_step("network: %s %s%s%s%s refused: %s%s%s", refusal->protocol, refusal->destination,
		 *refusal->name ? " (" : "", refusal->name, *refusal->name ? ")" : "",
		 refusal->rule, *refusal->option ? "; allowed by " : "", refusal->option);
}

/* [dbus] log: what a bus did not let through, and what would. */
static void say_bus_refused(const struct plan *plan, const struct bus_refusal *refusal)
{
	const char *rule = refusal->line ? strstr(refusal->line, " = ") : NULL;
	const char *risk = bus_risk_of(refusal->bus, refusal->name);
	struct error e = {0};

	error_set(&e, EACCES, "D-Bus: %s bus: refused: %s", refusal->bus, refusal->what);
	/* The names are the program's: a rule that could not be read is no advice. */
	if (rule && bus_rule_check(strstr(refusal->line, ".call") ? BUS_CALL : BUS_TALK, rule + 3,
				   NULL) == 0)
		error_remedy(&e, "[dbus] %s%s%s%s", refusal->line, risk ? " (but " : "",
			     risk ? risk : "", risk ? ")" : "");
	log_error(&e);
}

/* A policy may end the program where others make a call fail: nothing else would say why. */
static void say_killed(const struct plan *plan, const struct report *report)
{
	int status = report->ending.status;
	struct error e = {0};

	if (!plan->filter.count || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		return;
	error_set(&e, ENOSYS,
		  "%s: ended by SIGSYS: the seccomp policy %s ends programs that make "
		  "such a system call",
		  plan->program, plan->filter.name);
	error_remedy(&e,
		     "a program for another architecture needs \"@arch\" in the policy; which call "
		     "it was is in the kernel's log (audit, type=1326)");
	log_error(&e);
}

/* For who asks a running sandbox for its plan. */
static char *describe(const struct plan *plan, void *request)
{
	struct json_object *object = plan_json(plan, request);
	char *text = xasprintf(
		"%s\n", json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));

	json_object_put(object);
	return text;
}

/* `--home NAME`: it is there and stays there until the launcher ends. */
static int use_home(const struct request *request, struct plan *plan, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_HOME);
	_cleanup_free_ char *origin = NULL;
	bool new = false;
	int lock;

	if (!setting || setting->choice != HOME_NAMED)
		return 0;
	origin = setting_origin(setting);
	lock = home_use(setting->text, &new, e);
	if (lock < 0)
		return error_wrap(e, "%s", origin);
	*vector_add(&plan->held) = lock;
	/* A typing mistake shows itself. */
	if (new)
		log_line("%s: a new home (hutch home path %s)", origin, setting->text);
	return 0;
}

int run_no_program(struct error *e)
{
	error_set(e, EINVAL, "run: no program given");
	return error_remedy(e,
			    "hutch run PROGRAM [ARGUMENT…]; `hutch run --help` lists the options");
}

/* The first run of a program: with its own directories there, the plan is another. */
static int plan_again(struct request *request, struct plan *plan, struct error *e)
{
	int r = data_make(plan, e);

	if (r < 0)
		return r;
	plan_free(plan);
	*plan = (struct plan){0};
	r = make_plan(request, plan, e);
	if (r == 0 && plan->lacking.count)
		r = error_set(e, ENOENT, "%s: a link that leads nowhere", plan->lacking.items[0]);
	return r;
}

int run_sandbox(struct request *request, bool log_denied, run_prepare *prepare, void *data,
		struct error *e)
{
	struct plan plan = {0};
	struct report report = {.denied = say_denied,
				.refused = say_refused,
				.bus_refused = say_bus_refused,
				.describe = describe,
				.describe_data = (void *)request};
	struct error unwritten = {0};
	int status = 0, r;

	r = use_home(request, &plan, e);
	if (r == 0)
		r = make_plan(request, &plan, e);
	if (r == 0 && !plan.program)
		r = run_no_program(e);
	if (r == 0 && plan.lacking.count)
		r = plan_again(request, &plan, e);
	if (r == 0)
		trace_plan(&plan);
	if (r == 0 && log_denied && plan.filter.count)
		r = notifier_filter(&plan.filter, &plan.asking, e);
	if (r == 0 && prepare)
		r = prepare(&plan, &report, data, e);
	if (r == 0) {
		say_missing(&plan);
		for (size_t i = 0; i < plan.remarks.count; i++)
			log_line("%s", plan.remarks.items[i]);
	}
	if (r == 0)
		r = launch(&plan, &report, e);
	if (plan.report && report_write(&plan, &report, r < 0 ? e : NULL, &unwritten) < 0) {
		log_error(&unwritten);
		status = EXIT_HUTCH_FAILED;
	}
	if (r == 0)
		say_killed(&plan, &report);
	if (r == 0 && !status)
		status = report_exit_status(&report);
	if (r == 0 && plan.raise_signal && !report.timed_out && WIFSIGNALED(report.ending.status))
		raise_signal(&report);
	report_free(&report);
	plan_free(&plan);
	return r < 0 ? r : status;
}
