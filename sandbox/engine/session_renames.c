// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlayfs notes nothing of a file's old name for those without privileges, and mv copies where
 * it may not rename. So what tells is that the contents are the same.
 */
#include "engine/session_renames.h"

#include "base/fd.h"
#include "kernel/tree.h"

#include <fcntl.h>

/* Of files of the same size, how many are compared before one is taken for new. */
enum { CANDIDATES = 16 };

struct removed {
	size_t index; /* in the list of changes */
	off_t size;
};

struct search {
	const struct session *session;
	struct changes *changes;
	VECTOR(struct removed) removed; /* by size */
	VECTOR(int) hosts, uppers;      /* open directories, one each a layer */
};

static int compare_sizes(const void *left, const void *right)
{
	const struct removed *a = left, *b = right;

	return a->size < b->size ? -1 : a->size > b->size ? 1 : a->index < b->index ? -1 : 1;
}

static bool same_contents(const struct search *search, const struct change *added,
			  const struct change *removed)
{
	_cleanup_fd_ int upper = -1, host = -1;
	const char *name, *old_name;

	upper = tree_open_parent(search->uppers.items[added->layer], added->path, &name);
	host = tree_open_parent(search->hosts.items[removed->layer], removed->path, &old_name);
	return upper >= 0 && host >= 0 &&
	       tree_same_contents(upper, name, &added->new_one, host, old_name);
}

/* Where the new name is in conflict, the old one stays as well, or there would be none. */
static void pair(struct search *search, size_t added, const struct removed *removed)
{
	struct change *new_half = &search->changes->list.items[added];
	struct change *old_half = &search->changes->list.items[removed->index];

	/* What the host has under the new name was not renamed. */
	if (new_half->kind == CHANGE_ADDED) {
		new_half->renamed = removed->index;
		old_half->renamed = added;
	}
	if (new_half->conflict)
		old_half->conflict = "the name that it got in the session is in conflict";
}

/* The first of those of that size. */
static size_t first_of_size(const struct search *search, off_t size)
{
	size_t low = 0, high = search->removed.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (search->removed.items[middle].size < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void match_contents(struct search *search, size_t added)
{
	const struct change *change = &search->changes->list.items[added];
	int tried = 0;

	if (!S_ISREG(change->new_one.st_mode) || !change->new_one.st_size || change->no_data)
		return;
	for (size_t i = first_of_size(search, change->new_one.st_size);
	     i < search->removed.count && tried < CANDIDATES; i++) {
		const struct removed *removed = &search->removed.items[i];
		const struct change *other = &search->changes->list.items[removed->index];

		if (removed->size != change->new_one.st_size)
			return;
		/* What the host changed since is not what the session moved. */
		if (other->renamed != SIZE_MAX || other->conflict)
			continue;
		tried++;
		if (same_contents(search, change, other)) {
			pair(search, added, removed);
			return;
		}
	}
}

static void open_trees(struct search *search)
{
	vector_each (layer, &search->session->layers) {
		*vector_add(&search->hosts) = open(layer->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		*vector_add(&search->uppers) = session_open_upper(search->session, layer);
	}
}

static void collect(struct search *search)
{
	for (size_t i = 0; i < search->changes->list.count; i++) {
		const struct change *change = &search->changes->list.items[i];

		if (change->kind == CHANGE_REMOVED && S_ISREG(change->old_one.st_mode))
			*vector_add(&search->removed) =
				(struct removed){i, change->old_one.st_size};
	}
	if (search->removed.count)
		qsort(search->removed.items, search->removed.count, sizeof(struct removed),
		      compare_sizes);
}

void changes_find_renames(const struct session *session, struct changes *changes)
{
	struct search search = {.session = session, .changes = changes};

	open_trees(&search);
	collect(&search);
	for (size_t i = 0; search.removed.count && i < changes->list.count; i++)
		if (changes->list.items[i].kind == CHANGE_ADDED ||
		    (changes->list.items[i].kind == CHANGE_CHANGED &&
		     changes->list.items[i].conflict))
			match_contents(&search, i);
	vector_each (fd, &search.hosts)
		fd_close(*fd);
	vector_each (fd, &search.uppers)
		fd_close(*fd);
	vector_free(&search.hosts);
	vector_free(&search.uppers);
	vector_free(&search.removed);
}
