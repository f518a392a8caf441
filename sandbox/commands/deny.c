// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch deny NAME RULE…: from now on the sandbox NAME may not reach what the rules say; connections
 * that it has there are reset. Nothing can be allowed this way.
 */
#include "commands/instance.h"

#include "base/log.h"
#include "plan/network_text.h"

#include <errno.h>

enum { PATIENCE = 2000 /* ms */ };

static int deny(const char *name, const char *rule, struct error *e)
{
	struct control_request request = {0};
	struct control_answer answer;
	int r = network_rule_check(rule, e);

	if (r < 0)
		return error_wrap(e, "deny %s", rule);
	if (strlen(rule) >= sizeof(request.rule))
		return error_set(e, EINVAL, "deny: the rule is too long");
	strcpy(request.rule, rule);
	r = instance_ask(name, CONTROL_DENY, request, PATIENCE, &answer, NULL, e);
	if (r == -ENETUNREACH)
		error_remedy(e, "it has no network of its own (--net internet or lan), so there is "
				"nothing to deny");
	return r;
}

int command_deny(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_DENY, 2, &request, &line, &status, &e);
	for (size_t i = 1; r == 0 && i < request.arguments.count; i++)
		r = deny(request.arguments.items[0], request.arguments.items[i], &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
