// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch integrate add | remove | status | list: menu entries that start the sandboxed program.
 *
 * Which hutch is written into them: the name under which a shell finds it, where that leads to this
 * very program, since such a name (/usr/bin/hutch, a link in ~/.local/bin) stays what it is when
 * hutch is replaced by a newer one; else where this program is.
 */
#include "commands/action.h"
#include "commands/commands.h"
#include "commands/menu_store.h"
#include "commands/prompt.h"

#include "base/log.h"
#include "base/user.h"
#include "language/expand.h"
#include "language/request_build.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct integrate {
	const struct command_line *line;
	const struct strv *names; /* on the command line, behind the action */
	const char *home;
};

static char *find_hutch(struct error *e)
{
	_cleanup_free_ char *list = xstrdup(getenv("PATH")), *own = NULL;
	char *rest = list, *directory, path[PATH_MAX];
	struct stat this, other;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0 || stat("/proc/self/exe", &this) < 0) {
		error_errno(e, errno, "/proc/self/exe");
		return NULL;
	}
	own = xstrndup(path, (size_t)length);
	while ((directory = strsep(&rest, ":"))) {
		_cleanup_free_ char *candidate = xasprintf("%s/hutch", directory);

		if (directory[0] == '/' && stat(candidate, &other) == 0 &&
		    other.st_ino == this.st_ino && other.st_dev == this.st_dev)
			return TAKE_PTR(candidate);
	}
	return TAKE_PTR(own);
}

/*
 * Which types of files belong to which entry is looked up in a cache that update-desktop-database
 * makes. One that there was none of before the first `add` goes with the last entry; .no-cache
 * among the records says so.
 */
static void update_cache(void)
{
	static const char program[] = "/usr/bin/update-desktop-database";
	_cleanup_free_ char *data = base_directory("XDG_DATA_HOME");
	_cleanup_free_ char *path = data ? xasprintf("%s/applications", data) : NULL;
	_cleanup_free_ char *cache = path ? xasprintf("%s/mimeinfo.cache", path) : NULL;
	_cleanup_free_ char *none = path ? xasprintf("%s/hutch/menus/.no-cache", data) : NULL;
	char *const argv[] = {(char *)"update-desktop-database", (char *)"-q", path, NULL};
	_cleanup_strv_ struct strv ids = {0};
	pid_t pid;
	int status;

	if (!path || access(path, F_OK) < 0)
		return;
	menu_records(&ids);
	if (!ids.count && unlink(none) == 0) {
		unlink(cache);
		return;
	}
	if (access(program, X_OK) < 0) {
		log_line("no update-desktop-database: programs may not find the entry by the types "
			 "of files that it opens");
		log_line("try: install desktop-file-utils, and add it again");
		return;
	}
	if (ids.count && access(cache, F_OK) < 0) {
		int fd = open(none, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0)
			close(fd);
	}
	if (posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
}

/* "firefox" names the entry firefox.desktop, or else those that start firefox. */
static bool is_named(const char *id, const char *name)
{
	size_t length = strlen(name);

	return streq(id, name) ||
	       (strncmp(id, name, length) == 0 && streq(id + length, ".desktop"));
}

static bool is_program(const char *program, const char *name)
{
	const char *slash = strrchr(program, '/');

	return streq(program, name) || (slash && streq(slash + 1, name));
}

/* What was integrated may be gone from the menu since; its record still says what it started. */
static bool record_starts(const char *id, const char *name)
{
	_cleanup_menu_record_ struct menu_record record = {0};
	struct error ignored;

	return menu_record_read(id, &record, &ignored) == 0 && record.program &&
	       is_program(record.program, name);
}

static int add_one(const struct integrate *run, const struct menu_application *application,
		   const char *hutch, struct error *e)
{
	if (!run->line->profile && !request_has_profile(application->program)) {
		error_set(e, ENOENT,
			  "%s: no profile for %s, and with the default one it has no "
			  "display",
			  application->id, application->program);
		return error_remedy(e, "hutch learn -- %s proposes one; --profile names another",
				    application->program);
	}
	return menu_add(application, hutch, run->home, run->line->profile, run->line->force, e);
}

static int add_named(const struct integrate *run, const struct menu_applications *all,
		     const char *name, const char *hutch, struct error *e)
{
	bool by_id = false, found = false;
	int r = 0;

	vector_each (application, &all->list)
		by_id |= is_named(application->id, name);
	vector_each (application, &all->list) {
		if (r < 0 || !(by_id ? is_named(application->id, name)
				     : is_program(application->program, name)))
			continue;
		found = true;
		r = add_one(run, application, hutch, e);
	}
	if (found)
		return r;
	error_set(e, ENOENT, "%.100s: no menu entry of that name, and none that starts it", name);
	return error_remedy(e, "`hutch integrate list --all-known` shows those there could be");
}

/* What there is a profile for. */
static void keep_known(struct menu_applications *all)
{
	vector_each (application, &all->list)
		application->known = request_has_profile(application->program);
}

static int confirm(const struct integrate *run, const struct menu_applications *all,
		   struct error *e)
{
	if (run->line->yes)
		return 0;
	if (!prompt_possible()) {
		error_set(e, EINVAL, "integrate add --all-known: not without being asked");
		return error_remedy(e, "--yes says that you mean it; `hutch integrate list "
				       "--all-known` shows what it would be");
	}
	vector_each (application, &all->list)
		if (application->known)
			fprintf(stderr, "  %-40s %s\n", application->id, application->program);
	if (prompt_letter("start these in their sandboxes from now on? [y/N] ") == 'y')
		return 0;
	return error_set(e, ECANCELED, "nothing was changed");
}

static int add(const void *data, struct error *e)
{
	const struct integrate *run = data;
	_cleanup_menu_applications_ struct menu_applications all = {0};
	_cleanup_free_ char *hutch = find_hutch(e);
	int r = hutch ? 0 : -e->code;

	menu_applications_find(&all);
	if (r == 0 && run->line->all_known) {
		keep_known(&all);
		r = confirm(run, &all, e);
		vector_each (application, &all.list)
			if (r == 0 && application->known)
				r = add_one(run, application, hutch, e);
	}
	for (size_t i = 0; r == 0 && i < run->names->count; i++)
		r = add_named(run, &all, run->names->items[i], hutch, e);
	update_cache();
	return r;
}

/* The ids of the records that @name means; with an error where there are none. */
static int recorded(const char *name, struct strv *ret, struct error *e)
{
	_cleanup_strv_ struct strv ids = {0};
	size_t before = ret->count;
	bool by_id;

	menu_records(&ids);
	for (size_t i = 0; i < ids.count; i++)
		if (is_named(ids.items[i], name))
			strv_add(ret, ids.items[i]);
	by_id = ret->count > before;
	for (size_t i = 0; !by_id && i < ids.count; i++)
		if (record_starts(ids.items[i], name))
			strv_add(ret, ids.items[i]);
	if (ret->count > before)
		return 0;
	error_set(e, ENOENT, "%.100s: not integrated", name);
	return error_remedy(e, "`hutch integrate list` shows what is");
}

static int chosen(const struct integrate *run, struct strv *ret, struct error *e)
{
	int r = 0;

	if (run->line->all_known || !run->names->count)
		menu_records(ret);
	else
		for (size_t i = 0; r == 0 && i < run->names->count; i++)
			r = recorded(run->names->items[i], ret, e);
	return r;
}

static int remove_entries(const void *data, struct error *e)
{
	const struct integrate *run = data;
	_cleanup_strv_ struct strv ids = {0};
	int r = chosen(run, &ids, e);

	for (size_t i = 0; r == 0 && i < ids.count; i++)
		r = menu_remove(ids.items[i], run->line->force, e);
	update_cache();
	return r;
}

static void put(struct json_object *object, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = text ? string_escape(text) : NULL;

	if (text)
		json_object_object_add(object, key, json_object_new_string(escaped));
}

static void describe(const struct menu_record *record, const char *state, struct json_object *array)
{
	_cleanup_free_ char *source = string_escape(record->source);
	struct json_object *object;

	if (!array) {
		printf("%-40s %-8s %s%s  %s\n", record->id, state, record->home ? "--home " : "",
		       record->home ? record->home : "-", source);
		return;
	}
	object = json_object_new_object();
	put(object, "id", record->id);
	put(object, "state", state);
	put(object, "source", record->source);
	put(object, "hutch", record->hutch);
	put(object, "home", record->home);
	put(object, "profile", record->profile);
	json_object_array_add(array, object);
}

static int show_known(const struct integrate *run)
{
	_cleanup_menu_applications_ struct menu_applications all = {0};

	menu_applications_find(&all);
	keep_known(&all);
	vector_each (application, &all.list) {
		if (application->known && run->line->names)
			puts(application->id);
		else if (application->known)
			printf("%-40s %s\n", application->id, application->program);
	}
	return 0;
}

/* 1 where something wants a look. */
static int show(const void *data, struct error *e)
{
	const struct integrate *run = data;
	_cleanup_strv_ struct strv ids = {0};
	struct json_object *array = run->line->json ? json_object_new_array() : NULL;
	bool attention = false;
	int r = chosen(run, &ids, e);

	for (size_t i = 0; r == 0 && i < ids.count; i++) {
		_cleanup_menu_record_ struct menu_record record = {0};
		enum menu_state state;

		if (run->line->names) {
			puts(ids.items[i]);
			continue;
		}
		r = menu_record_read(ids.items[i], &record, e);
		if (r < 0)
			break;
		state = menu_record_state(&record);
		attention |= state != MENU_CURRENT;
		describe(&record, menu_state_names[state], array);
	}
	if (r == 0 && array)
		puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
	return r < 0 ? r : attention;
}

static int list(const void *data, struct error *e)
{
	const struct integrate *run = data;
	int r = run->line->all_known ? show_known(run) : show(run, e);

	return r < 0 ? r : 0;
}

static const struct action actions[] = {
	{"add", 1, SIZE_MAX, add},
	{"remove", 1, SIZE_MAX, remove_entries},
	{"status", 0, SIZE_MAX, show},
	{"list", 0, SIZE_MAX, list},
};

int command_integrate(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_strv_ struct strv words = {0}, rest = {0};
	struct request request = {0};
	struct integrate run = {.line = &line};
	const struct setting *home;
	struct error e = {0};
	int r, status = 0;

	for (int i = 0; i < argc; i++)
		strv_add(&rest, argv[i]);
	/* Options may stand behind names, too. */
	do {
		r = options_parse(VERB_INTEGRATE, (int)rest.count, rest.items, &request, &line, &e);
		strv_free(&rest);
		strv_add(&rest, argv[0]);
		for (size_t i = 0; i < request.arguments.count; i++)
			strv_add(i == 0 || line.separated ? &words : &rest,
				 request.arguments.items[i]);
		strv_free(&request.arguments);
	} while (r == 0 && rest.count > 1);
	if (r == 0 && command_answered(VERB_INTEGRATE, &line, &status)) {
		request_free(&request);
		return status;
	}
	if (r == 0 && !words.count) {
		error_set(&e, EINVAL, "integrate: no action given");
		r = error_remedy(&e, "hutch integrate add | remove | status | list");
	}
	if (r == 0) {
		struct strv names = {.items = words.items + 1, .count = words.count - 1};

		home = request_last(&request, SETTING_HOME);
		run.home = home ? home->text : NULL;
		run.names = &names;
		r = action_run("integrate", actions, sizeof(actions) / sizeof(actions[0]),
			       words.items[0], names.count + line.all_known, &run, &e);
	}
	request_free(&request);
	return r < 0 ? log_error(&e) : r;
}
