// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/reach.h"

#include "plan/query.h"
#include "plan/rules.h"

#include <sys/stat.h>

/* Words of struct answer. */
#define STATES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Whether what is seen at @path is one of the states. */
static bool is_one_of(const struct plan *plan, const char *path, const char *const *states)
{
	_cleanup_answer_ struct answer answer = {0};

	if (query_path(plan, path, &answer, NULL) < 0)
		return false;
	for (; *states; states++)
		if (streq(answer.state, *states))
			return true;
	return false;
}

bool plan_hides(const struct plan *plan, const char *path)
{
	return is_one_of(plan, path, STATES("hidden"));
}

static bool made_by_program(const struct recording *recording, const char *path)
{
	const struct touched *touched = recording_find(recording, path);

	return touched && !touched->existed;
}

static char *directory_of(const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	return xstrndup(path, length ? length : 1);
}

/* Whether names can be made and removed in the directory of @path. */
static bool takes_names(const struct plan *plan, const struct recording *recording,
			const char *path, const char *home)
{
	_cleanup_free_ char *directory = directory_of(path);

	/* Directories that the program makes again are as the one they are made in. */
	while (made_by_program(recording, directory) &&
	       is_one_of(plan, directory, STATES("absent")) && !streq(directory, "/")) {
		char *above = directory_of(directory);

		free(directory);
		directory = above;
	}
	if (is_one_of(plan, directory, STATES("memory")))
		return !streq(directory, home);
	return is_one_of(plan, directory, STATES("writable", "discarded", "process"));
}

bool plan_reaches(const struct plan *plan, const struct recording *recording,
		  const struct touched *touched, const char *home)
{
	const char *path = touched->path;
	unsigned reads = ACCESS_READ | ACCESS_EXECUTE | ACCESS_CONNECT | ACCESS_ENTER;
	bool directory = S_ISDIR(touched->type);

	/* Its own processes are in its own /proc. */
	if (path_below(path, "/proc"))
		return true;
	if (touched->existed && (touched->access & reads)) {
		if (directory && is_one_of(plan, path, STATES("absent", "hidden")))
			return false;
		if (!directory &&
		    !is_one_of(plan, path,
			       STATES("read-only", "writable", "discarded", "device", "process")))
			return false;
	}
	if (touched->existed && (touched->access & ACCESS_WRITE) &&
	    !is_one_of(plan, path,
		       STATES("writable", "discarded", "device", "process",
			      directory ? "memory" : "device")))
		return false;
	if (!(touched->access & ACCESS_NAMES) || takes_names(plan, recording, path, home))
		return true;
	/* Shown by itself, it can be opened so that it would be made; not replaced or removed. */
	return (touched->access & ACCESS_NAMES) == ACCESS_CREATE &&
	       is_one_of(plan, path, STATES("writable"));
}
