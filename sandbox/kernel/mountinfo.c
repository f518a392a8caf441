// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is mounted where. Read as text: statmount(2) and listmount(2), which would spare the
 * escapes, came with Linux 6.8.
 */
#include "kernel/mountinfo.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <fcntl.h>

/* Hosts of containers have thousands of mounts, of some hundred bytes each. */
#define SIZE_LIMIT (16 * 1024 * 1024)

/* Blanks, tabs, newlines and backslashes are written as \NNN. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Cut the mount point and the type out of one line; false where it is none. */
static bool split_line(char *line, char **ret_path, char **ret_type)
{
	char *rest = strstr(line, " - "), *field = line;

	if (!rest)
		return false;
	*rest = '\0';
	*ret_type = rest + 3;
	(*ret_type)[strcspn(*ret_type, " ")] = '\0';
	for (int skip = 0; skip < 4; skip++) {
		field = strchr(field, ' ');
		if (!field)
			return false;
		field++;
	}
	field[strcspn(field, " ")] = '\0';
	unescape(field);
	*ret_path = field;
	return true;
}

static bool is_below(const char *path, const char *above)
{
	const char *rest = streq(above, "/") ? path : startswith(path, above);

	return rest && (rest == path || !*rest || *rest == '/');
}

static int read_table(char **ret, struct error *e)
{
	_cleanup_fd_ int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t length;

	if (fd < 0)
		return error_errno(e, errno, "/proc/self/mountinfo");
	return fd_read_all(fd, "/proc/self/mountinfo", SIZE_LIMIT, ret, &length, e);
}

static void add(struct mountinfo_list *list, const char *path, const char *type)
{
	struct mountinfo *entry = NULL;

	/* What was mounted over it at the same place counts, and nothing that was below. */
	vector_each (known, &list->list)
		if (streq(known->path, path))
			entry = known;
	if (!entry) {
		entry = vector_add(&list->list);
		entry->path = xstrdup(path);
	}
	free(entry->type);
	entry->type = xstrdup(type);
}

int mountinfo_below(const char *directory, struct mountinfo_list *ret, struct error *e)
{
	_cleanup_free_ char *table = NULL;
	char *rest, *line, *path, *type;
	int r = read_table(&table, e);

	if (r < 0)
		return r;
	rest = table;
	while ((line = strsep(&rest, "\n")))
		if (split_line(line, &path, &type) && is_below(path, directory))
			add(ret, path, type);
	return 0;
}

int mountinfo_type(const char *path, char **ret, struct error *e)
{
	_cleanup_free_ char *table = NULL, *best = NULL;
	size_t best_length = 0;
	char *rest, *line, *point, *type;
	int r = read_table(&table, e);

	if (r < 0)
		return r;
	rest = table;
	while ((line = strsep(&rest, "\n"))) {
		if (!split_line(line, &point, &type) || !is_below(path, point) ||
		    (best && strlen(point) < best_length))
			continue;
		best_length = strlen(point);
		free(best);
		best = xstrdup(type);
	}
	if (!best)
		return error_set(e, ENOENT, "%s: not below any mount", path);
	*ret = TAKE_PTR(best);
	return 0;
}

void mountinfo_free(struct mountinfo_list *list)
{
	vector_each (entry, &list->list) {
		free(entry->path);
		free(entry->type);
	}
	vector_free(&list->list);
}
