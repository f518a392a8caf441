// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hutch doctor`: what this host allows, what is missing, what that costs and the exact remedy.
 */
#include "base/json.h"
#include "base/log.h"
#include "commands/commands.h"
#include "commands/diagnosis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Something that `hutch run` needs is missing. */
#define EXIT_UNFIT 1

static const char *const state_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_WEAKER] = "weaker",
	[FINDING_MISSING] = "missing",
	[FINDING_UNTRIED] = "untried",
};

/* What could not be tried costs nothing that is known; what it waits for tells its own costs. */
static bool has_costs(const struct finding *f)
{
	return f->state == FINDING_WEAKER || f->state == FINDING_MISSING;
}

/* Lines of @text, each behind @first or, from the second on, as many spaces. */
static void print_lines(const char *first, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, length);

		printf("%s%s\n", first, line);
		first = "             ";
		text += length + (text[length] == '\n');
	}
}

static void print_text(const struct findings *findings)
{
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m", "\033[31m"};
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	vector_each (f, &findings->list) {
		/* Names of files may be in it. */
		_cleanup_free_ char *what = string_escape(f->what);

		printf("%s%-8s%s %s: %s\n", colour ? colours[f->state] : "", state_names[f->state],
		       colour ? "\033[m" : "", f->title, what);
		if (f->cost && has_costs(f))
			print_lines("    costs:   ", f->cost);
		if (f->remedy && has_costs(f))
			print_lines("    remedy:  ", f->remedy);
	}
	printf("%s\n",
	       findings_good(findings)
		       ? "hutch run works here, with every layer"
		       : "hutch run does not work here: something that it needs is missing");
}

/* JSON is UTF-8; a name that isn't is shown escaped. */
static void add_text(struct json_object *to, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = NULL;

	if (text && string_utf8_length(text, strlen(text)) != strlen(text))
		text = escaped = string_escape(text);
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void print_json(const struct findings *findings, const struct features *features)
{
	struct json_object *root = json_object_new_object(), *checks = json_object_new_array();

	add_text(root, "version", HUTCH_VERSION);
	add_text(root, "kernel", features->release);
	json_object_object_add(root, "uid", json_object_new_int64(features->uid));
	json_object_object_add(root, "works", json_object_new_boolean(findings_good(findings)));
	json_object_object_add(root, "landlock_abi", json_object_new_int(features->landlock_abi));
	vector_each (f, &findings->list) {
		struct json_object *check = json_object_new_object();

		add_text(check, "topic", f->topic);
		add_text(check, "state", state_names[f->state]);
		json_object_object_add(check, "needed", json_object_new_boolean(f->needed));
		add_text(check, "what", f->what);
		add_text(check, "cost", has_costs(f) ? f->cost : NULL);
		add_text(check, "remedy", has_costs(f) ? f->remedy : NULL);
		json_object_array_add(checks, check);
	}
	json_object_object_add(root, "checks", checks);
	printf("%s\n", json_object_to_json_string_ext(
			       root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

int command_doctor(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct findings findings = {0};
	struct features *features;
	char program[4096];
	struct error e = {0};
	ssize_t length;
	int ret;

	ret = options_parse(VERB_DOCTOR, argc, argv, &request, &line, &e);
	if (command_answered(VERB_DOCTOR, &line, &ret)) {
		request_free(&request);
		return ret;
	}
	if (ret == 0 && request.arguments.count) {
		ret = error_set(&e, EINVAL, "doctor: %.100s: takes no arguments",
				request.arguments.items[0]);
	}
	request_free(&request);
	if (ret < 0)
		return log_error(&e);

	log_verbose = line.verbose;
	features = features_probe();
	if (!features) {
		log_line("doctor: out of memory");
		return EXIT_HUTCH_FAILED;
	}
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	diagnose(features, program[0] ? program : "/usr/bin/hutch", &findings);
	if (line.json)
		print_json(&findings, features);
	else
		print_text(&findings);
	ret = findings_good(&findings) ? 0 : EXIT_UNFIT;
	findings_free(&findings);
	features_free(features);
	return fflush(stdout) == 0 ? ret : EXIT_HUTCH_FAILED;
}
