// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A directory, one for the life of the process, for parsers that read files; best in memory. Its
 * path is @ret_path. It goes with the process; after a crash, with what run made TMPDIR.
 */
static char place_path[64];

static inline void place_remove(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place_path);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", place_path);
}

static inline int place_of_fuzzing(char ret_path[64])
{
	static int fd = -1;

	if (fd < 0) {
		const char *parent = getenv("TMPDIR");

		snprintf(place_path, sizeof(place_path), "%s/hutch-fuzz.XXXXXX",
			 parent ? parent : "/tmp");
		if (!mkdtemp(place_path))
			abort();
		fd = open(place_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			abort();
		atexit(place_remove);
	}
	memcpy(ret_path, place_path, sizeof(place_path));
	return fd;
}

/* The file @name in @directory has these bytes. */
static inline void place_write(int directory, const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}
