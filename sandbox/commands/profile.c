// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch profile: what profiles and words there are, what one says with all that it refers to,
 * whether a file is right, and what a profile of another tool means.
 */
#include "commands/commands.h"
#include "commands/profile_seccomp.h"

#include "base/json.h"
#include "base/log.h"
#include "language/firejail.h"
#include "language/profile_store.h"
#include "language/request_build.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const struct {
	enum profile_kind kind;
	const char *name, *title;
} kinds[] = {
	{PROFILE_APP, "profile", "Profiles:"},
	{PROFILE_WORD, "word", "Words (--use, use =):"},
	{PROFILE_POLICY, "policy", "Policies for system calls (--seccomp, policy =):"},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static const char *kind_name(enum profile_kind kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return NULL;
}

/* "profiles", "words", "policies". */
static bool is_plural(const char *text, const char *name)
{
	const char *rest = startswith(text, name);

	return (rest && streq(rest, "s")) || (streq(text, "policies") && streq(name, "policy"));
}

static int finish_output(void)
{
	struct error e = {0};

	if (fflush(stdout) == 0)
		return 0;
	error_errno(&e, errno, "standard output");
	return log_error(&e);
}

static int print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return finish_output();
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

/* Load the profile of that name from the first place that has one; -ENOENT: none. */
static int load_named(enum profile_kind kind, const char *name, struct request *request,
		      char **ret_description, struct profile_place *ret_place,
		      struct problems *problems)
{
	struct profile_place places[2] = {0};
	size_t count = profile_places(kind, name, places);
	int r = -ENOENT;

	for (size_t i = 0; i < count; i++) {
		if (r == -ENOENT && !problems->list.count)
			r = request_load_profile(&places[i], request, ret_description, problems);
		if (r != -ENOENT && !ret_place->path)
			*ret_place = places[i];
		else
			profile_place_free(&places[i]);
	}
	return r;
}

static int log_problems(const struct problems *problems)
{
	vector_each (e, &problems->list)
		log_error(e);
	return EXIT_HUTCH_FAILED;
}

/* A policy is not read here: `hutch profile seccomp` does that. */
static void find_policy(const char *name, struct profile_place *ret)
{
	struct profile_place places[2] = {0};
	size_t count = profile_places(PROFILE_POLICY, name, places);

	for (size_t i = 0; i < count; i++) {
		if (!ret->path && access(places[i].path, F_OK) == 0)
			*ret = places[i];
		else
			profile_place_free(&places[i]);
	}
}

static void list_one(enum profile_kind kind, const char *name, size_t width, bool json,
		     struct json_object *array)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_free_ char *description = NULL, *line = NULL;
	struct request request = {0};
	const char *says;

	if (kind == PROFILE_POLICY)
		find_policy(name, &place);
	else
		load_named(kind, name, &request, &description, &place, &problems);
	request_free(&request);
	if (json) {
		struct json_object *object = json_object_new_object();

		add_text(object, "name", name);
		add_text(object, "kind", kind_name(kind));
		add_text(object, "path", place.path);
		json_object_object_add(object, "own", json_object_new_boolean(place.user));
		add_text(object, "description", description);
		json_object_object_add(object, "valid",
				       json_object_new_boolean(!problems.list.count));
		json_object_array_add(array, object);
		return;
	}
	says = problems.list.count ? "has faults: `hutch profile check` shows them" : description;
	line = xasprintf("  %-*s  %-5s  %s", (int)width, name, place.user ? "yours" : "",
			 says ? says : "");
	for (size_t end = strlen(line); end && line[end - 1] == ' '; end--)
		line[end - 1] = '\0';
	puts(line);
}

static void list_kind(enum profile_kind kind, const char *title, bool names_only, bool json,
		      struct json_object *array)
{
	_cleanup_strv_ struct strv names = {0};
	size_t width = 0;

	profile_names(kind, &names);
	for (size_t i = 0; i < names.count; i++)
		if (strlen(names.items[i]) > width)
			width = strlen(names.items[i]);
	if (!names_only && !json && names.count)
		puts(title);
	for (size_t i = 0; i < names.count; i++) {
		/* NAME.local.profile has no name of its own and is not listed. */
		if (names_only)
			puts(names.items[i]);
		else
			list_one(kind, names.items[i], width, json, array);
	}
}

static int list(const struct command_line *line, const struct strv *arguments)
{
	const char *which = arguments->count > 1 ? arguments->items[1] : NULL;
	struct json_object *array;
	struct error e = {0};
	bool known = !which;

	for (size_t i = 0; i < KIND_COUNT; i++)
		known = known || is_plural(which, kinds[i].name);
	if (arguments->count > 2 || !known) {
		error_set(&e, EINVAL, "profile list %.100s: not profiles, words or policies",
			  arguments->items[arguments->count - 1]);
		return log_error(&e);
	}
	array = line->json ? json_object_new_array() : NULL;
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!which || is_plural(which, kinds[i].name))
			list_kind(kinds[i].kind, kinds[i].title, line->names, line->json, array);
	return line->json ? print_json(array) : finish_output();
}

static void show_setting(const struct setting *setting, const char **section)
{
	const struct option_row *row = option_by_id((int)setting->id);
	_cleanup_free_ char *line = NULL;

	if (!*section || !streq(*section, row->section)) {
		printf("\n[%s]\n", row->section);
		*section = row->section;
	}
	if (setting->id == SETTING_RLIMIT)
		line = xasprintf("%s%s = %s", row->key, setting->pair.name, setting->pair.value);
	else
		line = xasprintf("%s = %s", row->key, setting->text);
	printf("%-40s # %s:%u\n", line, setting->origin.file, setting->origin.line);
}

static struct json_object *setting_json(const struct setting *setting)
{
	const struct option_row *row = option_by_id((int)setting->id);
	struct json_object *object = json_object_new_object();

	add_text(object, "section", row->section);
	add_text(object, "key", row->key);
	add_text(object, "value", setting->text);
	add_text(object, "file", setting->origin.file);
	json_object_object_add(object, "line", json_object_new_int64(setting->origin.line));
	return object;
}

static int show_request(const struct command_line *line, enum profile_kind kind, const char *name,
			const struct profile_place *place, const char *description,
			const struct request *request)
{
	struct json_object *object, *settings;
	const char *section = NULL;

	if (!line->json) {
		printf("# %s\n", place->path);
		if (description)
			printf("[profile]\ndescription = %s\n", description);
		/* By section, so that what is printed is a profile again. */
		for (size_t i = 0; i < option_count; i++)
			request_each(
				setting, request,
				(enum setting_id)option_table[i].id) if (option_table[i].section &&
									 option_table[i].id <
										 SETTING_COUNT)
				show_setting(setting, &section);
		return finish_output();
	}
	object = json_object_new_object();
	settings = json_object_new_array();
	add_text(object, "name", name);
	add_text(object, "kind", kind_name(kind));
	add_text(object, "path", place->path);
	add_text(object, "description", description);
	vector_each (setting, &request->settings)
		json_object_array_add(settings, setting_json(setting));
	json_object_object_add(object, "settings", settings);
	return print_json(object);
}

/* A file where @name has a slash, else a profile, else a word of that name. */
static int load_any(const char *name, struct request *request, char **ret_description,
		    struct profile_place *ret_place, enum profile_kind *ret_kind,
		    struct problems *problems)
{
	const char *word = startswith(name, "words/");
	int r = -ENOENT;

	*ret_kind = PROFILE_APP;
	if (strchr(name, '/') && !(word && profile_name_valid(word))) {
		profile_place_of_file(name, ret_place);
		return request_load_profile(ret_place, request, ret_description, problems);
	}
	if (!word)
		r = load_named(PROFILE_APP, name, request, ret_description, ret_place, problems);
	if (r == -ENOENT && !problems->list.count) {
		*ret_kind = PROFILE_WORD;
		r = load_named(PROFILE_WORD, word ? word : name, request, ret_description,
			       ret_place, problems);
	}
	return r;
}

static int unknown_profile(const char *name, struct error *e)
{
	_cleanup_strv_ struct strv names = {0};
	const char *near;

	profile_names(PROFILE_APP, &names);
	profile_names(PROFILE_WORD, &names);
	near = string_nearest(name, (const char *const *)names.items, names.count);
	error_set(e, ENOENT, "%.200s: no such profile", name);
	if (near)
		error_remedy(e, "did you mean \"%s\"?", near);
	else
		error_remedy(e, "hutch profile list");
	return log_error(e);
}

static int show(const struct command_line *line, const struct strv *arguments)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_free_ char *description = NULL;
	struct request request = {0};
	enum profile_kind kind;
	struct error e = {0};
	int r;

	if (arguments->count != 2) {
		error_set(&e, EINVAL, "profile show: takes one name");
		return log_error(&e);
	}
	r = load_any(arguments->items[1], &request, &description, &place, &kind, &problems);
	if (problems.list.count)
		r = log_problems(&problems);
	else if (r < 0)
		r = unknown_profile(arguments->items[1], &e);
	else
		r = show_request(line, kind, arguments->items[1], &place, description, &request);
	request_free(&request);
	return r;
}

/* All faults of one file, in the order of its lines. */
static void check_one(const char *name, struct problems *problems)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	_cleanup_free_ char *description = NULL;
	struct request request = {0};
	enum profile_kind kind;
	int r;

	/* What is given to `check` are files; a name without one is a profile that there is. */
	if (access(name, F_OK) == 0) {
		profile_place_of_file(name, &place);
		r = request_load_profile(&place, &request, NULL, problems);
	} else {
		r = load_any(name, &request, &description, &place, &kind, problems);
	}
	if (r == -ENOENT && !problems->list.count)
		error_errno(problem_add(problems), ENOENT, "%.200s", name);
	request_free(&request);
}

static int check(const struct command_line *line, const struct strv *arguments)
{
	struct json_object *array = line->json ? json_object_new_array() : NULL;
	struct error e = {0};
	int status = 0;

	if (arguments->count < 2) {
		error_set(&e, EINVAL, "profile check: needs a file");
		return log_error(&e);
	}
	for (size_t i = 1; i < arguments->count; i++) {
		_cleanup_problems_ struct problems problems = {0};

		check_one(arguments->items[i], &problems);
		vector_each (problem, &problems.list) {
			struct json_object *object;

			status = EXIT_HUTCH_FAILED;
			if (!line->json) {
				log_error(problem);
				continue;
			}
			object = json_object_new_object();
			add_text(object, "message", problem->text);
			add_text(object, "remedy", problem->remedy[0] ? problem->remedy : NULL);
			json_object_array_add(array, object);
		}
	}
	if (line->json && print_json(array) != 0)
		return EXIT_HUTCH_FAILED;
	return status;
}

static int import(const struct command_line *line, const struct strv *arguments)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	struct error e = {0};

	if (arguments->count != 2) {
		error_set(&e, EINVAL, "profile import: takes one file");
		error_remedy(&e, "hutch profile import /etc/firejail/NAME.profile "
				 ">~/.config/hutch/NAME.profile");
		return log_error(&e);
	}
	if (firejail_import(arguments->items[1], &text, &e) < 0)
		return log_error(&e);
	fputs(text.text, stdout);
	return finish_output();
}

static const struct {
	const char *name;
	int (*function)(const struct command_line *line, const struct strv *arguments);
} actions[] = {{"list", list}, {"show", show}, {"check", check}, {"import", import}};

#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

static int unknown_action(const char *name)
{
	const char *names[ACTION_COUNT], *near;
	struct error e = {0};

	for (size_t i = 0; i < ACTION_COUNT; i++)
		names[i] = actions[i].name;
	error_set(&e, EINVAL, "profile %.100s: unknown action", name);
	near = string_nearest(name, names, ACTION_COUNT);
	if (near)
		error_remedy(&e, "did you mean \"hutch profile %s\"?", near);
	else
		error_remedy(&e, "hutch profile --help");
	return log_error(&e);
}

/* Options may stand before, between and behind the words. */
static int parse_words(int argc, char **argv, struct command_line *line, struct strv *words,
		       struct error *e)
{
	for (;;) {
		struct request part = {0};
		int r = options_parse(VERB_PROFILE, argc, argv, &part, line, e);
		int left = (int)part.arguments.count;

		request_free(&part);
		if (r < 0 || !left || line->help || line->version)
			return r;
		argv += argc - left;
		argc = left;
		if (streq(argv[-1], "--")) {
			while (argc--)
				strv_add(words, *argv++);
			return 0;
		}
		strv_add(words, argv[0]);
	}
}

int command_profile(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_strv_ struct strv words = {0};
	struct error e = {0};
	int status;

	if (argc > 1 && streq(argv[1], "seccomp"))
		return command_profile_seccomp(argc - 1, argv + 1);
	if (parse_words(argc, argv, &line, &words, &e) < 0)
		return log_error(&e);
	if (command_answered(VERB_PROFILE, &line, &status))
		return status;
	if (!words.count) {
		error_set(&e, EINVAL, "profile: no action given");
		error_remedy(&e, "hutch profile --help");
		return log_error(&e);
	}
	for (size_t i = 0; i < ACTION_COUNT; i++)
		if (streq(actions[i].name, words.items[0]))
			return actions[i].function(&line, &words);
	return unknown_action(words.items[0]);
}
