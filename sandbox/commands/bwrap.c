// SPDX-License-Identifier: GPL-2.0-or-later
/* hutch-bwrap [OPTION…] [--] COMMAND [ARG…]: bubblewrap's command line; another front end of the same
 * plan and engine. */
#include "commands/commands.h"

#include "base/log.h"
#include "engine/launch.h"
#include "kernel/process.h"
#include "language/bwrap.h"
#include "plan/exact.h"

#include <errno.h>
#include <stdio.h>

/* Every failure of bubblewrap ends with this, the program's own status aside. */
enum { BWRAP_FAILED = 1 };

static int usage(const char *name, FILE *file, int status)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	bwrap_usage(name, &text);
	fputs(text.text, file);
	return fflush(file) == 0 ? status : BWRAP_FAILED;
}

static void say_warnings(const struct bwrap_line *line)
{
	log_name = line->level_prefix ? "<4>bwrap" : "bwrap";
	for (size_t i = 0; i < line->warnings.count; i++)
		log_line("%s", line->warnings.items[i]);
	log_name = line->level_prefix ? "<3>bwrap" : "bwrap";
}

static int run(const struct exact_request *request, struct error *e)
{
	struct report report = {0};
	struct plan plan = {0};
	int r = exact_plan(request, &plan, e);

	if (r == 0)
		r = launch(&plan, &report, e);
	if (r == 0)
		r = report_exit_status(&report);
	report_free(&report);
	plan_free(&plan);
	return r;
}

int command_bwrap(int argc, char **argv)
{
	struct bwrap_line line;
	struct error e = {0};
	int r, status = BWRAP_FAILED;

	log_name = "bwrap";
	if (argc <= 1)
		return usage(argv[0], stderr, BWRAP_FAILED);
	r = bwrap_parse(argc - 1, argv + 1, &line, &e);
	say_warnings(&line);
	if (r == 0 && line.help) {
		status = usage(argv[0], stdout, 0);
	} else if (r == 0 && line.version) {
		/* Nothing else: build systems take the last word of it. */
		printf("bubblewrap %s\n", BWRAP_RELEASE);
		status = fflush(stdout) == 0 ? 0 : BWRAP_FAILED;
	} else if (r == 0 && !line.request.arguments.count) {
		status = usage(argv[0], stderr, BWRAP_FAILED);
	} else {
		if (r == 0) {
			r = process_fill_standard_descriptors();
			if (r < 0)
				error_errno(&e, -r, "opening /dev/null");
		}
		if (r == 0)
			r = run(&line.request, &e);
		if (r < 0)
			log_error(&e);
		else
			status = r;
	}
	bwrap_line_free(&line);
	return status;
}
