// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * An overlay shows one file system: what is mounted further below, it does not see. So each real
 * mount below the trees that were asked for gets an overlay of its own, with a layer of its own in
 * the session's directory, named by the path so that a session that goes on finds it again.
 *
 * And a tree in which something is mounted cannot be a lower layer at all: in a user namespace of
 * the user's own, mounts that came from outside are locked to their places, and the kernel refuses
 * to copy a tree without them. So a directory on the way to such a mount point is shown read-only,
 * and the directories beside the way get overlays one by one. A remark says so.
 *
 * What is on a file system that can be no lower layer (FUSE, network, FAT) is read-only, too.
 *
 * Both are so only where nobody asked for a copy (--copy): then the overlay is laid over a copy in
 * the session's directory (engine/session_copy.c). Of a directory on the way to a mount point, what
 * is directly in it is copied. A copy that the session has is what it goes on with.
 *
 * The layers are all in the session's directory, even where a tree is on another file system. A layer
 * beside each tree would spare apply no copying, as the session keeps what it changed so that it can be
 * undone; it would only let what apply replaces be moved instead of copied, and save room on the home's
 * file system. And it would leave a directory of ours in the root of other people's disks, to be
 * hidden from the session and from backups, and to be lost when they are unplugged. Who has a
 * larger disk sets XDG_STATE_HOME.
 */
#include "plan/aside.h"

#include "base/sha256.h"
#include "kernel/mount.h"
#include "kernel/mountinfo.h"
#include "kernel/probe.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

/* Enough for a project, and no more than a moment of copying. */
#define COPY_LIMIT (1ULL << 30)

struct aside {
	const struct request *request;
	struct rules *rules;
	struct plan *plan;
};

/* File systems that are known to be good lower layers; of others, those below are known not to be,
 * and the rest is tried. */
static bool is_good(const char *type)
{
	static const char *const good[] = {"ext4",  "ext3",     "ext2", "xfs",      "btrfs",
					   "tmpfs", "bcachefs", "f2fs", "squashfs", "erofs"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (streq(type, good[i]))
			return true;
	return false;
}

/*
 * Names are compared without regard to case, inodes change under the kernel's feet, or each look at
 * a file is a question to somebody else: overlayfs refuses some of these and does strange things
 * with others.
 */
static bool is_bad(const char *type)
{
	static const char *const bad[] = {
		"vfat",  "msdos",  "exfat", "ntfs",    "ntfs3",   "hfs",    "hfsplus", "nfs",
		"nfs4",  "cifs",   "smb3",  "9p",      "ceph",    "afs",    "autofs",  "proc",
		"sysfs", "cgroup", "fuse",  "fuseblk", "cgroup2", "devpts", "lustre",  "gpfs"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (streq(type, bad[i]))
			return true;
	return startswith(type, "fuse.") != NULL;
}

static int try_lower(void *data, const char **step)
{
	const char *const layers[] = {"lowerdir", ".",         "upperdir", "/proc/u", "workdir",
				      "/proc/w",  "userxattr", NULL,       NULL};
	int overlay;

	*step = "mounting";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0 || mkdir("/proc/u", 0700) < 0 ||
	    mkdir("/proc/w", 0700) < 0 || chdir(data) < 0)
		return -errno;
	overlay = mount_new("overlay", layers, 0);
	return overlay < 0 ? overlay : 0;
}

/* NULL where the file system of @type at @path can be a lower layer; else why not. */
static const char *why_not(const char *path, const char *type)
{
	struct probe probe;

	if (is_good(type))
		return NULL;
	if (is_bad(type))
		return "a file system of that kind cannot be a lower layer";
	probe_try_in(&probe, CLONE_NEWUSER | CLONE_NEWNS, try_lower, (void *)path);
	return probe_works(&probe) ? NULL : "the kernel refuses it as a lower layer";
}

static void remark(struct aside *aside, char *text)
{
	strv_take(&aside->plan->remarks, text);
}

/* The rule for exactly that path, of whatever kind, or NULL. */
static struct rule *rule_at(struct rules *rules, const char *path)
{
	vector_each (rule, &rules->list)
		if (streq(rule->mount.destination, path))
			return rule;
	return NULL;
}

/* The layer is named by the path: a session that goes on finds it again. */
static char *layer_directory(const char *session, const char *source)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_SIZE * 2 + 1];

	sha256(source, strlen(source), digest);
	sha256_hex(digest, hex);
	return xasprintf("%s/layers/%.16s", session, hex);
}

/* What a tree is and where it will be; the list of rules moves while it grows. */
struct tree {
	const char *source, *destination, *origin;
	size_t rank;
	const struct setting *setting;
	bool writable; /* the overlay of the tree itself is over a copy */
	bool whole;    /* of all that is on its file system */
};

static char *join(const char *directory, const char *rest)
{
	return xasprintf("%s%s", streq(directory, "/") ? "" : directory, rest);
}

/* Whether a copy of the host's @path is wanted, or is what the session saw before. */
static bool is_copied(const struct aside *aside, const char *path, bool asked)
{
	_cleanup_free_ char *layer = layer_directory(aside->request->session, path);
	_cleanup_free_ char *copy = xasprintf("%s/lower", layer);

	return asked || access(copy, F_OK) == 0;
}

static void make_overlay(const struct aside *aside, struct rule *rule, const char *source,
			 enum plan_copy copy)
{
	rule->mount.kind = MOUNT_OVERLAY;
	rule->mount.mode = rule->mount.identity.mode & 07777;
	rule->mount.aside = layer_directory(aside->request->session, source);
	rule->mount.copy = copy;
}

/* What is no overlay. */
#define READ_ONLY (-1)

/* Add a rule for @tree's part @rest: READ_ONLY, or an overlay (enum plan_copy). */
static int add_part(struct aside *aside, const struct tree *tree, const char *rest, int copy,
		    struct error *e)
{
	_cleanup_free_ char *source = join(tree->source, rest);
	_cleanup_free_ char *destination = join(tree->destination, rest);
	struct rule *rule;
	int r;

	r = rules_add_bind(aside->rules, source, destination, copy != READ_ONLY, tree->rank,
			   tree->origin, e);
	if (r < 0)
		return r;
	rule = &aside->rules->list.items[aside->rules->list.count - 1];
	rule->setting = tree->setting;
	if (copy != READ_ONLY && !rule->absent)
		make_overlay(aside, rule, source, copy);
	return 0;
}

/* Whether @path is on the way to something mounted, or is a mount point itself. */
static bool leads_to_mount(const struct mountinfo_list *mounts, const char *path, bool *ret_is_one)
{
	bool leads = false;

	*ret_is_one = false;
	vector_each (entry, &mounts->list) {
		*ret_is_one |= streq(entry->path, path);
		leads |= !streq(entry->path, path) && path_below(entry->path, path);
	}
	return leads;
}

static int split(struct aside *aside, const struct tree *tree, const char *rest,
		 const struct mountinfo_list *mounts, struct error *e);

static void say_read_only(struct aside *aside, const char *path, const char *type,
			  const char *reason)
{
	remark(aside, xasprintf("%s (%s): %s, it is read-only in the session; --copy %s copies it "
				"into it",
				path, type, reason, path));
}

static void say_files_read_only(struct aside *aside, const char *path)
{
	remark(aside, xasprintf("%s: something is mounted below it, so files directly in it are "
				"read-only in the session; --copy %s copies them into it",
				path, path));
}

/* One entry of a directory on the way to a mount point. */
static int split_entry(struct aside *aside, const struct tree *tree, const char *rest,
		       const struct mountinfo_list *mounts, struct error *e)
{
	_cleanup_free_ char *path = join(tree->source, rest);
	_cleanup_free_ char *destination = join(tree->destination, rest);
	struct tree below = *tree;
	const char *type = NULL, *reason;
	struct stat status;
	bool is_mount, leads, copied;
	int r;

	/* What somebody said of that very path holds, for all below it as well. */
	if (rule_at(aside->rules, destination) || lstat(path, &status) < 0 ||
	    !S_ISDIR(status.st_mode))
		return 0;
	leads = leads_to_mount(mounts, path, &is_mount);
	if (!is_mount && !leads)
		return tree->whole ? 0 : add_part(aside, tree, rest, COPY_NONE, e);
	if (!is_mount && tree->whole)
		return split(aside, tree, rest, mounts, e);
	vector_each (entry, &mounts->list)
		if (streq(entry->path, path))
			type = entry->type;
	reason = is_mount ? why_not(path, type) : NULL;
	copied = (reason || leads) && is_copied(aside, path, false);
	below.writable = copied;
	below.whole = copied && reason;
	if (copied) {
		r = add_part(aside, tree, rest, reason ? COPY_TREE : COPY_FILES, e);
	} else if (reason) {
		say_read_only(aside, path, type, reason);
		/* Over a read-only directory, it is seen through that one. */
		return tree->writable ? add_part(aside, tree, rest, READ_ONLY, e) : 0;
	} else if (leads) {
		say_files_read_only(aside, path);
		r = add_part(aside, tree, rest, READ_ONLY, e);
	} else {
		r = add_part(aside, tree, rest, COPY_NONE, e);
	}
	return r == 0 && leads ? split(aside, &below, rest, mounts, e) : r;
}

/* A directory on the way to a mount point: what is in it one by one. */
static int split(struct aside *aside, const struct tree *tree, const char *rest,
		 const struct mountinfo_list *mounts, struct error *e)
{
	_cleanup_free_ char *path = join(tree->source, rest);
	DIR *directory = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return error_errno(e, errno, "%s: %s", tree->origin, path);
	while (r == 0 && (entry = readdir(directory))) {
		_cleanup_free_ char *below = xasprintf("%s/%s", rest, entry->d_name);

		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			r = split_entry(aside, tree, below, mounts, e);
	}
	closedir(directory);
	return r;
}

static void make_read_only(struct rule *rule)
{
	rule->mount.kind = MOUNT_BIND;
	rule->mount.set |= MOUNT_ATTR_RDONLY;
}

/* One overlay that was asked for. */
static int keep_aside(struct aside *aside, size_t index, struct error *e)
{
	struct rule *rule = &aside->rules->list.items[index];
	_cleanup_mountinfo_ struct mountinfo_list mounts = {0};
	_cleanup_free_ char *real = xstrdup(rule->real), *type = NULL;
	_cleanup_free_ char *destination = xstrdup(rule->mount.destination);
	_cleanup_free_ char *origin = xstrdup(rule->mount.origin);
	struct tree tree = {real, destination, origin, rule->rank, rule->setting, false, false};
	const char *reason;
	bool is_mount, leads, copied;
	int r;

	/* Another rule for the very path wins. */
	vector_each (other, &aside->rules->list)
		if (other->rank > rule->rank && streq(other->mount.destination, destination))
			return 0;

	r = mountinfo_type(real, &type, e);
	if (r == 0)
		r = mountinfo_below(real, &mounts, e);
	if (r < 0)
		return r;
	reason = why_not(real, type);
	leads = leads_to_mount(&mounts, real, &is_mount);
	copied = (reason || leads) && is_copied(aside, real, rule->copy);
	if (copied || !(reason || leads)) {
		free(rule->mount.source);
		rule->mount.source = xstrdup(real);
		make_overlay(aside, rule, real,
			     !copied  ? COPY_NONE
			     : reason ? COPY_TREE
				      : COPY_FILES);
		tree.writable = true;
		tree.whole = reason != NULL;
	} else {
		make_read_only(rule);
		if (reason)
			say_read_only(aside, real, type, reason);
		else
			say_files_read_only(aside, real);
	}
	return leads && (copied || !reason) ? split(aside, &tree, "", &mounts, e) : 0;
}

/* Whether an overlay that @rule lies in shows it anyway. */
static bool is_covered(const struct rules *rules, const struct rule *rule)
{
	_cleanup_free_ char *parent = xstrdup(rule->mount.destination), *shown = NULL;
	const struct rule *above;
	char *slash = strrchr(parent, '/');

	if (!slash || slash == parent)
		return false;
	*slash = '\0';
	above = rules_find(rules, parent);
	shown = above && above->mount.kind == MOUNT_OVERLAY
			? rule_host_path(above, rule->mount.destination)
			: NULL;
	return shown && streq(shown, rule->mount.source);
}

/* The working directory in the home: one overlay shows both. */
static void drop_covered(struct rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->list.count; i++) {
		struct rule rule = rules->list.items[i];

		if (rule.mount.kind == MOUNT_OVERLAY && !rule.copy && is_covered(rules, &rule)) {
			rule_done(&rule);
			memmove(&rules->list.items[i], &rules->list.items[i + 1],
				(rules->list.count - i - 1) * sizeof(rule));
			rules->list.count--;
			i--;
			continue;
		}
		kept++;
	}
	rules->list.count = kept;
}

/* What is kept aside of all sessions is no business of the program's, and the kernel would not let
 * it see its own layers anyway (ELOOP). */
static void hide_sessions(struct aside *aside)
{
	_cleanup_free_ char *directory = xstrdup(aside->request->session);
	char *slash = strrchr(directory, '/');
	struct rule *rule;

	if (slash)
		*slash = '\0';
	rule = rules_add(aside->rules, MOUNT_MASK, directory, SIZE_MAX, "built in: the sessions");
	rule->mount.mode = S_IFDIR;
	rule->mount.set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
}

static void add_file(struct rules *rules, const char *path, const char *contents)
{
	struct rule *rule = rules_add(rules, MOUNT_FILE, path, RANK_SYSTEM, "built in: the prompt");

	rule->directory = false;
	rule->mount.mode = 0444;
	rule->mount.length = strlen(contents);
	rule->mount.data = xmemdup(contents, rule->mount.length);
}

/* Each only where a shell was told to read it: every mount costs. */
static void add_prompt(const struct request *request, struct rules *rules)
{
	bool zsh = false;

	for (size_t i = 0; i < request->arguments.count; i++)
		if (streq(request->arguments.items[i], ASIDE_BASHRC)) {
			add_file(rules, ASIDE_BASHRC,
				 "[ ! -r ~/.bashrc ] || . ~/.bashrc\n"
				 "PS1=\"(hutch:$HUTCH_SESSION) $PS1\"\n");
			break;
		}
	request_each(setting, request, SETTING_ENV) zsh |=
		streq(setting->pair.name, "ZDOTDIR") && streq(setting->pair.value, ASIDE_ZDOTDIR);
	if (!zsh)
		return;
	add_file(rules, ASIDE_ZDOTDIR "/.zshenv", "[ ! -r ~/.zshenv ] || . ~/.zshenv\n");
	add_file(rules, ASIDE_ZDOTDIR "/.zshrc",
		 "ZDOTDIR=$HOME\n"
		 "[ ! -r ~/.zshrc ] || . ~/.zshrc\n"
		 "PROMPT=\"(hutch:$HUTCH_SESSION) $PROMPT\"\n");
}

int aside_plan(const struct request *request, const struct host *host, struct rules *rules,
	       struct plan *plan, struct error *e)
{
	const struct setting *limit = request_last(request, SETTING_COPY_LIMIT);
	struct aside aside = {request, rules, plan};
	size_t count;
	int r = 0;

	if (!request->session)
		return 0;
	plan->settled = request->settled;
	plan->copy_limit = limit ? limit->number : COPY_LIMIT;
	drop_covered(rules);
	count = rules->list.count;
	for (size_t i = 0; r == 0 && i < count; i++)
		if (rules->list.items[i].mount.kind == MOUNT_OVERLAY)
			r = keep_aside(&aside, i, e);
	hide_sessions(&aside);
	add_prompt(request, rules);
	return r;
}
