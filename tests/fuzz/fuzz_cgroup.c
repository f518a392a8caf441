// SPDX-License-Identifier: GPL-2.0-or-later
/* Control files of a cgroup with any bytes in them are read within their bounds. */
#include "fuzz.h"

#include "place.h"

#include "../../sandbox/kernel/cgroup.c"

static const char *const files[] = {"cgroup.controllers", "cpu.stat",
				    "memory.events",      "io.stat",
				    "cgroup.procs",       "memory.current"};

/* One file under all the names has these bytes. */
static void fill(int place, const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		place_write(place, files[0], data, size);
		for (size_t i = 1; i < sizeof(files) / sizeof(files[0]); i++)
			if (linkat(place, files[0], place, files[i], 0) < 0)
				abort();
		fd = openat(place, files[0], O_WRONLY | O_CLOEXEC);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	struct cgroup_usage usage;
	char path[64], small[8];
	int place = place_of_fuzzing(path);
	uint64_t number = 0;

	unescape(text);
	fill(place, data, size);
	cgroup_has(place, "memory");
	cgroup_has_processes(place, 1);
	cgroup_usage(place, &usage);
	if (cgroup_read(place, "cpu.stat", small, sizeof(small)) == 0 &&
	    strlen(small) >= sizeof(small))
		abort();
	cgroup_read_number(place, "memory.current", &number);
	cgroup_read_key(place, "cpu.stat", "usage_usec", &number);
	return 0;
}
