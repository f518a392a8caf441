// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch explain [options] [--] [PROGRAM [ARG…]] */
#include "commands/commands.h"

#include "base/json.h"
#include "base/log.h"
#include "commands/finding.h"
#include "commands/make_plan.h"
#include "kernel/features.h"
#include "plan/host.h"
#include "plan/network_text.h"
#include "plan/print.h"
#include "plan/rules.h"

#include <errno.h>
#include <stdio.h>

/* Print what is handed over; one of both is NULL. */
static int print(char *text, struct json_object *object, struct error *e)
{
	if (text)
		fputs(text, stdout);
	else
		puts(json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	free(text);
	json_object_put(object);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_errno(e, errno, "writing to standard output");
	return 0;
}

static int print_answer(const struct command_line *line, const struct answer *answer,
			struct error *e)
{
	return print(line->json ? NULL : answer_text(answer),
		     line->json ? answer_json(answer) : NULL, e);
}

static int answer_path(const struct plan *plan, const struct command_line *line, struct error *e)
{
	_cleanup_answer_ struct answer answer = {0};
	_cleanup_free_ char *path = NULL;
	const char *asked = line->query_path;
	struct host host = {0};
	int r;

	r = host_look(&host, e);
	if (r < 0)
		return r;
	/* The shell leaves the tilde of --path=~/x alone. */
	if (asked[0] == '~' && (!asked[1] || asked[1] == '/'))
		path = xasprintf("%s%s", host.home, asked + 1);
	else
		path = asked[0] == '/'
			       ? xstrdup(asked)
			       : xasprintf("%s/%s", host.directory ? host.directory : "", asked);
	host_free(&host);
	r = query_path(plan, path, &answer, e);
	return r < 0 ? r : print_answer(line, &answer, e);
}

/* What the helper would find out at the start, and refuse it: connections can't be told by name. */
static void foresee_names(const struct request *request, struct plan *plan)
{
	_cleanup_free_ char *text = NULL;
	struct probe probe = {0};
	bool named = false;

	request_each(setting, request, SETTING_NET_ALLOW) named |=
		network_rule_check(setting->text, NULL) > 0;
	if (!plan->network.helper || !named)
		return;
	features_probe_redirection(&probe);
	if (probe_works(&probe))
		return;
	text = probe_text(&probe);
	strv_take(&plan->network.notes,
		  xasprintf("it would not start: rules by name need nftables with tproxy (%s; see "
			    "`hutch doctor`)",
			    text));
}

static int explain(struct request *request, const struct command_line *line, struct error *e)
{
	struct plan plan = {0};
	int r = make_plan(request, &plan, e);

	if (r == 0)
		foresee_names(request, &plan);
	if (r == 0 && line->query_path)
		r = answer_path(&plan, line, e);
	if (r == 0 && line->query_env) {
		_cleanup_answer_ struct answer answer = {0};

		query_variable(&plan, request, line->query_env, &answer);
		r = print_answer(line, &answer, e);
	}
	if (r == 0 && !line->query_path && !line->query_env)
		r = print(line->json ? NULL : plan_text(&plan, request),
			  line->json ? plan_json(&plan, request) : NULL, e);
	plan_free(&plan);
	return r;
}

int command_explain(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	struct error e = {0};
	int r, status = 0;

	r = command_request(argc, argv, VERB_EXPLAIN, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0)
		r = explain(&request, &line, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
