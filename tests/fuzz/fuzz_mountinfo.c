// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of /proc/self/mountinfo, of which others choose the paths: they are taken apart or left. */
#include "fuzz.h"

#include "../../sandbox/kernel/mountinfo.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	_cleanup_mountinfo_ struct mountinfo_list list = {0};
	char *rest = text, *line, *path, *type;

	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line);

		if (!split_line(line, &path, &type))
			continue;
		if (path < line || path + strlen(path) > line + length || strchr(type, ' ') ||
		    type + strlen(type) > line + length)
			abort();
		if (is_below(path, "/a") && path[0] != '/')
			abort();
		if (list.list.count < 64)
			add(&list, path, type);
	}
	return 0;
}
