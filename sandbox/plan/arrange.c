// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From rules to mounts: which rule wins, in which order they are attached, what each is attached
 * on, and what has to be added so that they hold.
 *
 * Islands. A read-only or hidden path inside a writable tree of the host is safe from being
 * written, but not from having a parent renamed and another tree put in its place. So each
 * directory between the writable root and the island is mounted on itself: then renaming it is
 * refused (EBUSY). So is replacing a symbolic link on the way, which is mounted on itself, too.
 * Where the island does not exist yet, it must not be created either. The kernel
 * has no rule for a name that is not there, so something has to be there: a guard (engine/guard.c)
 * makes an empty file or directory for as long as the sandbox runs.
 *
 * Covers. What is hidden is hidden wherever it is seen: a bind that shows the same file of the host
 * at another path gets the cover too.
 */
#include "plan/mounts.h"

#include "engine/guard.h"
#include "kernel/mount.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static bool from_host(const struct rule *rule)
{
	return rule && (rule->mount.kind == MOUNT_BIND || rule->mount.kind == MOUNT_OVERLAY);
}

static bool writable_host(const struct rule *rule)
{
	return rule && rule->mount.kind == MOUNT_BIND && !(rule->mount.set & MOUNT_ATTR_RDONLY);
}

/* Indexes of the rules that stand above the one at hand, innermost last. */
struct ancestors {
	VECTOR(size_t) stack;
};

static size_t nearest(struct ancestors *above, const struct rules *rules, const char *path)
{
	while (above->stack.count) {
		size_t index = above->stack.items[above->stack.count - 1];

		if (path_below(path, rules->list.items[index].mount.destination))
			return index;
		above->stack.count--;
	}
	return SIZE_MAX;
}

static int cover_alias(struct rules *rules, size_t hidden, size_t bind, struct error *e)
{
	const struct rule *mask = &rules->list.items[hidden], *tree = &rules->list.items[bind];
	_cleanup_free_ char *real = realpath(mask->mount.destination, NULL), *path = NULL;
	const char *rest = real ? path_below(real, tree->real) : NULL;
	struct rule *cover;

	if (!real)
		return error_errno(e, errno, "%s", mask->mount.origin);
	/* A bind of the hidden thing itself, asked for later, is what its asker wants. */
	if (!rest || (!*rest && tree->rank > mask->rank))
		return 0;
	path = xasprintf("%s%s", streq(tree->mount.destination, "/") ? "" : tree->mount.destination,
			 rest);
	if (streq(path, mask->mount.destination))
		return 0;
	cover = rules_add(rules, MOUNT_MASK, path, mask->rank, mask->mount.origin);
	mask = &rules->list.items[hidden]; /* the list may have moved */
	cover->mount.set = mask->mount.set;
	cover->mount.mode = mask->mount.mode;
	cover->directory = mask->directory;
	cover->setting = mask->setting;
	return 0;
}

/* Cover what a hide rule hides wherever else the same file of the host is seen. */
static int hide_everywhere(struct rules *rules, struct error *e)
{
	size_t count = rules->list.count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct rule *tree = &rules->list.items[i];

		if (!from_host(tree) || tree->system || !tree->real ||
		    streq(tree->real, tree->mount.destination))
			continue;
		for (size_t j = 0; r == 0 && j < count; j++) {
			const struct rule *mask = &rules->list.items[j];

			if (mask->mount.kind == MOUNT_MASK && !mask->absent && !mask->system)
				r = cover_alias(rules, j, i, e);
		}
	}
	return r;
}

/* Something is visible below a hidden directory: it becomes an empty one that holds just that. */
static void open_mask(struct rule *rule)
{
	if (!rule->directory)
		return;
	rule->mount.kind = MOUNT_SCRATCH;
	rule->mount.set = MOUNT_SAFE;
	rule->mount.mode = 0555;
	rule->mount.seal = true;
}

static void add_guard(struct plan *plan, const char *path, const struct rule *rule,
		      const struct rule *tree)
{
	struct plan_guard *guard = vector_add(&plan->guards);

	guard->path = xstrdup(path);
	guard->tree = xstrdup(streq(tree->mount.source, "/") ? "" : tree->mount.source);
	guard->tree_identity = tree->mount.identity;
	guard->directory = rule->directory;
	guard->contents = rule->contents;
	guard->origin = xstrdup(rule->mount.origin);
}

/*
 * Decide what @rule is attached on, given the rule @above that it stands in (NULL: the empty root).
 * 1 to keep it, 0 to drop it, -errno.
 */
static int find_point(struct plan *plan, struct rule *rule, struct rule *above, struct error *e)
{
	_cleanup_free_ char *host = NULL;
	struct stat status;
	bool exists;

	rule->mount.point = rule->directory ? POINT_DIRECTORY : POINT_FILE;
	/* In a root that is the host's, /dev must not be the host's: nothing is made or written
	 * there. */
	if (rule->system && rule->mount.kind == MOUNT_DIRECTORY && from_host(above)) {
		rule->mount.kind = MOUNT_SCRATCH;
		rule->mount.seal = true;
	}
	if (above && above->mount.kind == MOUNT_MASK)
		open_mask(above);
	if (rule->system && (!above || !from_host(above))) {
		rule->mount.point =
			above && above->mount.kind == MOUNT_PROC && !rule->mount.fallback
				? POINT_OPTIONAL
				: rule->mount.point;
		return 1;
	}
	if (!above || !from_host(above)) {
		if (!rule->absent)
			return 1;
		if (rule->mount.kind == MOUNT_MASK)
			return 0; /* it isn't there, so it is hidden */
		return rule_not_there(rule->mount.origin, e);
	}
	host = rule_host_path(above, rule->mount.destination);
	exists = (rule->mount.link ? lstat : stat)(host, &status) == 0;
	/* What could not be looked at, for want of memory perhaps, may well be there. */
	if (!exists && errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ELOOP)
		return error_errno(e, errno, "%s: %s", rule->mount.origin, host);
	/* Another run's guard is as good as absent: it may go at any time, or went since it was found. */
	if (writable_host(above) && (!exists || guard_is(&status))) {
		exists = false;
		rule->absent |= rule->mount.kind == MOUNT_BIND && streq(rule->mount.source, host);
	}
	if (exists && !rule->absent) {
		rule->mount.point = rule->system ? POINT_OPTIONAL : POINT_EXISTS;
		if (rule->mount.kind == MOUNT_MASK)
			rule->mount.mode = status.st_mode & S_IFMT;
		return 1;
	}
	if (above->mount.kind == MOUNT_OVERLAY)
		return rule->absent ? 0 : 1;
	/* What is to be hidden is the host's, and not in there. */
	if (above->own && rule->mount.kind == MOUNT_MASK)
		return 0;
	if (writable_host(above)) {
		add_guard(plan, host, rule, above);
		rule->mount.point = POINT_EXISTS;
		if (rule->absent) {
			rule->mount.kind = MOUNT_AGAIN;
			rule->mount.set |= MOUNT_ATTR_RDONLY;
		}
		return 1;
	}
	if (rule->mount.kind == MOUNT_MASK || rule->system || rule->rank < RANK_SETTINGS ||
	    (rule->setting && rule->setting->origin.layer == LAYER_DEFAULT))
		return 0;
	if (rule->absent)
		return rule_not_there(rule->mount.origin, e);
	error_set(e, ENOENT, "%s: %s: there is no such place in the read-only %s",
		  rule->mount.origin, rule->mount.destination, above->mount.destination);
	return error_remedy(e, "choose a place below a tmpfs or below the home");
}

static void add_pin(struct rules *rules, const char *path, bool link, bool optional,
		    const char *origin)
{
	struct rule *rule = rules_add(rules, MOUNT_AGAIN, path, 0, origin);

	rule->pin = true;
	rule->mount.link = link;
	rule->mount.point = optional ? POINT_OPTIONAL : POINT_EXISTS;
	rule->mount.set = 0;
}

/*
 * Mount everything on the way from the writable @tree to @path on itself: directories, symbolic
 * links, and the directories that those lead through.
 */
static void add_pins(struct rules *rules, const char *path, const struct rule *tree,
		     const char *origin)
{
	const struct rule above = *tree; /* the list moves, what it owns doesn't */
	const char *top = above.mount.destination;
	_cleanup_free_ char *way = xstrdup(path);
	size_t start = streq(top, "/") ? 0 : strlen(top), done = start;

	for (int links = 0; links < 40 && way[done] == '/';) {
		size_t end = done + 1 + strcspn(way + done + 1, "/");
		_cleanup_free_ char *prefix = xstrndup(way, end);
		_cleanup_free_ char *host = rule_host_path(&above, prefix);
		_cleanup_free_ char *next = NULL, *parent = NULL, *rest = NULL;
		char target[PATH_MAX];
		ssize_t length = readlink(host, target, sizeof(target) - 1);

		if (length <= 0) {
			if (way[end])
				add_pin(rules, prefix, false, links > 0, origin);
			done = end;
			continue;
		}
		target[length] = '\0';
		add_pin(rules, prefix, true, links > 0, origin);
		parent = xstrndup(way, done);
		rest = xasprintf("%s%s", target, way + end);
		next = path_absolute(parent, rest);
		if (!path_below(next, top))
			break;
		free(way);
		way = TAKE_PTR(next);
		done = start;
		links++;
	}
}

static int find_points(struct rules *rules, struct plan *plan, struct error *e)
{
	struct ancestors above = {0};
	size_t kept = 0, count = rules->list.count;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct rule rule = rules->list.items[i];
		size_t index = nearest(&above, rules, rule.mount.destination);
		struct rule *parent = index == SIZE_MAX ? NULL : &rules->list.items[index];

		if (r < 0 || streq(rule.mount.destination, "/")) {
			r = r < 0 ? r : 1;
		} else {
			r = find_point(plan, &rule, parent, e);
		}
		if (r < 0) {
			rules->list.items[kept++] = rule; /* kept to be freed */
			continue;
		}
		if (r == 0) {
			rule_done(&rule);
			continue;
		}
		rule.above = index;
		rules->list.items[kept] = rule;
		if (rule.mount.kind != MOUNT_SYMLINK)
			*vector_add(&above.stack) = kept;
		kept++;
	}
	rules->list.count = kept;
	vector_free(&above.stack);
	if (r < 0)
		return r;
	/* The pins come after, since they are no parents to decide by. */
	count = kept;
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules->list.items[i];
		const struct rule *tree =
			rule->above == SIZE_MAX ? NULL : &rules->list.items[rule->above];

		if (writable_host(tree) && !rule->system)
			add_pins(rules, rules->list.items[i].mount.destination, tree,
				 rules->list.items[i].mount.origin);
	}
	rules_sort(rules);
	return 0;
}

static bool is_writable(const struct rule *rule)
{
	/* A device is written to through a read-only mount, too. */
	if (rule->mount.kind == MOUNT_BIND && (rule->mount.clear & MOUNT_ATTR_NODEV))
		return true;
	switch (rule->mount.kind) {
	case MOUNT_BIND:
	case MOUNT_SCRATCH:
	case MOUNT_TMPFS:
	case MOUNT_OVERLAY:
	case MOUNT_PROC:
	case MOUNT_DEVPTS:
		return !(rule->mount.set & MOUNT_ATTR_RDONLY) && !rule->mount.seal;
	case MOUNT_DIRECTORY:
	case MOUNT_FILE:
	case MOUNT_DATA:
	case MOUNT_SYMLINK:
	case MOUNT_MASK:
	case MOUNT_AGAIN:
	case MOUNT_MQUEUE:
	case MOUNT_REMOUNT:
	case MOUNT_CHMOD:
	case MOUNT_KINDS:
		break;
	}
	return false;
}

/* Parents come first, and what is allowed below a directory needs no rule of its own. */
static void add_landlock(struct plan *plan, const char *path, enum landlock_access access)
{
	struct plan_landlock_rule *rule;

	vector_each (above, &plan->landlock)
		if (above->access == LANDLOCK_WRITE && path_below(path, above->path))
			return;
	rule = vector_add(&plan->landlock);
	rule->path = xstrdup(path);
	rule->access = access;
}

/* What a rule for "/" does: it is the root itself. 1 where it is mounted as the others are, and
 * becomes the root by that (an overlay). */
static int take_root(struct plan *plan, struct rule *rule, struct error *e)
{
	if (rule->mount.set & MOUNT_ATTR_NOEXEC) {
		error_set(e, EINVAL, "noexec /: not possible for the root itself");
		return error_remedy(e, "name the directories below it");
	}
	if (rule->mount.kind == MOUNT_BIND || rule->mount.kind == MOUNT_SCRATCH)
		plan->root_origin = xstrdup(rule->mount.origin);
	switch ((int)rule->mount.kind) {
	case MOUNT_BIND:
		plan->root = TAKE_PTR(rule->mount.source);
		plan->root_identity = rule->mount.identity;
		plan->root_writable = !(rule->mount.set & MOUNT_ATTR_RDONLY);
		return 0;
	case MOUNT_SCRATCH:
		plan->root_writable = true;
		return 0;
	case MOUNT_OVERLAY:
		plan->root_writable = true;
		return 1;
	default:
		error_set(e, EINVAL, "%s: not possible for the root itself", rule->mount.origin);
		return error_remedy(e, "name the directories below it");
	}
}

int mounts_finish(struct rules *rules, struct plan *plan, struct error *e)
{
	int r = hide_everywhere(rules, e);

	if (r < 0)
		return r;
	rules_sort(rules);
	r = find_points(rules, plan, e);
	if (r < 0)
		return r;
	/* Reading is the mounts' business (what is not mounted is not there); writing is allowed by
	 * list once more. */
	add_landlock(plan, "/", LANDLOCK_READ);
	vector_each (rule, &rules->list) {
		/* All of /dev at once: its nodes and terminals are what is written there. */
		if ((is_writable(rule) && !rule->mount.fallback) ||
		    (rule->system && streq(rule->mount.destination, "/dev")))
			add_landlock(plan, rule->mount.destination, LANDLOCK_WRITE);
		if (streq(rule->mount.destination, "/")) {
			r = take_root(plan, rule, e);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
		}
		*vector_add(&plan->mounts) = rule->mount;
		rule->mount = (struct plan_mount){0};
	}
	return 0;
}
