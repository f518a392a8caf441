// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile of any bytes is read or refused. The words and profiles that it may name are few and in memory. */
#include "fuzz.h"

#include "place.h"
#include "profile_text.h"

#include "base/data_directory.h"

static const char *const words[][2] = {
	{"words/gpu.profile", "[profile]\nneeds = /dev/null\n[filesystem]\ndev = dri?\n"},
	{"words/wayland.profile", "[profile]\nuse = gpu\n[environment]\nkeep = WAYLAND_DISPLAY\n"},
	{"words/circle.profile", "[profile]\nuse = circle|gpu\n"},
	{"apps/firefox.profile", "[profile]\nuse = wayland|gpu\n[network]\nmode = internet\n"},
	{"apps/wrong.profile", "[profile]\nuse = nothing\n"},
	{"default.profile", "[filesystem]\nro = /usr\nhome = private\n"},
};

/* In place of the one that hutch has. */
const char *data_directory(void)
{
	static char path[64];

	if (!path[0]) {
		int place = place_of_fuzzing(path);

		mkdirat(place, "words", 0700);
		mkdirat(place, "apps", 0700);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			place_write(place, words[i][0], (const uint8_t *)words[i][1],
				    strlen(words[i][1]));
	}
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile_place place = profile_text(data, size);
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_free_ char *description = NULL;
	struct request request = {0};

	if (request_load_profile(&place, &request, &description, &problems) == 0 &&
	    problems.list.count)
		abort();
	vector_each (problem, &problems.list)
		if (!problem->text[0] || !problem->code)
			abort();
	request_free(&request);
	return 0;
}
