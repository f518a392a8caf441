// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/program.h"

#include "base/fd.h"
#include "kernel/sys.h"
#include "plan/environment.h"
#include "plan/mounts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where on the host the file is that will be seen at @path; the same path where nothing is seen
 * there yet. */
static char *host_path(const struct rules *rules, const char *path)
{
	const struct rule *rule = rules_find(rules, path);
	char *shown = rule_host_path(rule, path);

	/* As with a private home, what is named is the host's where that has it. */
	if (shown && rule->own && access(path, F_OK) == 0) {
		free(shown);
		shown = NULL;
	}
	return shown ? shown : xstrdup(path);
}

/* Whether a file of the host could be shown at @path without going against a rule. */
static bool may_share(const struct rules *rules, const char *path)
{
	const struct rule *rule = rules_find(rules, path);

	if (rule && rule->own)
		return access(path, F_OK) == 0;
	return !rule || rule->mount.kind == MOUNT_SCRATCH || rule->mount.kind == MOUNT_TMPFS ||
	       rule->mount.kind == MOUNT_DIRECTORY;
}

static int share(struct rules *rules, const char *path, bool writable, const char *origin,
		 struct error *e)
{
	if (!may_share(rules, path))
		return 0;
	return rules_add_bind(rules, path, path, writable, RANK_FILE, origin, e);
}

/* A regular file that may be executed: 0, or the errno that says why not. */
static int executable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (!S_ISREG(status.st_mode) || access(path, X_OK) < 0)
		return EACCES;
	return 0;
}

static int not_found(const struct plan *plan, const char *current, const char *name,
		     struct error *e)
{
	_cleanup_free_ char *here = path_absolute(current, name);

	error_set(e, ENOENT, "%s: command not found", *name ? name : "''");
	if (*name && executable(here) == 0)
		error_remedy(e, "./%s is the one in this directory", name);
	else
		error_remedy(e, "name its path; it is looked for in %.400s",
			     environment_get(plan, "PATH"));
	return error_status(e, EXIT_NOT_FOUND);
}

/* @name is there and cannot be executed, for the reason that executable() gave. */
static int not_executable(const char *name, int code, struct error *e)
{
	error_errno(e, code, "%s", name);
	if (code == EACCES)
		error_remedy(e, "make it executable (chmod +x %s), or name what reads it: sh %s",
			     name, name);
	return error_status(e, EXIT_NOT_EXECUTABLE);
}

/* Look for @name along the PATH that the program will have. */
static int search(const struct rules *rules, const struct plan *plan, const char *current,
		  const char *name, char **ret_path, struct error *e)
{
	_cleanup_free_ char *list = xstrdup(environment_get(plan, "PATH"));
	_cleanup_free_ char *unusable = NULL;
	char *rest = list, *directory;

	while ((directory = strsep(&rest, ":"))) {
		_cleanup_free_ char *path = NULL, *outside = NULL;
		int code;

		if (directory[0] != '/')
			continue; /* "." in PATH would run what somebody left in the working
				     directory */
		path = xasprintf("%s/%s", directory, name);
		outside = host_path(rules, path);
		code = executable(outside);
		if (code == 0) {
			*ret_path = path_absolute("/", path);
			return 0;
		}
		if (code == EACCES && !unusable)
			unusable = xstrdup(path);
	}
	if (!unusable)
		return not_found(plan, current, name, e);
	return not_executable(unusable, EACCES, e);
}

static int find_program(const struct rules *rules, const struct host *host, struct plan *plan,
			const char *name, char **ret_path, struct error *e)
{
	const char *current = host->directory ? host->directory : "/";
	_cleanup_free_ char *path = NULL, *outside = NULL;
	int code;

	if (!*name)
		return not_found(plan, current, name, e);
	if (!strchr(name, '/'))
		return search(rules, plan, current, name, ret_path, e);
	path = path_absolute(current, name);
	outside = host_path(rules, path);
	code = executable(outside);
	if (code == ENOENT || code == ENOTDIR) {
		error_errno(e, code, "%s", name);
		return error_status(e, EXIT_NOT_FOUND);
	}
	if (code)
		return not_executable(name, code, e);
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int identify_program(const struct rules *rules, struct plan *plan, struct error *e)
{
	const struct rule *rule = rules_find(rules, plan->program);
	_cleanup_free_ char *outside = host_path(rules, plan->program);
	_cleanup_fd_ int fd = path_open_host(outside);

	if (fd < 0 || path_identify(fd, &plan->program_identity) < 0)
		return error_errno(e, fd < 0 ? -fd : EIO, "%s", plan->program);
	/* Seen through an overlay it is a file of the overlay's; its tree is known. */
	plan->program_found = !rule || rule->mount.kind != MOUNT_OVERLAY;
	return 0;
}

/*
 * What is to be shared for an argument that names @path: for ro the file alone; for rw the directory,
 * too, if it is one; for rw-directory the one that the file is in, since many a program saves into a
 * new file that takes the old one's place. Never, by naming something in it, the home, or what that is in.
 */
static char *argument_share(const struct host *host, int how, const char *path)
{
	char home[PATH_MAX], *shared = xstrdup(path), *slash = strrchr(shared, '/');
	struct stat status;

	if (stat(path, &status) < 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
		goto none;
	if (!realpath(host->home, home))
		snprintf(home, sizeof(home), "%s", host->home);
	if (S_ISDIR(status.st_mode)) {
		if (how < ARGUMENTS_RW || path_below(host->home, path) || path_below(home, path))
			goto none;
		return shared;
	}
	if (how != ARGUMENTS_RW_DIRECTORY || slash == shared)
		return shared;
	*slash = '\0';
	if (path_below(host->home, shared) || path_below(home, shared))
		*slash = '/';
	return shared;
none:
	free(shared);
	return NULL;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The path that file://PATH says, which is how menus name files; NULL where it says none. */
static char *path_of_url(const char *url)
{
	const char *at = startswith(url, "file://");
	char *path, *out;

	at = at && startswith(at, "localhost/") ? at + strlen("localhost") : at;
	if (!at || *at != '/')
		return NULL;
	path = out = xstrdup(at);
	for (; *at && *at != '?' && *at != '#'; at++, out++) {
		int high = *at == '%' ? hex_digit(at[1]) : -1;
		int low = high >= 0 ? hex_digit(at[2]) : -1;

		*out = low >= 0 && high + low ? (char)(high << 4 | low) : *at;
		at += low >= 0 && high + low ? 2 : 0;
	}
	*out = '\0';
	return path;
}

/* Files that the command line names, as "FILE", "file://FILE" or "--option=FILE". */
static int share_arguments(const struct request *request, const struct host *host,
			   struct rules *rules, struct error *e)
{
	int how = request_choice(request, SETTING_ARGUMENTS, ARGUMENTS_RO);

	for (size_t i = 1; how != ARGUMENTS_NONE && i < request->arguments.count; i++) {
		const char *word = request->arguments.items[i];
		const char *value = word[0] == '-' ? strchr(word, '=') : word - 1;
		_cleanup_free_ char *path = NULL, *origin = NULL;
		_cleanup_free_ char *named = NULL, *url = NULL;
		size_t before;
		int r;

		if (!value || !value[1] || strlen(value + 1) >= PATH_MAX)
			continue;
		url = path_of_url(value + 1);
		named = path_absolute(host->directory ? host->directory : "/",
				      url ? url : value + 1);
		path = argument_share(host, how, named);
		if (!path)
			continue;
		origin = xasprintf("the argument %s", word);
		before = rules->list.count;
		r = share(rules, path, how >= ARGUMENTS_RW, origin, e);
		if (r < 0)
			return r;
		if (rules->list.count > before && mounts_noexec(request, host, path))
			rules->list.items[before].mount.set |= MOUNT_ATTR_NOEXEC;
	}
	return 0;
}

/* Whether a root that is a directory of the host has the place where @rule mounts something. */
static bool in_root(const struct rules *rules, const struct rule *rule)
{
	_cleanup_free_ char *place = NULL;

	vector_each (root, &rules->list)
		if (rule && streq(root->mount.destination, "/") && root != rule)
			place = rule_host_path(root, rule->mount.destination);
	return place && access(place, F_OK) == 0;
}

/*
 * The program starts where the user is, in an empty directory if nothing of it is shared: so
 * relative names of shared files work. A directory that can't be there is replaced by the home.
 */
static int plan_directory(const struct request *request, const struct host *host,
			  struct rules *rules, struct plan *plan, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_CHDIR);
	const char *base = host->directory ? host->directory : "/";
	const struct rule *rule;
	bool other_root = request_last(request, SETTING_ROOT) != NULL;
	_cleanup_free_ char *outside = NULL;
	struct stat status;

	plan->directory = setting ? path_absolute(base, setting->text) : xstrdup(base);
	rule = rules_find(rules, plan->directory);
	outside = rule_host_path(rule, plan->directory);
	if (outside) {
		errno = 0;
		if (setting || (stat(outside, &status) == 0 && S_ISDIR(status.st_mode)))
			return 0;
		if (errno == ENOMEM || errno == ENOSYS || errno == EPERM)
			return error_errno(e, errno, "the working directory %s", outside);
	} else if (other_root && !setting && !in_root(rules, rule)) {
		/* A root without a place for the home; nothing is made there. */
	} else if (may_share(rules, plan->directory) && !streq(plan->directory, "/")) {
		if (!rule || !streq(rule->mount.destination, plan->directory))
			rules_add(rules, MOUNT_DIRECTORY, plan->directory, 0,
				  "built in: working directory");
		return 0;
	}
	if (setting)
		return 0;
	free(plan->directory);
	plan->directory = xstrdup(other_root || streq(host->home, "/") ? "/" : host->home);
	return 0;
}

int program_plan(const struct request *request, const struct host *host, struct rules *rules,
		 struct plan *plan, struct error *e)
{
	const char *name = request->arguments.items[0];
	_cleanup_free_ char *origin = xasprintf("the program %s", name);
	int r;

	r = find_program(rules, host, plan, name, &plan->program, e);
	if (r == 0)
		r = share(rules, plan->program, false, origin, e);
	if (r == 0)
		r = identify_program(rules, plan, e);
	if (r == 0)
		r = share_arguments(request, host, rules, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < request->arguments.count; i++)
		strv_add(&plan->arguments, request->arguments.items[i]);
	return plan_directory(request, host, rules, plan, e);
}
