// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths as a program may choose them, a line each ("r", "w", "m", "v" or "d" in front: read,
 * written, made, moved over, removed again). What is proposed covers each of them, shows nothing
 * that must not be shown whole, and reads back from the text of a profile as it was meant.
 */
#include "fuzz.h"

#include "language/expand.h"
#include "language/learn_paths.h"
#include "language/learn_text.h"
#include "language/request_build.h"
#include "plan/rules.h"

#include <sys/mman.h>
#include <unistd.h>

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

/* The text as a line of a profile: the same path comes back. */
static void check_text(const char *path)
{
	static char place_path[64];
	static int fd = -1;
	_cleanup_free_ char *text = learn_path(path);
	_cleanup_problems_ struct problems problems = {0};
	struct profile_place place = {.path = place_path, .shown = place_path};
	struct request request = {0};
	const struct setting *setting;
	int length;

	if (!text)
		return;
	if (fd < 0) {
		fd = memfd_create("profile", MFD_CLOEXEC);
		snprintf(place_path, sizeof(place_path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	length = dprintf(fd, "[filesystem]\nrw = %s\nro = %s?\n", text, text);
	if (length < 0 || request_load_profile(&place, &request, NULL, &problems) < 0)
		abort();
	setting = request_last(&request, SETTING_RW);
	if (!setting || setting->path.optional || strcmp(setting->path.path, path))
		abort();
	setting = request_last(&request, SETTING_RO);
	if (!setting || !setting->path.optional || strcmp(setting->path.path, path))
		abort();
	if (request.settings.count != 2)
		abort();
	request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	VECTOR(struct lesson) lessons = {0};
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
	vector_each (grant, &grants.list) {
		/* A file that is a secret itself is its caller's business; what is around one is not. */
		if (!grant_bounds_allow(&bounds, grant->path) &&
		    !grant_bounds_secret(&bounds, grant->path))
			abort();
		if (grant > grants.list.items && !strcmp(grant->path, grant[-1].path))
			abort();
		if (!grant->paths || !grant->times || !grant->first || !grant->by)
			abort();
		check_text(grant->path);
	}
	vector_each (lesson, &lessons)
		check_covered(&grants, &bounds, lesson);
	vector_each (lesson, &lessons)
		free((char *)lesson->path);
	vector_free(&lessons);
	grants_free(&grants);
	grant_bounds_free(&bounds);
	return 0;
}
