// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading one profile file.
 *
 * inih takes lines apart into section, key and value. Around it stands what it does not do: nothing
 * but regular files of bounded size is read; every line is checked for length, NUL bytes and UTF-8
 * before inih sees it; what inih passes over in silence (text behind a section's "]", a section
 * that nobody knows, a line without "=") is an error; and each fault has its line number, which
 * inih's handler is not told, but which the reader that feeds it knows.
 *
 * Debian builds inih with a line buffer of 200 bytes on the stack, and long lines would be cut in
 * two. Its settings are variables there, so they are set for what is needed here.
 */
#include "language/profile.h"

#include "base/fd.h"
#include "base/string.h"
#include "language/expand.h"
#include "language/option_table.h"
#include "language/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands for a section that is wrong: its keys have no meaning and are passed over. */
#define UNKNOWN_SECTION "?"

struct error *problem_add(struct problems *problems)
{
	struct error *e;

	problems->found++;
	if (problems->list.count < PROBLEM_LIMIT)
		return vector_add(&problems->list);
	e = &problems->list.items[problems->list.count - 1];
	*e = (struct error){0};
	return e;
}

void problems_free(struct problems *problems)
{
	vector_free(&problems->list);
}

void profile_place_free(struct profile_place *place)
{
	free(place->path);
	free(place->shown);
	*place = (struct profile_place){0};
}

void profile_free(struct profile *profile)
{
	free(profile->shown);
	free(profile->directory);
	free(profile->description);
	vector_each (reference, &profile->references)
		free(reference->name);
	vector_free(&profile->references);
	strv_free(&profile->needs);
	request_free(&profile->own);
}

/* A user's file steers what is let out, so nobody else may have written it. */
static int check_owner(const struct stat *st, const char *shown, struct error *e)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return error_set(e, EPERM, "%s: belongs to another user (uid %u)", shown,
				 (unsigned)st->st_uid);
	if (st->st_mode & S_IWOTH) {
		error_set(e, EPERM, "%s: everybody can write it", shown);
		return error_remedy(e, "chmod o-w %s", shown);
	}
	return 0;
}

static int check_regular(const struct stat *st, const char *shown, struct error *e)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return error_set(e, S_ISDIR(st->st_mode) ? EISDIR : EINVAL, "%s: %s", shown,
			 S_ISDIR(st->st_mode) ? "a directory, not a file" : "not a regular file");
}

/* What a user put there is not to be passed over because it has moved: it may be what tightens. */
static bool is_dangling_link(const struct profile_place *place, int code)
{
	char target;

	return place->user && code == ENOENT && readlink(place->path, &target, 1) > 0;
}

/* The text of a profile file; the caller frees it. */
static int read_text(const struct profile_place *place, struct stat *ret_stat, char **ret_data,
		     size_t *ret_length, struct error *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	/* Looked at before it is opened: opening a device can do something. Looked at again behind
	 * the descriptor, which alone is certain. O_NONBLOCK: a FIFO put there in between must not
	 * hold us. */
	if (stat(place->path, &st) < 0)
		return is_dangling_link(place, errno)
			       ? error_set(e, ELOOP, "%s: a symbolic link that leads nowhere",
					   place->shown)
			       : error_errno(e, errno, "%s", place->shown);
	r = check_regular(&st, place->shown, e);
	if (r < 0)
		return r;
	fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(e, errno, "%s", place->shown);
	r = check_regular(&st, place->shown, e);
	if (r == 0 && place->user)
		r = check_owner(&st, place->shown, e);
	if (r < 0)
		return r;
	if (st.st_size > PROFILE_SIZE_LIMIT)
		return error_set(e, EFBIG, "%s: larger than %d bytes", place->shown,
				 PROFILE_SIZE_LIMIT);
	*ret_stat = st;
	return fd_read_all(fd, place->shown, PROFILE_SIZE_LIMIT, ret_data, ret_length, e);
}

struct reading {
	const char *at, *end;
	struct value_source source; /* .origin.line is the line that inih has */
	struct profile *profile;
	struct problems *problems;
};

/* A problem of the current line, "FILE:LINE: " in front. */
static struct error *line_problem(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct error *line_problem(struct reading *reading, const char *format, ...)
{
	struct error *e = problem_add(reading->problems);
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	error_set(e, EINVAL, "%s:%u: %s", reading->source.origin.file, reading->source.origin.line,
		  text);
	return e;
}

static bool line_is_text(struct reading *reading, const char *line, size_t length)
{
	size_t at;

	if (length > PROFILE_LINE_LIMIT) {
		line_problem(reading, "line longer than %d bytes", PROFILE_LINE_LIMIT);
		return false;
	}
	/* One pass, as nearly all bytes of nearly all profiles are printable ASCII. */
	for (at = 0; at < length; at++) {
		unsigned char c = (unsigned char)line[at];

		if (c >= 0x20 && c < 0x7f)
			continue;
		if (c >= 0x80) {
			size_t sequence = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

			if (at + sequence <= length &&
			    string_utf8_length(line + at, sequence) == sequence) {
				at += sequence - 1;
				continue;
			}
			line_problem(reading, "not UTF-8 (byte 0x%02x at column %zu)",
				     (unsigned char)line[at], at + 1);
			return false;
		}
		/* Profiles are shown on terminals. A carriage return at the end is how others end
		 * lines. */
		if (c == '\t' || (c == '\r' && at + 1 == length))
			continue;
		if (!c)
			line_problem(reading, "NUL byte");
		else
			line_problem(reading, "control character 0x%02x at column %zu", c, at + 1);
		return false;
	}
	return true;
}

/* A line that begins with "[": whether it names a section that profiles have, and nothing else. */
static bool section_is_known(struct reading *reading, const char *line, size_t length)
{
	const char *close = memchr(line, ']', length), *near, *rest;
	_cleanup_free_ char *name = NULL;
	struct error *e;

	if (!close) {
		line_problem(reading, "[ without ]");
		return false;
	}
	name = xstrndup(line + 1, (size_t)(close - line - 1));
	for (rest = close + 1; rest < line + length && strchr(" \t\r", *rest); rest++)
		;
	if (rest < line + length && *rest != '#') {
		line_problem(reading, "[%.60s]: text behind the ]", name);
		return false;
	}
	if (option_is_section(name))
		return true;
	e = line_problem(reading, "[%.60s]: unknown section", name);
	near = option_nearest_section(name);
	if (near)
		error_remedy(e, "did you mean \"[%s]\"?", near);
	return false;
}

/* inih's fgets(3): the next line of the text, or what stands for it where it is faulty. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reading *reading = stream;
	const char *line = reading->at, *newline, *begin;
	size_t length;

	if (line >= reading->end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(reading->end - line));
	length = (size_t)((newline ? newline : reading->end) - line);
	reading->at = newline ? newline + 1 : reading->end;
	reading->source.origin.line++;
	if (reading->source.origin.line == 1 && length >= 3 &&
	    memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		length -= 3;
	}
	if (!line_is_text(reading, line, length) || length + 2 > (size_t)size) {
		strcpy(buffer, "\n");
		return buffer;
	}
	for (begin = line; begin < line + length && (*begin == ' ' || *begin == '\t'); begin++)
		;
	if (begin < line + length && *begin == '[' &&
	    !section_is_known(reading, begin, length - (size_t)(begin - line))) {
		strcpy(buffer, "[" UNKNOWN_SECTION "]\n");
		return buffer;
	}
	memcpy(buffer, line, length);
	strcpy(buffer + length, "\n");
	return buffer;
}

static void unknown_key(struct reading *reading, const char *section, const char *key)
{
	struct error *e = line_problem(reading, "%.60s: unknown key", key);
	const char *other = option_section_of(key), *near = option_nearest_key(section, key);

	if (*key == ';')
		error_remedy(e, "a comment begins with #");
	else if (other)
		error_remedy(e, "it belongs in [%s]", other);
	else if (near)
		error_remedy(e, "did you mean \"%s%s\"?", near,
			     near[strlen(near) - 1] == '.' ? "NAME" : "");
}

static void add_references(struct reading *reading, const struct option_row *row, const char *value)
{
	const char *at = value;
	char *name;

	while (list_next(&at, true, &name)) {
		struct profile_reference *reference;

		if (!*name) {
			free(name);
			line_problem(reading, "%s: empty name", row->key);
			continue;
		}
		reference = vector_add(&reading->profile->references);
		reference->word = row->id == OPTION_USE;
		reference->name = name;
		reference->line = reading->source.origin.line;
	}
}

static void add_needs(struct reading *reading, const char *value)
{
	const char *at = value;
	char *text;

	while (list_next(&at, true, &text)) {
		struct error e = {0};
		char *path;

		if (expand_path(text, &path, &e) == 0)
			strv_take(&reading->profile->needs, path);
		else
			line_problem(reading, "needs %.100s: %s", text, e.text);
		free(text);
	}
}

/* inih's handler; always 1, since faults are kept in the list. */
static int take_line(void *user, const char *section, const char *key, const char *value)
{
	struct reading *reading = user;
	const struct option_row *row;
	const char *rest;
	struct error e = {0};

	if (streq(section, UNKNOWN_SECTION))
		return 1;
	if (!*section && *key != ';') {
		line_problem(reading, "%.60s: stands before any [section]", key);
		return 1;
	}
	row = option_by_key(section, key, &rest);
	if (!row) {
		unknown_key(reading, section, key);
		return 1;
	}
	if (!value) {
		line_problem(reading, "%.60s: no = behind the key", key);
		return 1;
	}
	switch (row->id) {
	case OPTION_DESCRIPTION:
		free(reading->profile->description);
		reading->profile->description = xstrdup(value);
		break;
	case OPTION_NEEDS:
		add_needs(reading, value);
		break;
	case OPTION_USE:
	case OPTION_INCLUDE:
		add_references(reading, row, value);
		break;
	default:
		if (setting_parse(row, rest, value, &reading->source, &reading->profile->own, &e) <
		    0)
			*problem_add(reading->problems) = e;
	}
	return 1;
}

static size_t longest_line(const char *text, size_t length)
{
	const char *end = text + length;
	size_t longest = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((newline ? newline : end) - text);

		longest = line > longest ? line : longest;
		text += line + 1;
	}
	return longest;
}

/* Hand the text to inih. */
static void parse_text(struct reading *reading, size_t length)
{
	static char hash[] = "#";
	size_t longest = longest_line(reading->at, length);

	if (longest > PROFILE_LINE_LIMIT)
		longest = PROFILE_LINE_LIMIT;
	ini_use_stack = false;
	ini_allow_realloc = false;
	/* Newline and NUL; and room for the section put in place of a faulty one. */
	ini_max_line = ini_initial_alloc = (int)longest + 16;
	ini_stop_on_first_error = false;
	/* A line that begins with a blank is a line, not the continuation of the one before. */
	ini_allow_multiline = false;
	/* Told to the handler, which has a better message. */
	ini_allow_no_value = true;
	ini_allow_inline_comments = true;
	ini_start_comment_prefixes = ini_inline_comment_prefixes = hash;
	if (ini_parse_stream(next_line, reading, take_line, reading) != 0)
		line_problem(reading, "not a line of a profile");
}

int profile_read(const struct profile_place *place, enum layer layer, struct profile *ret,
		 struct problems *problems)
{
	size_t listed = problems->list.count, found = problems->found, length = 0;
	_cleanup_free_ char *data = NULL;
	struct reading reading = {.profile = ret, .problems = problems};
	struct error e = {0};
	const char *slash;
	struct stat st = {0};
	int r;

	r = read_text(place, &st, &data, &length, &e);
	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r < 0) {
		*problem_add(problems) = e;
		return r;
	}
	slash = strrchr(place->path, '/');
	ret->shown = xstrdup(place->shown);
	ret->directory =
		slash ? xstrndup(place->path, (size_t)(slash - place->path)) : xstrdup(".");
	ret->device = st.st_dev;
	ret->inode = st.st_ino;
	ret->size = length;
	reading.at = data;
	reading.end = data + length;
	reading.source.origin.layer = layer;
	reading.source.origin.file = ret->shown;
	reading.source.directory = ret->directory;
	parse_text(&reading, length);
	if (problems->found == found)
		return 0;
	/* Of a list that was full, the last is the one. */
	return -problems->list.items[listed < PROBLEM_LIMIT ? listed : listed - 1].code;
}
