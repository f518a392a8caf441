// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch run [options] [--] PROGRAM [ARG…] */
#include "base/log.h"
#include "commands/commands.h"
#include "commands/detach.h"
#include "commands/run_sandbox.h"
#include "commands/shell.h"

#include <errno.h>

/* --review: what is written in the working directory is kept aside, however it is shared. */
static int review(struct request *request, const struct command_line *line, struct error *e)
{
	struct setting *setting = vector_add(&request->settings);

	setting->id = SETTING_CWD;
	setting->name = "review";
	setting->choice = CWD_OVERLAY;
	setting->origin.layer = LAYER_COMMAND_LINE;
	return run_in_session(request, line, NULL, e);
}

/* What was copied would be nowhere afterwards. */
static int check_no_copy(const struct request *request, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_COPY);
	_cleanup_free_ char *origin = setting ? setting_origin(setting) : NULL;

	if (!setting)
		return 0;
	error_set(e, EINVAL, "%s: copies are kept in a session", origin);
	return error_remedy(e, "hutch run --review, or hutch shell");
}

int command_run(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	struct detach detach = DETACH_NONE;
	struct error e = {0};
	int r, status = 0;

	r = command_request(argc, argv, VERB_RUN, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	/* The root may be an image that says what runs. */
	if (r == 0 && !request.arguments.count && !request_last(&request, SETTING_ROOT))
		r = run_no_program(&e);
	if (r == 0 && !line.review)
		r = check_no_copy(&request, &e);
	if (r == 0 && line.review && line.detach)
		r = error_set(&e, EINVAL, "--detach: not with --review, which asks at the end");
	if (r == 0 && line.detach && (r = detach_begin(&detach, &request, &status, &e)) > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0 && line.review)
		r = review(&request, &line, &e);
	else if (r == 0)
		r = run_sandbox(&request, line.log_denied, line.detach ? detach_prepare : NULL,
				&detach, &e);
	if (line.detach)
		detach_end(&detach, r < 0 ? EXIT_HUTCH_FAILED : r);
	if (r < 0)
		r = log_error(&e);
	request_free(&request);
	return r;
}
