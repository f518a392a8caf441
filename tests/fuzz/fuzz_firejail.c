// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile of firejail's of any bytes: the import ends, and what it makes is a profile without faults. */
#include "fuzz.h"

#include "place.h"
#include "profile_text.h"

#include "base/data_directory.h"
#include "language/firejail.h"

/* In place of the one that hutch has: the words that an import may name. */
const char *data_directory(void)
{
	static const char *const words[] = {
		"accessibility", "audio-playback",   "browser-sandbox",
		"dconf-read",    "fonts-and-themes", "gpu",
		"input-method",  "notifications",    "portals",
		"secrets",       "stay-awake",       "tray",
		"wayland",       "x11-isolated",
	};
	static char path[64];

	if (!path[0]) {
		int place = place_of_fuzzing(path);

		mkdirat(place, "words", 0700);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			char name[64];

			snprintf(name, sizeof(name), "words/%s.profile", words[i]);
			place_write(place, name, (const uint8_t *)"", 0);
		}
	}
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_strbuf_ struct strbuf out = {0};
	struct request request = {0};
	struct profile_place place;

	firejail_import_text("fuzz", (const char *)data, size, &out);
	place = profile_text(out.text, out.length);
	request_load_profile(&place, &request, NULL, &problems);
	vector_each (problem, &problems.list)
		fprintf(stderr, "%s\n%s\n", problem->text, out.text);
	if (problems.list.count)
		abort();
	request_free(&request);
	return 0;
}
