// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths as a program may choose them, a line each ("r", "w", "m", "v" or "d" in front: read,
 * written, made, moved over, removed again). What is proposed covers each of them, shows nothing
 * that must not be shown whole, and reads back from the text of a profile as it was meant.
 */
#include "fuzz.h"

#include "profile_text.h"

#include "language/expand.h"
#include "language/learn_paths.h"
#include "language/learn_text.h"
#include "plan/rules.h"

static void set_up(struct grant_bounds *bounds)
{
	setenv("HOME", "/h", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	*bounds = (struct grant_bounds){.home = "/h"};
	strv_add(&bounds->shared, "/e");
	strv_add(&bounds->applications, "/h/.config");
	strv_add(&bounds->secrets, "/h/.s");
	strv_add(&bounds->secrets, "/h/.c/s");
}

static struct lesson lesson_of(char kind, const char *path)
{
	return (struct lesson){
		.path = path,
		.write = kind == 'w',
		.made = kind == 'm' || kind == 'd',
		.moved = kind == 'v' || kind == 'd',
		.exists = kind != 'd',
		.times = 1,
		.by = "x",
	};
}

static bool is_impossible(const struct grants *grants, const struct lesson *lesson)
{
	vector_each (other, &grants->impossible)
		if (*other == lesson)
			return true;
	return false;
}

static void check_covered(const struct grants *grants, const struct grant_bounds *bounds,
			  const struct lesson *lesson)
{
	bool writes = lesson->write || lesson->made || lesson->moved;

	vector_each (grant, &grants->list)
		if (path_below(lesson->path, grant->path) && grant->writable >= writes)
			return;
	/* One of the directories themselves: what is in it decides. */
	if (!is_impossible(grants, lesson) && !(lesson->made && lesson->exists))
		abort();
}

/* The profile @text says each of the @paths, to write and where it exists to read: they come back. */
static void check_text(const struct strbuf *text, const struct strv *paths)
{
	_cleanup_problems_ struct problems problems = {0};
	struct profile_place place = profile_text(text->text, text->length);
	struct request request = {0};
	const struct setting *at;

	setenv("HOME", "/h", 1); /* as when it was written */
	if (request_load_profile(&place, &request, NULL, &problems) < 0 ||
	    request.settings.count != 2 * paths->count)
		abort();
	at = request.settings.items;
	for (size_t i = 0; i < paths->count; i++, at += 2)
		if (at[0].id != SETTING_RW || at[0].path.optional ||
		    strcmp(at[0].path.path, paths->items[i]) != 0 || at[1].id != SETTING_RO ||
		    !at[1].path.optional || strcmp(at[1].path.path, paths->items[i]) != 0)
			abort();
	request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	VECTOR(struct lesson) lessons = {0};
	_cleanup_strv_ struct strv sayable = {0};
	_cleanup_strbuf_ struct strbuf profile = {0};
	struct grant_bounds bounds;
	struct grants grants = {0};
	char *rest = text, *line;

	set_up(&bounds);
	while ((line = strsep(&rest, "\n")) && lessons.count < 64) {
		if (!line[0] || !line[1])
			continue;
		*vector_add(&lessons) = lesson_of(line[0], path_absolute("/", line + 1));
	}
	grants_collapse(lessons.items, lessons.count, &bounds, &grants);
	strbuf_printf(&profile, "[filesystem]\n");
	vector_each (grant, &grants.list) {
		_cleanup_free_ char *said = NULL;

		/* A file that is a secret itself is its caller's business; what is around one is not. */
		if (!grant_bounds_allow(&bounds, grant->path) &&
		    !grant_bounds_secret(&bounds, grant->path))
			abort();
		if (grant > grants.list.items && !strcmp(grant->path, grant[-1].path))
			abort();
		if (!grant->paths || !grant->times || !grant->first || !grant->by)
			abort();
		said = learn_path(grant->path);
		if (!said)
			continue;
		strv_add(&sayable, grant->path);
		strbuf_printf(&profile, "rw = %s\nro = %s?\n", said, said);
	}
	check_text(&profile, &sayable);
	vector_each (lesson, &lessons)
		check_covered(&grants, &bounds, lesson);
	vector_each (lesson, &lessons)
		free((char *)lesson->path);
	vector_free(&lessons);
	grants_free(&grants);
	grant_bounds_free(&bounds);
	return 0;
}
