// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One question to a plan. The mounts stand in the order of attaching, parents first, so the last
 * one that a path is in decides it; only what is mounted on itself changes no more than attributes
 * of the one below.
 *
 * A path is walked as the program would walk it: a link may be one of the plan, or one in a
 * directory of the host, and leads to somewhere inside in both cases.
 */
#include "plan/query.h"

#include "kernel/mount.h"
#include "plan/environment.h"
#include "plan/rules.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_LIMIT = 40 };

/* What decides about a path. */
struct place {
	const struct plan_mount *mount; /* NULL: the root */
	const struct plan_mount *again; /* mounted on itself read-only, or NULL */
	char *host;                     /* the file of the host, or NULL */
};

static const char *inner(const char *path, const struct plan_mount *mount)
{
	return path_below(path, mount ? mount->destination : "/");
}

static char *join(const char *tree, const char *rest)
{
	if (streq(rest, "/"))
		rest = "";
	return *rest || !streq(tree, "/") ? xasprintf("%s%s", streq(tree, "/") ? "" : tree, rest)
					  : xstrdup("/");
}

static struct place find(const struct plan *plan, const char *path)
{
	struct place place = {0};

	vector_each (mount, &plan->mounts) {
		if (mount->fallback || !path_below(path, mount->destination))
			continue;
		if (mount->kind != MOUNT_AGAIN) {
			place.mount = mount;
			place.again = NULL;
		} else if (mount->set & MOUNT_ATTR_RDONLY) {
			place.again = mount;
		}
	}
	if (!place.mount && plan->root)
		place.host = join(plan->root, path);
	else if (place.mount &&
		 (place.mount->kind == MOUNT_BIND || place.mount->kind == MOUNT_OVERLAY))
		place.host = join(place.mount->source, inner(path, place.mount));
	return place;
}

/* What the link at @path says; NULL where that is none. */
static char *link_at(const struct plan *plan, const char *path)
{
	struct place place = find(plan, path);
	_cleanup_free_ char *host = place.host;
	char target[PATH_MAX];
	ssize_t length;

	if (place.mount && streq(place.mount->destination, path))
		return place.mount->kind == MOUNT_SYMLINK ? xstrdup(place.mount->source) : NULL;
	length = host ? readlink(host, target, sizeof(target)) : -1;
	return length > 0 ? xstrndup(target, (size_t)length) : NULL;
}

/* @path without links, as they lead inside. */
static int resolve(const struct plan *plan, const char *path, char **ret, struct error *e)
{
	_cleanup_free_ char *done = xstrdup("/"), *rest = xstrdup(path);
	int links = 0;

	while (rest[strspn(rest, "/")]) {
		const char *name = rest + strspn(rest, "/");
		size_t length = strcspn(name, "/");
		_cleanup_free_ char *component = xstrndup(name, length), *next = NULL;
		_cleanup_free_ char *target = NULL;
		char *remaining;

		next = path_absolute(done, component);
		target = link_at(plan, next);
		remaining =
			target ? xasprintf("%s%s", target, name + length) : xstrdup(name + length);
		free(rest);
		rest = remaining;
		if (target && ++links > LINK_LIMIT)
			return error_errno(e, ELOOP, "%s", path);
		if (!target || target[0] == '/') {
			free(done);
			done = target ? xstrdup("/") : TAKE_PTR(next);
		}
	}
	*ret = TAKE_PTR(done);
	return 0;
}

/* A mount below @path, for which directories on the way are made. */
static const struct plan_mount *first_below(const struct plan *plan, const char *path)
{
	vector_each (mount, &plan->mounts)
		if (!mount->fallback && !streq(mount->destination, path) &&
		    path_below(mount->destination, path))
			return mount;
	return NULL;
}

static void set_origin(struct answer *answer, const char *origin)
{
	free(answer->origin);
	answer->origin = xstrdup(origin);
}

/* Nothing of the host is seen at @path, and no mount is just there. */
static void answer_empty(const struct plan *plan, const char *path, const struct place *place,
			 struct answer *ret)
{
	const struct plan_mount *below = first_below(plan, path);
	const char *around = place->mount ? place->mount->destination : "/";
	bool there = access(path, F_OK) == 0;

	if (streq(path, "/") && plan->root_writable) {
		ret->state = "memory";
		ret->reason = xstrdup("an empty directory to write in, gone at the end");
		set_origin(ret, plan->root_origin);
		return;
	}
	if (below || streq(path, "/")) {
		ret->state = "empty";
		ret->reason = below ? xasprintf("a directory that leads to %s, and holds no more "
						"than what is shown below it",
						below->destination)
				    : xstrdup("an empty directory");
		set_origin(ret, below ? below->origin : "built in: the root");
		return;
	}
	ret->state = "absent";
	if (place->mount) {
		ret->reason = xasprintf("%s is a directory of its own, and nothing shows this "
					"path in it%s",
					around, there ? "" : "; it is not on the host either");
		set_origin(ret, place->mount->origin);
	} else {
		ret->reason = xasprintf("no setting shows it or a directory above it%s",
					there ? "" : "; it is not on the host either");
	}
	if (there)
		ret->remedy = xasprintf("--ro %s", path);
}

static const struct plan_guard *guard_of(const struct plan *plan, const char *host)
{
	vector_each (guard, &plan->guards)
		if (streq(guard->path, host))
			return guard;
	return NULL;
}

static void answer_host(const struct plan *plan, const char *path, struct place *place,
			struct answer *ret)
{
	const struct plan_guard *guard = guard_of(plan, place->host);
	bool writable =
		place->mount ? !(place->mount->set & MOUNT_ATTR_RDONLY) : plan->root_writable;
	struct stat status;

	ret->host = TAKE_PTR(place->host);
	set_origin(ret, place->mount ? place->mount->origin : plan->root_origin);
	if (place->again) {
		writable = false;
		set_origin(ret, place->again->origin);
	}
	if (place->mount && (place->mount->clear & MOUNT_ATTR_NODEV)) {
		ret->state = "device";
	} else if (guard) {
		ret->state = "absent";
		ret->reason = xstrdup("it does not exist, and is kept from being created");
		set_origin(ret, guard->origin);
	} else if (place->mount && place->mount->late && streq(place->mount->destination, path)) {
		ret->state = writable ? "writable" : "read-only";
		ret->reason = xstrdup("made for this sandbox alone when it starts");
	} else if (lstat(ret->host, &status) < 0) {
		ret->state = "absent";
		ret->reason = xasprintf("%s on the host; %s", error_name(errno),
					writable ? "the program may create it"
						 : "its directory is read-only");
	} else if (writable && place->mount && place->mount->kind == MOUNT_OVERLAY) {
		ret->state = "discarded";
		ret->reason = xstrdup("what is written there is dropped at the end");
	} else {
		ret->state = writable ? "writable" : "read-only";
		if (access(ret->host, R_OK) < 0 && errno == EACCES)
			ret->reason = xstrdup("its permissions on the host let you not read it");
		else if (writable && access(ret->host, W_OK) < 0)
			ret->reason = xasprintf("but on the host: %s", error_name(errno));
	}
	/* Only where it would help: the permissions of the host hold inside too. */
	if (streq(ret->state, "read-only") && access(ret->host, W_OK) == 0)
		ret->remedy = xasprintf("--rw %s", path);
}

static void answer_mount(const struct plan *plan, const char *path, const struct place *place,
			 struct answer *ret)
{
	const struct plan_mount *mount = place->mount;
	bool just_there = mount && streq(mount->destination, path);

	if (mount)
		set_origin(ret, mount->origin);
	if (mount && mount->kind == MOUNT_MASK) {
		ret->state = just_there ? "hidden" : "absent";
		ret->reason = just_there ? xstrdup("covered by something empty")
					 : xasprintf("%s is hidden", mount->destination);
	} else if (mount && (mount->kind == MOUNT_PROC || mount->kind == MOUNT_DEVPTS)) {
		ret->state = place->again ? "read-only" : "process";
		ret->reason = xstrdup(mount->kind == MOUNT_PROC ? "of the sandbox's own processes"
								: "terminals of the sandbox's own");
		if (place->again)
			set_origin(ret, place->again->origin);
	} else if (just_there && (mount->kind == MOUNT_SCRATCH || mount->kind == MOUNT_TMPFS)) {
		ret->state = mount->seal ? "empty" : "memory";
		ret->reason = xstrdup(mount->seal ? "hidden but for what is shown below it"
						  : "an empty directory to write in, gone at the "
						    "end");
	} else if (just_there) {
		bool file = mount->kind == MOUNT_FILE || mount->kind == MOUNT_DATA;

		ret->state = file ? "read-only" : "empty";
		ret->reason = xstrdup(file ? "a file of the sandbox's own"
					   : "a directory of the sandbox's own, read-only");
	} else {
		answer_empty(plan, path, place, ret);
	}
}

int query_path(const struct plan *plan, const char *path, struct answer *ret, struct error *e)
{
	_cleanup_free_ char *asked = path_absolute("/", path), *inside = NULL;
	struct place place;
	int r;

	r = resolve(plan, path, &inside, e);
	if (r < 0)
		return r;
	place = find(plan, inside);
	ret->subject = TAKE_PTR(asked);
	if (place.host)
		answer_host(plan, inside, &place, ret);
	else
		answer_mount(plan, inside, &place, ret);
	if (!streq(inside, ret->subject))
		ret->inside = TAKE_PTR(inside);
	return 0;
}

void query_variable(const struct plan *plan, const struct request *request, const char *name,
		    struct answer *ret)
{
	const struct setting *set = NULL, *keep = NULL;

	ret->subject = xstrdup(name);
	request_each(setting, request, SETTING_ENV)
	{
		if (streq(setting->pair.name, name))
			set = setting;
	}
	request_each(setting, request, SETTING_KEEP_ENV)
	{
		if (environment_matches(setting->text, name, strlen(name)))
			keep = setting;
	}
	for (size_t i = 0; i < plan->environment.count; i++) {
		const char *rest = startswith(plan->environment.items[i], name);

		if (!rest || *rest != '=')
			continue;
		ret->state = !set && keep && getenv(name) ? "kept" : "set";
		ret->value = xstrdup(rest + 1);
		ret->origin = xstrdup(plan->environment_origins.items[i]);
		return;
	}
	ret->state = "absent";
	if (keep) {
		ret->reason = xstrdup("it would be kept, but the caller's environment has none");
		ret->origin = setting_origin(keep);
	} else {
		ret->reason = xasprintf("no setting keeps or sets it%s",
					getenv(name) ? ""
						     : "; the caller's environment has none "
						       "either");
	}
	if (!keep && getenv(name))
		ret->remedy = xasprintf("--keep-env %s", name);
}

void answer_free(struct answer *answer)
{
	free(answer->subject);
	free(answer->inside);
	free(answer->host);
	free(answer->value);
	free(answer->reason);
	free(answer->origin);
	free(answer->remedy);
	*answer = (struct answer){0};
}
