// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From settings to rules: what each of ro, rw, hide, tmpfs, overlay, symlink, dev, home, cwd and
 * root means.
 */
#include "plan/mounts.h"

#include "base/fd.h"
#include "kernel/mount.h"
#include "plan/data.h"
#include "plan/devices.h"
#include "plan/home_store.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where relative paths of the request start. */
static const char *starting_directory(const struct host *host)
{
	return host->directory ? host->directory : "/";
}

static bool is_read_only(const struct rule *rule)
{
	return rule && rule->mount.set & MOUNT_ATTR_RDONLY;
}

/*
 * 1: @rule is for a link that says @target, to something that is shown, and not writable where the
 * rule says read-only; 0: it is not; or -errno.
 */
static int is_link_to_shown(const struct rules *rules, const struct rule *rule,
			    char target[PATH_MAX])
{
	const char *path = rule->mount.source;
	_cleanup_free_ char *resolved = NULL;
	ssize_t length = readlink(path, target, PATH_MAX - 1);

	if (length < 0)
		return errno == EINVAL ? 0 : -errno; /* no link */
	target[length] = '\0';
	resolved = realpath(path, NULL);
	if (!resolved)
		return -errno;
	return rules_show(rules, resolved) &&
	       (!is_read_only(rule) || is_read_only(rules_find(rules, resolved)));
}

/*
 * ro and rw of a path that is a symbolic link to something that is visible anyway (/bin ->
 * usr/bin): the link itself is shown, as programs expect it.
 */
static int keep_links(struct rules *rules, struct error *e)
{
	vector_each (rule, &rules->list) {
		char target[PATH_MAX];
		int r;

		if (rule->mount.kind != MOUNT_BIND || rule->absent || rule->system ||
		    !streq(rule->mount.source, rule->mount.destination) ||
		    (rule->real && streq(rule->real, rule->mount.source)))
			continue;
		r = is_link_to_shown(rules, rule, target);
		if (r < 0)
			return error_errno(e, -r, "%s", rule->mount.origin);
		if (r == 0)
			continue;
		rule->mount.kind = MOUNT_SYMLINK;
		free(rule->mount.source);
		rule->mount.source = xstrdup(target);
	}
	return 0;
}

static int add_bind(struct rules *rules, const struct setting *setting, size_t rank,
		    const struct host *host, bool writable, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *source = path_absolute(starting_directory(host), setting->path.path);
	_cleanup_free_ char *destination = setting->path.destination
						   ? path_absolute("/", setting->path.destination)
						   : xstrdup(source);
	size_t length = strlen(setting->path.path);
	struct rule *rule;
	int r;

	r = rules_add_bind(rules, source, destination, writable, rank, origin, e);
	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->setting = setting;
	if (!rule->absent)
		return 0;
	if (setting->path.optional || writable || setting->path.destination) {
		if (!setting->path.optional)
			return rule_not_there(origin, e);
		rule_done(rule);
		rules->list.count--;
		return 0;
	}
	/* Perhaps an island in a writable tree, to be guarded: mounts_finish() decides, when all
	 * rules are known. */
	rule->directory = length && setting->path.path[length - 1] == '/';
	return 0;
}

static int add_hidden(struct rules *rules, const struct setting *setting, size_t rank,
		      const struct host *host, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *path = path_absolute(starting_directory(host), setting->path.path);
	size_t length = strlen(setting->path.path);
	struct stat status;
	struct rule *rule;
	bool exists = stat(path, &status) == 0;

	/* What could not be looked at, for want of memory perhaps, may well be there. */
	if (!exists && errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ELOOP)
		return error_errno(e, errno, "%s", origin);
	if (!exists && setting->path.optional)
		return 0;
	rule = rules_add(rules, MOUNT_MASK, path, rank, origin);
	rule->setting = setting;
	rule->absent = !exists;
	rule->directory = exists ? S_ISDIR(status.st_mode) : setting->path.path[length - 1] == '/';
	rule->mount.mode = rule->directory ? S_IFDIR : S_IFREG;
	rule->mount.set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	return 0;
}

/* Of an empty directory: as the one has it that it stands for. GnuPG, ssh and Qt insist on directories that are theirs
 * alone. */
static mode_t empty_mode(const char *path)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat status;

	if (streq(path, "/tmp") || streq(path, "/var/tmp") || streq(path, "/dev/shm"))
		return 01777;
	if (runtime && streq(path, runtime))
		return 0700;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? (status.st_mode & 0777) | 0700
								   : 0755;
}

static void add_tmpfs(struct rules *rules, const struct setting *setting, size_t rank,
		      const struct host *host)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *path = path_absolute(starting_directory(host), setting->path.path);
	/* Where no size is asked for, a part of the root's own file system does, and costs nothing.
	 */
	struct rule *rule = rules_add(rules, setting->path.size ? MOUNT_TMPFS : MOUNT_SCRATCH, path,
				      rank, origin);

	rule->setting = setting;
	rule->mount.size = setting->path.size;
	rule->mount.mode = empty_mode(path);
}

static int add_overlay(struct rules *rules, const struct setting *setting, size_t rank,
		       const struct host *host, struct error *e)
{
	struct rule *rule;
	int r = add_bind(rules, setting, rank, host, true, e);

	if (r < 0 || !rules->list.count)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	if (rule->setting != setting)
		return 0; /* optional, and not there */
	if (!rule->directory)
		return error_errno(e, ENOTDIR, "%s", rule->mount.origin);
	rule->mount.kind = MOUNT_OVERLAY;
	rule->mount.mode = rule->mount.identity.mode & 07777;
	rule->copy = setting->id == SETTING_COPY;
	return 0;
}

static void add_link(struct rules *rules, const struct setting *setting, size_t rank,
		     const struct host *host)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *path = path_absolute(starting_directory(host), setting->path.path);
	struct rule *rule = rules_add(rules, MOUNT_SYMLINK, path, rank, origin);

	rule->setting = setting;
	rule->mount.source = xstrdup(setting->path.destination);
}

static void add_noexec(struct rules *rules, const struct setting *setting, size_t rank,
		       const struct host *host)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *path = path_absolute(starting_directory(host), setting->path.path);
	struct rule *rule;
	bool mounted = false;

	/* What is mounted there and below gets the attribute, whichever of several rules for a path
	 * will win; where nothing is mounted at that very path, it is mounted on itself. */
	vector_each (existing, &rules->list) {
		if (existing->mount.kind == MOUNT_SYMLINK ||
		    !path_below(existing->mount.destination, path))
			continue;
		existing->mount.set |= MOUNT_ATTR_NOEXEC;
		mounted |= streq(existing->mount.destination, path);
	}
	/* All of /proc has it, and a rule there would take the place of the built-in ones. */
	if (mounted || path_below(path, "/proc"))
		return;
	rule = rules_add(rules, MOUNT_AGAIN, path, rank, origin);
	rule->setting = setting;
	rule->mount.set |= MOUNT_ATTR_NOEXEC;
}

static int add_setting(struct rules *rules, const struct setting *setting, size_t rank,
		       const struct host *host, bool other_root, struct error *e)
{
	/* With a root of its own, what the default profile shows of this host is not wanted. */
	if (other_root && setting->origin.layer == LAYER_DEFAULT &&
	    (setting->id == SETTING_RO || setting->id == SETTING_RW ||
	     setting->id == SETTING_OVERLAY || setting->id == SETTING_COPY))
		return 0;
	switch ((int)setting->id) {
	case SETTING_RO:
		return add_bind(rules, setting, rank, host, false, e);
	case SETTING_RW:
		return add_bind(rules, setting, rank, host, true, e);
	case SETTING_HIDE:
		return add_hidden(rules, setting, rank, host, e);
	case SETTING_TMPFS:
		add_tmpfs(rules, setting, rank, host);
		return 0;
	case SETTING_OVERLAY:
	case SETTING_COPY:
		return add_overlay(rules, setting, rank, host, e);
	case SETTING_SYMLINK:
		add_link(rules, setting, rank, host);
		return 0;
	case SETTING_DEV:
		return devices_plan(rules, setting, rank, e);
	default:
		return 0;
	}
}

/*
 * A home of hutch's own. One that is not there yet is made when a program is run (home_use()), not
 * by whoever asks for the plan.
 */
static int add_named_home(struct rules *rules, const struct setting *setting, const char *origin,
			  const char *home, struct plan *plan, struct error *e)
{
	_cleanup_fd_ int homes = homes_open(false, e), fd = -1;
	_cleanup_free_ char *path = homes_path(), *source = NULL;
	struct file_identity identity;
	struct rule *rule;
	int r;

	if (homes < 0 && homes != -ENOENT)
		return error_wrap(e, "%s", origin);
	plan->home = xstrdup(setting->text);
	source = xasprintf("%s/%s", path, setting->text);
	fd = home_open(homes, setting->text, e);
	if (fd == -ENOENT) {
		*e = (struct error){0};
		r = home_check_new(homes, setting->text, e);
		if (r < 0)
			return error_wrap(e, "%s", origin);
		rule = rules_add(rules, MOUNT_SCRATCH, home, RANK_HOME, origin);
		rule->mount.mode = 0700;
		strv_take(&plan->remarks,
			  xasprintf("%s: a new home, made at the first run: %s", origin, source));
		return 0;
	}
	r = fd < 0 ? fd : rules_add_bind(rules, source, home, true, RANK_HOME, origin, e);
	if (r < 0)
		return fd < 0 ? error_wrap(e, "%s", origin) : r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->own = true;
	/* What the walk by name led to is what was looked at. */
	if (path_identify(fd, &identity) < 0 || rule->absent ||
	    !path_same_file(&identity, &rule->mount.identity))
		return error_set(e, ESTALE, "%s: %s: something else by now", origin, source);
	return 0;
}

static int add_home(struct rules *rules, const struct request *request, const struct host *host,
		    struct plan *plan, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_HOME);
	_cleanup_free_ char *origin =
		setting ? setting_origin(setting) : xstrdup("built in: private home");
	_cleanup_free_ char *home = path_absolute("/", host->home);
	struct rule *rule;
	int choice = setting ? setting->choice : HOME_PRIVATE, r;

	/* Users that are no people have "/" (nobody, services): what is there is decided already.
	 */
	if (streq(home, "/"))
		return 0;
	if (choice == HOME_PRIVATE) {
		rule = rules_add(rules, MOUNT_SCRATCH, home, RANK_HOME, origin);
		rule->mount.mode = 0700;
		return 0;
	}
	if (choice == HOME_NAMED)
		return add_named_home(rules, setting, origin, home, plan, e);
	r = rules_add_bind(rules, home, home, true, RANK_HOME, origin, e);
	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	if (rule->absent)
		return error_errno(e, ENOENT, "%s: %s", origin, home);
	if (choice == HOME_OVERLAY) {
		rule->mount.kind = MOUNT_OVERLAY;
		rule->mount.mode = rule->mount.identity.mode & 07777;
	}
	return 0;
}

/*
 * A profile that shares the working directory means a project. Started in the home directory or
 * above it, it would share all that the user has; that has to be asked for by name. An overlay
 * is left out there (1): what there is of the home is for `home` to say.
 */
static int check_directory(const struct setting *setting, const char *origin,
			   const struct host *host, struct error *e)
{
	char home[PATH_MAX];

	if (!setting->origin.file)
		return 0;
	if (!path_below(host->home, host->directory) &&
	    !(realpath(host->home, home) && path_below(home, host->directory)))
		return 0;
	if (setting->choice == CWD_OVERLAY)
		return 1;
	error_set(e, EPERM, "%s: your home directory is in %s", origin, host->directory);
	return error_remedy(e,
			    "change to the directory to be shared, or say --cwd %s or --cwd none",
			    setting->choice == CWD_RW ? "rw" : "ro");
}

static int add_directory(struct rules *rules, const struct request *request,
			 const struct host *host, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_CWD);
	_cleanup_free_ char *origin = setting ? setting_origin(setting) : NULL;
	struct rule *rule;
	int r;

	if (!setting || setting->choice == CWD_NONE)
		return 0;
	if (!host->directory) {
		error_set(e, ENOENT, "%s: the working directory is gone", origin);
		return error_remedy(e, "change to another directory");
	}
	r = check_directory(setting, origin, host, e);
	if (r != 0)
		return r < 0 ? r : 0;
	r = rules_add_bind(rules, host->directory, host->directory, setting->choice != CWD_RO,
			   RANK_FILE, origin, e);
	if (r < 0 || setting->choice != CWD_OVERLAY)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->mount.kind = MOUNT_OVERLAY;
	rule->mount.mode = rule->mount.identity.mode & 07777;
	return 0;
}

static int add_root(struct rules *rules, const struct request *request, const struct host *host,
		    struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_ROOT);
	_cleanup_free_ char *origin = NULL, *source = NULL;
	struct rule *rule;
	int r;

	if (!setting)
		return 0;
	origin = setting_origin(setting);
	source = path_absolute(starting_directory(host), setting->text);
	r = rules_add_bind(rules, source, "/", false, RANK_ROOT, origin, e);
	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	if (rule->absent || !rule->directory)
		return error_errno(e, rule->absent ? ENOENT : ENOTDIR, "%s", origin);
	return 0;
}

bool mounts_noexec(const struct request *request, const struct host *host, const char *path)
{
	request_each(setting, request, SETTING_NOEXEC)
	{
		_cleanup_free_ char *above =
			path_absolute(starting_directory(host), setting->path.path);

		if (path_below(path, above))
			return true;
	}
	return false;
}

int mounts_collect(struct rules *rules, const struct request *request, const struct host *host,
		   struct plan *plan, struct error *e)
{
	bool other_root = request_last(request, SETTING_ROOT) != NULL;
	size_t rank = RANK_SETTINGS;
	int r;

	r = add_root(rules, request, host, e);
	if (r == 0)
		r = add_home(rules, request, host, plan, e);
	if (r == 0)
		r = add_directory(rules, request, host, e);
	vector_each (setting, &request->settings) {
		if (r == 0 && setting->id == SETTING_DATA)
			r = data_plan(rules, setting, request, host, rank++, plan, e);
		else if (r == 0)
			r = add_setting(rules, setting, rank++, host, other_root, e);
	}
	if (r < 0)
		return r;
	rank = RANK_SETTINGS;
	vector_each (setting, &request->settings) {
		if (setting->id == SETTING_NOEXEC)
			add_noexec(rules, setting, rank, host);
		rank++;
	}
	return keep_links(rules, e);
}
