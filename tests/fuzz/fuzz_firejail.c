// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile of firejail's of any bytes: the import ends, and what it makes is a profile without faults. */
#include "fuzz.h"

#include "place.h"

#include "base/data_directory.h"
#include "language/firejail.h"
#include "language/request_build.h"

#include <sys/mman.h>
#include <unistd.h>

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
	static int fd = -1;
	static char path[64];
	struct profile_place place = {.path = path, .shown = path};
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_strbuf_ struct strbuf out = {0};
	struct request request = {0};

	if (fd < 0) {
		fd = memfd_create("profile", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		setenv("HOME", "/nonexistent", 1);
		unsetenv("XDG_CONFIG_HOME");
	}
	firejail_import_text("fuzz", (const char *)data, size, &out);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, out.text, out.length, 0) != (ssize_t)out.length)
		abort();
	request_load_profile(&place, &request, NULL, &problems);
	vector_each (problem, &problems.list)
		fprintf(stderr, "%s\n", problem->text);
	if (problems.list.count) {
		fprintf(stderr, "%s\n", out.text);
		abort();
	}
	request_free(&request);
	return 0;
}
