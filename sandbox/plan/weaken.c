// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --allow-weaker namespaces, on a host that refuses them: from rules to what Landlock can hold.
 *
 * Landlock adds rights up: what a tree grants cannot be taken back below it. So
 *   - what is shared in its own place is granted, read-only or to write in;
 *   - what is private or hidden is not granted. Below a read-only tree that means to grant
 *     everything beside it, entry by entry, as it is there now;
 *   - read-only, hidden and private paths below a writable tree can't be held: to create files in a
 *     directory takes a right that reaches all the way down;
 *   - what is somewhere else than on the host can't be at all.
 *
 * What can't be held ends the start where an option asked for it: whoever types it means it. What a
 * profile asked for is listed. Landlock's gaps (sockets, permissions, objects that are no files)
 * are closed by filters: profiles/seccomp/no-namespaces.policy, no-network.policy.
 */
#include "plan/weaken.h"

#include "kernel/features.h"
#include "kernel/mount.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree of the host that the program may use, or a place that it may not. Paths are real ones. */
struct place {
	char *path;
	const struct rule *rule;
	bool write;
	bool unlisted; /* not granted: a directory whose names would tell something */
};

struct weakening {
	const struct request *request;
	const char *reason;
	struct plan *plan;
	VECTOR(struct place) granted;
	VECTOR(struct place) kept; /* not granted */
	struct strbuf absent;      /* private directories that are not there */
};

bool weaken_namespaces_work(char reason[160])
{
	struct features features = {0};
	const struct probe *const needed[] = {&features.user, &features.all, &features.second_user,
					      &features.mounts};

	features_probe_namespaces(&features);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (probe_works(needed[i]))
			continue;
		snprintf(reason, 160, "%s: %s", needed[i]->step,
			 needed[i]->tried ? error_name(needed[i]->code) : "not tried");
		return false;
	}
	return true;
}

static void missing(struct weakening *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void missing(struct weakening *w, const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	strv_add(&w->plan->missing, text);
}

/* @setting (NULL: built in) can't be held: an error where it is an option, else listed. */
static int cannot(struct weakening *w, const struct setting *setting, const char *origin,
		  const char *why, struct error *e)
{
	if (!setting || setting->origin.layer != LAYER_COMMAND_LINE || setting->origin.file) {
		missing(w, "%s: %s", origin, why);
		return 0;
	}
	error_set(e, EOPNOTSUPP, "%s: %s without namespaces, which this host refuses (%s)", origin,
		  why, w->reason);
	return error_remedy(e, "leave it out, or see `hutch doctor` for how to allow namespaces");
}

static int cannot_rule(struct weakening *w, const struct rule *rule, const char *why,
		       struct error *e)
{
	return cannot(w, rule->setting, rule->mount.origin, why, e);
}

static bool is_own_id(const struct setting *setting, uid_t own)
{
	_cleanup_free_ char *text = xasprintf("%u", own);

	return streq(setting->text, "self") || streq(setting->text, text);
}

/* Settings that are no rule for a path. */
static int check_setting(struct weakening *w, const struct setting *setting, struct error *e)
{
	_cleanup_free_ char *origin = NULL;
	const char *why = NULL;

	switch ((int)setting->id) {
	case SETTING_ROOT:
		why = "no other root";
		break;
	case SETTING_UID:
		why = is_own_id(setting, w->plan->outer_uid) ? NULL : "no other ids";
		break;
	case SETTING_GID:
		why = is_own_id(setting, w->plan->outer_gid) ? NULL : "no other ids";
		break;
	case SETTING_HOSTNAME:
		why = "no other host name";
		break;
	case SETTING_NESTED:
		why = setting->flag ? "not possible" : NULL;
		break;
	case SETTING_NET:
		if (setting == request_last(w->request, SETTING_NET) &&
		    setting->choice != NET_NONE && setting->choice != NET_HOST)
			why = "no network of its own";
		break;
	case SETTING_NOEXEC:
		why = "not held";
		break;
	case SETTING_HOME:
		why = setting->choice == HOME_OVERLAY ? "no overlays"
		      : setting->choice == HOME_NAMED ? "no other home"
						      : NULL;
		break;
	default:
		break;
	}
	if (!why)
		return 0;
	origin = setting_origin(setting);
	return cannot(w, setting, origin, why, e);
}

static void add_kept(struct weakening *w, const struct rule *rule)
{
	char *real = realpath(rule->mount.destination, NULL);
	struct place *place;
	struct stat status;

	if (!real)
		return;
	place = vector_add(&w->kept);
	place->path = real;
	place->rule = rule;
	place->unlisted = stat(real, &status) == 0 && S_ISDIR(status.st_mode) &&
			  access(real, R_OK | X_OK) == 0;
}

/* Nodes of /dev and the like have no other name (rules_add_bind()). */
static const char *real_place(const struct rule *rule)
{
	return rule->real ? rule->real : rule->mount.source;
}

static void add_granted(struct weakening *w, const struct rule *rule, bool write)
{
	struct place *place = vector_add(&w->granted);

	place->path = xstrdup(real_place(rule));
	place->rule = rule;
	place->write = write;
}

/* What is at @path below a writable tree, or NULL. */
static const struct place *writable_above(const struct weakening *w, const char *path)
{
	vector_each (place, &w->granted)
		if (place->write && path_below(path, place->path))
			return place;
	return NULL;
}

static int sort_bind(struct weakening *w, const struct rule *rule, struct error *e)
{
	bool device = rule->mount.clear & MOUNT_ATTR_NODEV;
	bool write = device || !(rule->mount.set & MOUNT_ATTR_RDONLY);

	if (rule->absent) {
		if (rule->rank < RANK_SETTINGS || rule->system ||
		    (rule->setting && rule->setting->origin.layer == LAYER_DEFAULT))
			return 0;
		if (writable_above(w, rule->mount.destination))
			return cannot_rule(w, rule, "not kept from being created", e);
		return error_errno(e, ENOENT, "%s", rule->mount.origin);
	}
	if (rule->own) { /* its setting was looked at */
		add_kept(w, rule);
		return 0;
	}
	if (!streq(rule->mount.source, rule->mount.destination))
		return cannot_rule(w, rule, "in no other place", e);
	if (rule->mount.kind == MOUNT_OVERLAY) {
		if (!rule->setting) { /* the home; its setting was looked at */
			add_kept(w, rule);
			return 0;
		}
		add_granted(w, rule, false);
		return cannot_rule(w, rule, "read-only instead of an overlay", e);
	}
	if (!write && writable_above(w, real_place(rule)))
		return cannot_rule(w, rule, "not read-only in a writable directory", e);
	add_granted(w, rule, write);
	return 0;
}

/* Private or hidden: not granted. */
static int sort_kept(struct weakening *w, const struct rule *rule, struct error *e)
{
	bool private = rule->mount.kind == MOUNT_SCRATCH || rule->mount.kind == MOUNT_TMPFS;
	_cleanup_free_ char *real = realpath(rule->mount.destination, NULL);

	if (private && rule->setting && rule->setting->origin.layer == LAYER_COMMAND_LINE &&
	    !rule->setting->origin.file)
		return cannot_rule(w, rule, "no directories in memory", e);
	if (rule->mount.kind != MOUNT_DIRECTORY &&
	    writable_above(w, real ? real : rule->mount.destination))
		return cannot_rule(w, rule,
				   private ? "not private in a writable directory"
					   : "not hidden in a writable directory",
				   e);
	if (private)
		strbuf_printf(&w->absent, "%s%s", w->absent.length ? ", " : "",
			      rule->mount.destination);
	add_kept(w, rule);
	return 0;
}

static int sort_link(struct weakening *w, const struct rule *rule, struct error *e)
{
	char target[PATH_MAX];
	ssize_t length = readlink(rule->mount.destination, target, sizeof(target) - 1);

	target[length > 0 ? length : 0] = '\0';
	return !rule->setting || streq(target, rule->mount.source)
		       ? 0
		       : cannot_rule(w, rule, "no other links", e);
}

static int sort_rule(struct weakening *w, const struct rule *rule, struct error *e)
{
	switch (rule->mount.kind) {
	case MOUNT_BIND:
	case MOUNT_OVERLAY:
		return sort_bind(w, rule, e);
	case MOUNT_SCRATCH:
	case MOUNT_TMPFS:
	case MOUNT_MASK:
	case MOUNT_PROC:
	case MOUNT_DEVPTS:
	case MOUNT_DIRECTORY:
		return sort_kept(w, rule, e);
	case MOUNT_SYMLINK:
		return sort_link(w, rule, e);
	case MOUNT_FILE:
	case MOUNT_DATA:
	case MOUNT_AGAIN:
	case MOUNT_MQUEUE:
	case MOUNT_REMOUNT:
	case MOUNT_CHMOD:
	case MOUNT_KINDS:
		break;
	}
	return 0;
}

static void allow(struct weakening *w, const char *path, enum landlock_access access)
{
	struct plan_landlock_rule *rule = vector_add(&w->plan->landlock);

	rule->path = xstrdup(path);
	rule->access = access;
}

/* Grant reading at @path, which is @tree or below it, but for what is kept at or below it. */
static void allow_around(struct weakening *w, const char *path, const struct place *tree)
{
	const struct dirent *entry;
	bool below = false, listed = true;
	DIR *directory;

	vector_each (place, &w->kept) {
		const char *rest = path_below(place->path, path);

		if (!rest)
			continue;
		/* Asked for later, under another name of the very same place, the tree holds. */
		if (streq(place->path, tree->path) && place->rule->rank < tree->rule->rank)
			continue;
		if (!*rest)
			return;
		below = true;
		listed &= !place->unlisted;
	}
	if (!below) {
		allow(w, path, LANDLOCK_READ);
		return;
	}
	if (listed)
		allow(w, path, LANDLOCK_LIST);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *child = NULL;
		struct stat status;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		child = xasprintf("%s/%s", streq(path, "/") ? "" : path, entry->d_name);
		/* Where a link leads is granted there, or not at all. */
		if (lstat(child, &status) == 0 && !S_ISLNK(status.st_mode))
			allow_around(w, child, tree);
	}
	if (directory)
		closedir(directory);
}

static void say_missing(struct weakening *w, int abi)
{
	missing(w, "own process numbers, IPC, host name, network stack: the host's, whose use is "
		   "denied as far as it can be");
	if (w->absent.length)
		missing(w, "private %s: not there at all", w->absent.text);
	missing(w, "own /proc and /dev: a few files of the host's");
	missing(w, "local sockets, and changing permissions, owners and times of files: denied "
		   "everywhere");
	missing(w, "names, sizes and times of all files that you may see: can be asked for");
	if (abi < LANDLOCK_ABI_SCOPES)
		missing(w, "signals to your other processes: not kept back (needs Linux 6.12)");
	if (abi < 3)
		missing(w, "files that may be read: can be emptied by opening (needs Linux 6.2)");
}

static int sort_all(struct weakening *w, const struct request *request, struct rules *rules,
		    struct error *e)
{
	int r = 0;

	vector_each (setting, &request->settings)
		if (r == 0)
			r = check_setting(w, setting, e);
	rules_sort(rules);
	/* Writable trees come first, since what is in them depends on them, under whatever name. */
	for (int pass = 0; pass < 2; pass++)
		vector_each (rule, &rules->list) {
			bool writable = rule->mount.kind == MOUNT_BIND && !rule->absent &&
					!(rule->mount.set & MOUNT_ATTR_RDONLY);

			if (r == 0 && writable == (pass == 0) && rule->rank != RANK_ROOT)
				r = sort_rule(w, rule, e);
		}
	return r;
}

static void change_plan(struct weakening *w, const struct request *request)
{
	struct plan *plan = w->plan;

	vector_each (place, &w->granted) {
		if (place->write)
			allow(w, place->path, LANDLOCK_WRITE);
		else
			allow_around(w, place->path, place);
	}
	/* Its own, since the number is looked up when the program is about to start. */
	allow(w, "/proc/self", LANDLOCK_READ);
	plan->namespaces = 0;
	plan->no_network = request_choice(request, SETTING_NET, NET_NONE) != NET_HOST;
	plan->nested = false;
	plan->id_map = ID_SINGLE;
	plan->uid = plan->outer_uid;
	plan->gid = plan->outer_gid;
}

int weaken(const struct request *request, const char *reason, struct rules *rules,
	   struct plan *plan, struct error *e)
{
	struct weakening w = {.request = request, .reason = reason, .plan = plan};
	int abi = landlock_abi(), r;

	if (!abi) {
		error_set(e, EOPNOTSUPP,
			  "neither namespaces (%s) nor Landlock here: nothing would keep the "
			  "program from your files",
			  reason);
		return error_remedy(e, "`hutch doctor` tells how to allow either");
	}
	missing(&w, "no namespaces here (%s): Landlock and seccomp hold what they can", reason);
	r = sort_all(&w, request, rules, e);
	if (r == 0) {
		say_missing(&w, abi);
		change_plan(&w, request);
	}
	vector_each (place, &w.granted)
		free(place->path);
	vector_each (place, &w.kept)
		free(place->path);
	vector_free(&w.granted);
	vector_free(&w.kept);
	strbuf_free(&w.absent);
	return r;
}
