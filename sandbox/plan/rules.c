// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/rules.h"

#include "base/fd.h"
#include "kernel/mount.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_absolute(const char *base, const char *path)
{
	_cleanup_free_ char *joined =
		path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", base, path);
	char *clean = xcalloc(strlen(joined) + 2, 1), *end = clean;

	for (const char *at = joined; *at;) {
		size_t length = strcspn(at, "/");

		if (length == 2 && at[0] == '.' && at[1] == '.') {
			while (end > clean && *--end != '/')
				;
		} else if (length && !(length == 1 && at[0] == '.')) {
			*end++ = '/';
			memcpy(end, at, length);
			end += length;
		}
		at += length;
		at += strspn(at, "/");
	}
	if (end == clean)
		*end++ = '/';
	*end = '\0';
	return clean;
}

const char *path_below(const char *path, const char *above)
{
	const char *rest;

	if (streq(above, "/"))
		return path;
	rest = startswith(path, above);
	return rest && (*rest == '/' || !*rest) ? rest : NULL;
}

struct rule *rules_add(struct rules *rules, enum mount_kind kind, const char *destination,
		       size_t rank, const char *origin)
{
	struct rule *rule = vector_add(&rules->list);

	rule->mount.kind = kind;
	rule->mount.destination = xstrdup(destination);
	rule->mount.origin = xstrdup(origin);
	rule->mount.set = MOUNT_SAFE;
	rule->mount.mode = 0755;
	rule->rank = rank;
	rule->directory = true;
	return rule;
}

/* The name of an open file without symbolic links, as /proc tells it; NULL with errno. */
static char *real_path(int fd)
{
	char link[32], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path));
	return length > 0 ? xstrndup(path, (size_t)length) : NULL;
}

struct rule *rules_add_late(struct rules *rules, const char *source, const char *destination,
			    mode_t type, const char *origin)
{
	struct rule *rule = rules_add(rules, MOUNT_BIND, destination, RANK_SYSTEM, origin);

	rule->mount.source = xstrdup(source);
	rule->mount.identity.mode = type;
	rule->mount.late = true;
	rule->mount.set = MOUNT_SAFE | MOUNT_ATTR_NOEXEC | (S_ISSOCK(type) ? MOUNT_ATTR_RDONLY : 0);
	rule->directory = S_ISDIR(type);
	rule->system = true;
	return rule;
}

int rules_add_bind(struct rules *rules, const char *source, const char *destination, bool writable,
		   size_t rank, const char *origin, struct error *e)
{
	_cleanup_fd_ int fd = path_open_host(source);
	_cleanup_free_ char *real = NULL;
	struct file_identity identity = {0};
	struct rule *rule;
	int r;

	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		return error_errno(e, -fd, "%s", origin);
	r = fd < 0 ? 0 : path_identify(fd, &identity);
	if (r < 0)
		return error_errno(e, -r, "%s", origin);
	/* Nodes of /dev and the like have no other names that would matter. */
	if (fd >= 0 && rank != RANK_SYSTEM) {
		real = real_path(fd);
		if (!real)
			return error_errno(e, errno, "%s: its name in /proc/self/fd", origin);
	}
	rule = rules_add(rules, MOUNT_BIND, destination, rank, origin);
	rule->mount.source = xstrdup(source);
	rule->mount.identity = identity;
	rule->mount.recursive = true;
	rule->absent = fd < 0;
	rule->real = TAKE_PTR(real);
	rule->directory = S_ISDIR(identity.mode);
	if (!writable)
		rule->mount.set |= MOUNT_ATTR_RDONLY;
	return 0;
}

int rule_not_there(const char *origin, struct error *e)
{
	error_errno(e, ENOENT, "%s", origin);
	return error_remedy(e, "write PATH?, with the question mark, where it may be absent");
}

/* By path with parents first ('/' before any other byte), then by rank. */
static int compare(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;
	const unsigned char *p = (const unsigned char *)a->mount.destination;
	const unsigned char *q = (const unsigned char *)b->mount.destination;

	while (*p && *p == *q)
		p++, q++;
	if (*p != *q) {
		int x = *p == '/' ? 1 : *p ? *p + 1 : 0, y = *q == '/' ? 1 : *q ? *q + 1 : 0;

		return x - y;
	}
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

void rules_sort(struct rules *rules)
{
	size_t kept = 0;

	if (!rules->list.count)
		return;
	qsort(rules->list.items, rules->list.count, sizeof(struct rule), compare);
	for (size_t i = 0; i < rules->list.count; i++) {
		struct rule *rule = &rules->list.items[i],
			    *last = kept ? &rules->list.items[kept - 1] : NULL;

		/* What pins a link stands on it, what is mounted there on what it leads to. */
		if (last && !last->mount.fallback && last->mount.link == rule->mount.link &&
		    streq(last->mount.destination, rule->mount.destination))
			rule_done(&rules->list.items[--kept]);
		/* What was freed is overwritten here. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		rules->list.items[kept++] = *rule;
	}
	rules->list.count = kept;
}

const struct rule *rules_find(const struct rules *rules, const char *path)
{
	const struct rule *best = NULL;
	size_t best_length = 0;

	vector_each (rule, &rules->list) {
		size_t length = strlen(rule->mount.destination);

		if (rule->absent || rule->pin || !path_below(path, rule->mount.destination))
			continue;
		if (!best || length > best_length ||
		    (length == best_length && rule->rank >= best->rank)) {
			best = rule;
			best_length = length;
		}
	}
	return best;
}

char *rule_host_path(const struct rule *rule, const char *path)
{
	if (!rule || (rule->mount.kind != MOUNT_BIND && rule->mount.kind != MOUNT_OVERLAY))
		return NULL;
	return xasprintf("%s%s", streq(rule->mount.source, "/") ? "" : rule->mount.source,
			 path_below(path, rule->mount.destination));
}

bool rules_show(const struct rules *rules, const char *path)
{
	_cleanup_free_ char *shown = rule_host_path(rules_find(rules, path), path);

	return shown && streq(shown, path);
}

void rule_done(struct rule *rule)
{
	free(rule->mount.source);
	free(rule->mount.data);
	free(rule->mount.destination);
	free(rule->mount.aside);
	free(rule->mount.origin);
	free(rule->real);
}

void rules_free(struct rules *rules)
{
	vector_each (rule, &rules->list)
		rule_done(rule);
	vector_free(&rules->list);
}
