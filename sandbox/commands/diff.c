// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch diff [--stat | --unified | --json] [--only …] [--except …] [NAME]
 *
 * Names and contents come from whatever ran in the session: on their way to a terminal, control
 * bytes in them are escaped.
 */
#include "commands/diff.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/line_diff.h"
#include "base/log.h"
#include "base/user.h"
#include "commands/commands.h"
#include "commands/session.h"
#include "engine/session_risk.h"
#include "engine/session_select.h"
#include "kernel/sys.h"
#include "kernel/tree.h"

#include <errno.h>
#include <stdio.h>

/* Larger files are told to differ, not how. */
#define TEXT_LIMIT (16 * 1024 * 1024)

static bool is_old_half(const struct change *change)
{
	return change->renamed != SIZE_MAX && change->kind == CHANGE_REMOVED;
}

static char letter_of(const struct change *change)
{
	if (change->renamed != SIZE_MAX)
		return 'R';
	return change->kind == CHANGE_ADDED ? 'A' : change->kind == CHANGE_REMOVED ? 'D' : 'M';
}

/* "content, mode 644 to 755" */
static void add_what(struct strbuf *out, const struct change *change)
{
	const char *separator = "";

	for (int bit = 0; bit < WHAT_COUNT; bit++) {
		if (!(change->what & (1U << bit)))
			continue;
		strbuf_printf(out, "%s%s", separator, change_what_names[bit]);
		if (1U << bit == WHAT_MODE)
			strbuf_printf(out, " %o to %o", change->old_one.st_mode & 07777,
				      change->new_one.st_mode & 07777);
		separator = ", ";
	}
}

static void add_risks(struct strbuf *out, const struct change *change)
{
	const char *separator = "  [";

	for (int bit = 0; bit < RISK_COUNT; bit++) {
		if (!(change->risk & (1U << bit)))
			continue;
		strbuf_printf(out, "%s%s", separator, risk_names[bit]);
		separator = ", ";
	}
	if (change->risk)
		strbuf_printf(out, "]");
}

static char *shown_path(const struct session *session, const struct change *change)
{
	_cleanup_free_ char *path = change_path(session, change);
	const char *home = user_home(), *rest = home ? startswith(path, home) : NULL;
	_cleanup_free_ char *text = rest && *rest == '/' ? xasprintf("~%s", rest) : xstrdup(path);

	return string_escape(text);
}

static void add_details(struct strbuf *out, const struct change *change)
{
	uint64_t bytes =
		change->kind == CHANGE_REMOVED ? change->bytes : (uint64_t)change->new_one.st_size;
	mode_t mode = change->new_one.st_mode ? change->new_one.st_mode : change->old_one.st_mode;
	_cleanup_free_ char *size = size_text(bytes);

	if (change->target) {
		_cleanup_free_ char *target = string_escape(change->target);

		strbuf_printf(out, " -> %s", target);
	}
	if (change->files)
		strbuf_printf(out, " (%llu files, %s)", (unsigned long long)change->files, size);
	else if (S_ISREG(mode) && change->kind != CHANGE_CHANGED)
		strbuf_printf(out, " (%s)", size);
	if (change->what) {
		strbuf_printf(out, "  ");
		add_what(out, change);
	}
	add_risks(out, change);
	if (change->conflict)
		strbuf_printf(out, "  CONFLICT: %s", change->conflict);
}

static void add_summary_line(struct strbuf *out, const struct session *session,
			     const struct changes *changes, const struct change *change)
{
	_cleanup_free_ char *path = shown_path(session, change);
	mode_t mode = change->new_one.st_mode ? change->new_one.st_mode : change->old_one.st_mode;

	strbuf_printf(out, "%c %s%s", letter_of(change), path, S_ISDIR(mode) ? "/" : "");
	if (change->renamed != SIZE_MAX) {
		_cleanup_free_ char *from =
			shown_path(session, &changes->list.items[change->renamed]);

		strbuf_printf(out, " from %s", from);
	}
	add_details(out, change);
	strbuf_printf(out, "\n");
}

void diff_totals(const struct changes *changes, struct strbuf *out)
{
	size_t kinds[CHANGE_KINDS] = {0}, renamed = 0, risky = 0, conflicts = 0;
	const char *separator = "";
	static const char *const names[CHANGE_KINDS] = {"added", "changed", "removed"};

	vector_each (change, &changes->list) {
		if (!change->selected || is_old_half(change))
			continue;
		if (change->renamed != SIZE_MAX)
			renamed++;
		else
			kinds[change->kind]++;
		risky += (change->risk & ~(unsigned)RISK_EXECUTABLE) != 0;
		conflicts += change->conflict != NULL;
	}
	strbuf_append(out, "", 0);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		if (kinds[kind]) {
			strbuf_printf(out, "%s%zu %s", separator, kinds[kind], names[kind]);
			separator = ", ";
		}
	if (renamed) {
		strbuf_printf(out, "%s%zu renamed", separator, renamed);
		separator = ", ";
	}
	if (!*separator)
		strbuf_printf(out, "nothing changed");
	if (risky)
		strbuf_printf(out, "; %zu to look at twice", risky);
	if (conflicts)
		strbuf_printf(out, "; %zu in conflict with the host", conflicts);
}

char *diff_summary(const struct session *session, const struct changes *changes, size_t limit)
{
	_cleanup_strbuf_ struct strbuf totals = {0};
	struct strbuf out = {0};
	size_t shown = 0, left = 0, all = 0;

	vector_each (change, &changes->list)
		all += change->selected && !is_old_half(change);

	vector_each (change, &changes->list) {
		if (!change->selected || is_old_half(change))
			continue;
		/* Nobody reads those by their names. */
		if (shown == limit || (all > limit && strstr(change->path, ".git/objects/"))) {
			left++;
			continue;
		}
		shown++;
		add_summary_line(&out, session, changes, change);
	}
	if (left)
		strbuf_printf(&out, "… and %zu more\n", left);
	diff_totals(changes, &totals);
	strbuf_printf(&out, "%s\n", totals.text);
	return out.text;
}

/* The contents of one side, or an empty text; false where it is none or too large. */
static bool read_side(int top, const char *path, const struct stat *status, char **ret,
		      size_t *ret_length)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	_cleanup_fd_ int directory = -1, fd = -1;

	if (!S_ISREG(status->st_mode)) {
		*ret = xstrdup("");
		*ret_length = 0;
		return true;
	}
	directory = sys_openat2(top, parent, &how);
	fd = directory < 0 ? -1 : tree_open_file(directory, slash ? slash + 1 : path, status);
	return fd >= 0 && fd_read_all(fd, path, TEXT_LIMIT, ret, ret_length, NULL) == 0;
}

/* Both sides of a change, compared by lines. */
struct sides {
	char *old_text, *new_text;
	size_t old_length, new_length;
	bool text; /* it can be shown by lines */
	struct line_diff diff;
};

static void compare_sides(const struct session *session, const struct changes *changes,
			  const struct change *change, struct sides *ret)
{
	const struct change *old_half =
		change->renamed == SIZE_MAX ? change : &changes->list.items[change->renamed];
	_cleanup_fd_ int upper = -1, host = -1;

	upper = session_open_upper(session, &session->layers.items[change->layer]);
	host = open(session->layers.items[old_half->layer].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret->text = upper >= 0 && host >= 0 && !change->no_data &&
		    read_side(host, old_half->path, &old_half->old_one, &ret->old_text,
			      &ret->old_length) &&
		    read_side(upper, change->path, &change->new_one, &ret->new_text,
			      &ret->new_length) &&
		    !line_diff_is_binary(ret->old_text, ret->old_length) &&
		    !line_diff_is_binary(ret->new_text, ret->new_length);
	if (ret->text)
		line_diff(ret->old_text, ret->old_length, ret->new_text, ret->new_length,
			  &ret->diff);
}

static void sides_free(struct sides *sides)
{
	free(sides->old_text);
	free(sides->new_text);
	line_diff_free(&sides->diff);
}

static bool has_contents(const struct change *change)
{
	return change->selected && !is_old_half(change) && change->renamed == SIZE_MAX &&
	       (S_ISREG(change->old_one.st_mode) || S_ISREG(change->new_one.st_mode)) &&
	       (change->kind != CHANGE_CHANGED || (change->what & (WHAT_CONTENT | WHAT_TYPE)));
}

static void print_stat(const struct session *session, const struct changes *changes)
{
	vector_each (change, &changes->list) {
		_cleanup_free_ char *path = NULL;
		struct sides sides = {0};

		if (!change->selected || is_old_half(change))
			continue;
		path = shown_path(session, change);
		printf("%c %s", letter_of(change), path);
		if (has_contents(change)) {
			compare_sides(session, changes, change, &sides);
			if (sides.text)
				printf(" | +%zu -%zu", sides.diff.added, sides.diff.removed);
			else
				printf(" | %lld to %lld bytes", (long long)change->old_one.st_size,
				       (long long)change->new_one.st_size);
			sides_free(&sides);
		}
		putchar('\n');
	}
}

/* Contents go to a terminal escaped, else as they are. */
static void print_text(const char *text, size_t length, bool escape)
{
	if (!escape) {
		fwrite(text, 1, length, stdout);
		return;
	}
	for (size_t at = 0; at < length;) {
		const char *newline = memchr(text + at, '\n', length - at);
		size_t end = newline ? (size_t)(newline - text) : length;
		_cleanup_free_ char *line = xstrndup(text + at, end - at);
		_cleanup_free_ char *shown = string_escape(line);

		puts(shown);
		at = end + 1;
	}
}

static void print_unified(const struct session *session, const struct changes *changes, bool escape)
{
	vector_each (change, &changes->list) {
		_cleanup_free_ char *path = NULL, *shown = NULL;
		_cleanup_strbuf_ struct strbuf out = {0};
		struct sides sides = {0};

		if (!has_contents(change)) {
			if (change->selected && !is_old_half(change)) {
				add_summary_line(&out, session, changes, change);
				printf("# %s", out.text);
			}
			continue;
		}
		path = change_path(session, change);
		shown = string_escape(path);
		compare_sides(session, changes, change, &sides);
		printf("--- %s%s\n", S_ISREG(change->old_one.st_mode) ? "a" : "",
		       S_ISREG(change->old_one.st_mode) ? shown : "/dev/null");
		printf("+++ %s%s\n", S_ISREG(change->new_one.st_mode) ? "b" : "",
		       S_ISREG(change->new_one.st_mode) ? shown : "/dev/null");
		if (sides.text) {
			line_diff_unified(&sides.diff, sides.old_text, sides.old_length,
					  sides.new_text, sides.new_length, 3, &out);
			if (out.text)
				print_text(out.text, out.length, escape);
		} else {
			printf("# not text\n");
		}
		sides_free(&sides);
	}
}

static struct json_object *text_json(const char *text)
{
	_cleanup_free_ char *escaped = string_escape(text);

	return json_object_new_string(escaped);
}

static const char *type_name(mode_t mode)
{
	return S_ISREG(mode)    ? "file"
	       : S_ISDIR(mode)  ? "directory"
	       : S_ISLNK(mode)  ? "link"
	       : S_ISFIFO(mode) ? "fifo"
	       : S_ISSOCK(mode) ? "socket"
				: "device";
}

static struct json_object *side_json(const struct stat *status)
{
	struct json_object *object = json_object_new_object();
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", status->st_mode & 07777);
	json_object_object_add(object, "type", json_object_new_string(type_name(status->st_mode)));
	json_object_object_add(object, "mode", json_object_new_string(mode));
	json_object_object_add(object, "uid", json_object_new_int64(status->st_uid));
	json_object_object_add(object, "gid", json_object_new_int64(status->st_gid));
	json_object_object_add(object, "size", json_object_new_int64(status->st_size));
	json_object_object_add(object, "mtime", json_object_new_int64(status->st_mtim.tv_sec));
	return object;
}

static struct json_object *bits_json(unsigned bits, const char *const *names, int count)
{
	struct json_object *array = json_object_new_array();

	for (int bit = 0; bit < count; bit++)
		if (bits & (1U << bit))
			json_object_array_add(array, json_object_new_string(names[bit]));
	return array;
}

static struct json_object *change_json(const struct session *session, const struct changes *changes,
				       const struct change *change)
{
	static const char *const kinds[CHANGE_KINDS] = {"added", "changed", "removed"};
	struct json_object *object = json_object_new_object();
	_cleanup_free_ char *path = change_path(session, change), *from = NULL;
	bool renamed = change->renamed != SIZE_MAX;

	json_object_object_add(object, "kind",
			       json_object_new_string(renamed ? "renamed" : kinds[change->kind]));
	json_object_object_add(object, "path", text_json(path));
	if (renamed) {
		from = change_path(session, &changes->list.items[change->renamed]);
		json_object_object_add(object, "from", text_json(from));
	}
	if (change->old_one.st_mode)
		json_object_object_add(object, "old", side_json(&change->old_one));
	if (change->new_one.st_mode)
		json_object_object_add(object, "new", side_json(&change->new_one));
	if (change->target)
		json_object_object_add(object, "target", text_json(change->target));
	if (change->files)
		json_object_object_add(object, "files",
				       json_object_new_int64((int64_t)change->files));
	json_object_object_add(object, "what",
			       bits_json(change->what, change_what_names, WHAT_COUNT));
	json_object_object_add(object, "risk", bits_json(change->risk, risk_names, RISK_COUNT));
	if (change->conflict)
		json_object_object_add(object, "conflict",
				       json_object_new_string(change->conflict));
	return object;
}

static void print_json(const struct session *session, const struct changes *changes)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();
	struct json_object *problems = json_object_new_array();

	json_object_object_add(object, "session", json_object_new_string(session->name));
	vector_each (change, &changes->list)
		if (change->selected && !is_old_half(change))
			json_object_array_add(list, change_json(session, changes, change));
	json_object_object_add(object, "changes", list);
	for (size_t i = 0; i < changes->problems.count; i++)
		json_object_array_add(problems, json_object_new_string(changes->problems.items[i]));
	json_object_object_add(object, "problems", problems);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print(const struct session *session, const struct changes *changes,
		  const struct command_line *line)
{
	_cleanup_free_ char *text = NULL;

	if (line->json) {
		print_json(session, changes);
		return;
	}
	if (line->unified) {
		print_unified(session, changes, isatty(STDOUT_FILENO));
	} else if (line->stat) {
		print_stat(session, changes);
	} else {
		text = diff_summary(session, changes, SIZE_MAX);
		fputs(text, stdout);
	}
	for (size_t i = 0; i < changes->problems.count; i++)
		log_line("%s", changes->problems.items[i]);
}

static int diff(const char *name, const char *root, const struct command_line *line,
		struct error *e)
{
	_cleanup_session_ struct session session = SESSION_NONE;
	_cleanup_changes_ struct changes changes = {0};
	_cleanup_free_ char *directory = getcwd(NULL, 0);
	const char *home = user_home();
	bool busy = false;
	int r = session_look(root, name, &session, &busy, e);

	if (r == 0)
		r = changes_read(&session, home ? home : "/", &changes, e);
	if (r < 0)
		return r;
	changes_select(&session, &changes, &line->only, &line->except, directory);
	print(&session, &changes, line);
	return 0;
}

int command_diff(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_free_ char *root = NULL, *name = NULL;
	struct error e = {0};
	int status = 0, r;

	r = session_line(argc, argv, VERB_DIFF, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0) {
		root = sessions_root(&e);
		name = root ? session_name(root, &request, true, "diff", &e) : NULL;
		r = name ? diff(name, root, &line, &e) : -e.code;
	}
	request_free(&request);
	if (r < 0)
		return log_error(&e);
	return fflush(stdout) == 0 ? 0 : EXIT_HUTCH_FAILED;
}
