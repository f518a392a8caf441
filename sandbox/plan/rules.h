// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/host.h"
#include "plan/request.h"

/*
 * Path rules on their way to become mounts: the more specific path wins by being mounted later, of
 * two rules for the same path only the later one remains.
 */
struct rule {
	struct plan_mount mount;
	size_t rank;                   /* higher wins at equal paths */
	const struct setting *setting; /* what asked for it; NULL: built in */
	char *real;                    /* bind: the source without symbolic links */
	size_t above;         /* index of the rule that this one stands in; SIZE_MAX: none */
	bool absent;          /* its source does not exist */
	const char *contents; /* of the guard in the place of an absent file; NULL: it is empty */
	bool directory;       /* is or would be a directory */
	bool copy;   /* overlay: over a copy, where none can be laid over the source itself */
	bool pin;    /* only keeps a name from being renamed */
	bool own;    /* a home of hutch's own: what it has is the sandbox's */
	bool system; /* a part of /proc or /dev: left out where it is missing */
};

struct rules {
	VECTOR(struct rule) list;
};

/* Ranks below every setting of the request, in this order. */
enum { RANK_ROOT, RANK_HOME, RANK_FILE, RANK_SYSTEM, RANK_SETTINGS };

/* Add a rule of that kind for @destination, both strings copied. Returns it, to be completed at
 * once. */
struct rule *rules_add(struct rules *rules, enum mount_kind kind, const char *destination,
		       size_t rank, const char *origin);

/* Add a bind of what is going to be at the host's @source once the sandbox starts: a socket, or a directory (@type). */
struct rule *rules_add_late(struct rules *rules, const char *source, const char *destination,
			    mode_t type, const char *origin);

/*
 * Add a bind of the host's @source. Whether it exists, and what it is, is looked up here: -errno
 * where it cannot be opened, except that one that does not exist is added as absent.
 */
int rules_add_bind(struct rules *rules, const char *source, const char *destination, bool writable,
		   size_t rank, const char *origin, struct error *e);

/* What a rule from @origin shows is not on the host, and was not said to be optional. -ENOENT. */
int rule_not_there(const char *origin, struct error *e);

/* Sort by path, parents first, and of rules for the same path keep the one of the highest rank. */
void rules_sort(struct rules *rules);

/* The rule that decides what is seen at @path, or NULL: the root. Linear. */
const struct rule *rules_find(const struct rules *rules, const char *path);

/*
 * Where on the host the thing seen at @path under @rule is, to be freed by the caller; NULL where
 * it is not of the host.
 */
char *rule_host_path(const struct rule *rule, const char *path);

/* Whether the host's @path is seen at that very path. */
bool rules_show(const struct rules *rules, const char *path);

/* @path, which may be relative to @base, without empty components, "." and "..". To be freed by the
 * caller. */
char *path_absolute(const char *base, const char *path);

/* The part of @path below the directory @above ("" for itself), or NULL where it is not below. */
const char *path_below(const char *path, const char *above);

/* Frees what the rule owns; the rule itself belongs to its list. */
void rule_done(struct rule *rule);
void rules_free(struct rules *rules);
