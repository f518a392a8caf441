// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_paths.h"

#include "plan/rules.h"

#include <stdlib.h>

static bool any_below(const struct strv *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (path_below(list->items[i], path))
			return true;
	return false;
}

bool grant_bounds_secret(const struct grant_bounds *bounds, const char *path)
{
	for (size_t i = 0; i < bounds->secrets.count; i++)
		if (path_below(path, bounds->secrets.items[i]))
			return true;
	return false;
}

/* Whether something in @path must not be shown with all that is around it. */
static bool is_above(const struct grant_bounds *bounds, const char *path)
{
	return streq(path, "/") || path_below(bounds->home, path) ||
	       any_below(&bounds->shared, path) || any_below(&bounds->applications, path) ||
	       any_below(&bounds->secrets, path);
}

bool grant_bounds_allow(const struct grant_bounds *bounds, const char *path)
{
	return !is_above(bounds, path) && !grant_bounds_secret(bounds, path);
}

static char *directory_of(const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	return xstrndup(path, length ? length : 1);
}

/* An application's directory that @path is in, or NULL. */
static char *application_of(const struct grant_bounds *bounds, const char *path)
{
	_cleanup_free_ char *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i <= bounds->applications.count; i++) {
		/* Below the home itself, those that are not to be seen. */
		bool is_home = i == bounds->applications.count;
		const char *base = is_home ? bounds->home : bounds->applications.items[i];
		const char *rest = path_below(path, base);
		size_t length;

		if (!rest || !*rest || (is_home && rest[1] != '.') || strlen(base) < longest)
			continue;
		length = strlen(base) + 1 + strcspn(rest + 1, "/");
		if (!path[length])
			continue;
		longest = strlen(base);
		free(found);
		found = xstrndup(path, length);
	}
	return found && grant_bounds_allow(bounds, found) ? TAKE_PTR(found) : NULL;
}

static void replace(struct grant *grant, char *path)
{
	free(grant->path);
	grant->path = path;
}

static void add_impossible(struct grants *grants, const struct lesson *lesson)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are held */
	*vector_add(&grants->impossible) = lesson;
}

static void take(const struct lesson *lesson, size_t order, const struct grant_bounds *bounds,
		 struct grants *ret)
{
	bool names = lesson->made || lesson->moved;
	_cleanup_free_ char *directory = names ? directory_of(lesson->path) : NULL;
	struct grant *grant;
	char *application;

	if (directory && !grant_bounds_allow(bounds, directory)) {
		/* What is there now can be shown by itself, and then opens where it was made. */
		if (lesson->moved || !lesson->exists)
			add_impossible(ret, lesson);
		if (!lesson->exists)
			return;
		free(directory);
		directory = NULL;
	}
	if (!directory && is_above(bounds, lesson->path)) {
		if (!lesson->made)
			add_impossible(ret, lesson);
		return;
	}
	grant = vector_add(&ret->list);
	*grant = (struct grant){
		.path = directory ? TAKE_PTR(directory) : xstrdup(lesson->path),
		.writable = lesson->write || names,
		.paths = 1,
		.times = lesson->times,
		.first = xstrdup(lesson->path),
		.by = xstrdup(lesson->by),
		.order = order,
	};
	application = grant->writable ? application_of(bounds, grant->path) : NULL;
	if (application)
		replace(grant, application);
}

/* By path, parents first ('/' before any other byte), what is writable first. */
static int compare(const void *left, const void *right)
{
	const struct grant *a = left, *b = right;
	const unsigned char *p = (const unsigned char *)a->path;
	const unsigned char *q = (const unsigned char *)b->path;

	while (*p && *p == *q)
		p++, q++;
	if (*p != *q)
		return (*p == '/' ? 1 : *p ? *p + 1 : 0) - (*q == '/' ? 1 : *q ? *q + 1 : 0);
	return b->writable - a->writable;
}

/* @from becomes a part of @to. */
static void absorb(struct grant *to, struct grant *from)
{
	to->paths += from->paths;
	to->times += from->times;
	if (from->order < to->order) {
		char *first = to->first, *by = to->by;

		to->order = from->order;
		to->first = from->first;
		to->by = from->by;
		from->first = first;
		from->by = by;
	}
	free(from->path);
	free(from->first);
	free(from->by);
}

/* Sort, and leave out what is inside of something that shows as much. */
static void merge(struct grants *grants)
{
	VECTOR(size_t) around = {0}; /* those kept that the current one is inside of */
	struct grant *list = grants->list.items;
	size_t kept = 0;

	if (!grants->list.count)
		return;
	qsort(list, grants->list.count, sizeof(*list), compare);
	for (size_t i = 0; i < grants->list.count; i++) {
		struct grant *cover = NULL;

		while (around.count &&
		       !path_below(list[i].path, list[around.items[around.count - 1]].path))
			around.count--;
		vector_each (outer, &around)
			if (list[*outer].writable >= list[i].writable)
				cover = &list[*outer];
		if (cover) {
			absorb(cover, &list[i]);
			continue;
		}
		*vector_add(&around) = kept;
		list[kept++] = list[i];
	}
	grants->list.count = kept;
	vector_free(&around);
}

/* Give those that are GRANTS_TOGETHER in a directory the path of the directory; whether any was. */
static bool put_together(struct grants *grants, const struct grant_bounds *bounds)
{
	struct grant *list = grants->list.items;
	bool *done = xcalloc(grants->list.count + 1, sizeof(*done)), any = false;

	for (size_t i = 0; i < grants->list.count; i++) {
		_cleanup_free_ char *directory = directory_of(list[i].path);
		size_t count = 0;

		if (done[i] || !grant_bounds_allow(bounds, directory))
			continue;
		/* What is in one directory stands together, but for what is deeper. */
		for (int pass = 0; pass < 2; pass++) {
			for (size_t k = i;
			     k < grants->list.count && path_below(list[k].path, directory); k++) {
				const char *rest = path_below(list[k].path, directory);

				if (done[k] || !*rest || strchr(rest + 1, '/') ||
				    list[k].writable != list[i].writable)
					continue;
				if (pass == 0)
					count++;
				else
					done[k] = true;
				if (pass && count >= GRANTS_TOGETHER)
					replace(&list[k], xstrdup(directory));
			}
		}
		any |= count >= GRANTS_TOGETHER;
	}
	free(done);
	return any;
}

void grants_collapse(const struct lesson *lessons, size_t count, const struct grant_bounds *bounds,
		     struct grants *ret)
{
	for (size_t i = 0; i < count; i++)
		take(&lessons[i], i, bounds, ret);
	do
		merge(ret);
	while (put_together(ret, bounds));
}

void grants_free(struct grants *grants)
{
	vector_each (grant, &grants->list) {
		free(grant->path);
		free(grant->first);
		free(grant->by);
	}
	vector_free(&grants->list);
	vector_free(&grants->impossible);
}

void grant_bounds_free(struct grant_bounds *bounds)
{
	strv_free(&bounds->shared);
	strv_free(&bounds->applications);
	strv_free(&bounds->secrets);
}
