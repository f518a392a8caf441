// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A program that may write to a repository's configuration runs whatever it likes in the name of
 * the next person who types `git status` there: core.fsmonitor, core.hooksPath, filters, hooks. So
 * these files become read-only islands (plan/arrange.c), and guards stand where they are missing.
 *
 * Nothing in the work tree is believed. Its `.git` may be a file that names a directory elsewhere,
 * as in linked work trees and submodules; that directory is only shown where it says in turn that
 * this is its work tree, which takes somebody who could write there. What core.hooksPath says is
 * used to make one more directory read-only, never to show one.
 *
 * A file .git/commondir leads git to another repository's configuration. git fails on an empty one,
 * so the guard in its place says ".": this very repository.
 *
 * What remains: a repository made anew below the work tree is obeyed by a git that is started in
 * it. Where that matters, keep the changes aside (--review), which shows it.
 */
#include "plan/repository.h"

#include "base/fd.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TEXT_LIMIT = 1024 * 1024,
	DEPTH = 4, /* submodules in submodules */
};

struct repository {
	struct rules *rules;
	const char *origin;
	bool writable, overlay; /* as the working directory is */
};

static char *read_text(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct error unused;
	char *text = NULL;
	struct stat status;
	size_t length;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    fd_read_all(fd, path, TEXT_LIMIT, &text, &length, &unused) < 0)
		return NULL;
	return text;
}

/* The first line of a file. */
static char *read_line(const char *path)
{
	char *text = read_text(path);

	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

static mode_t type_of(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

static bool is_writable_parent(const char *path)
{
	_cleanup_free_ char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return access(parent, W_OK) == 0;
}

/* An island, or a guard where it is missing: a directory, or a file that says @contents. */
static int protect(const struct repository *repository, const char *path, bool directory,
		   const char *contents, struct error *e)
{
	int r = rules_add_bind(repository->rules, path, path, false, RANK_FILE, repository->origin,
			       e);
	struct rule *rule;

	if (r < 0)
		return r;
	rule = &repository->rules->list.items[repository->rules->list.count - 1];
	rule->directory |= rule->absent && directory;
	rule->contents = contents;
	/* What the caller can't make needs no guard. */
	if (rule->absent && !is_writable_parent(path)) {
		rule_done(rule);
		repository->rules->list.count--;
	}
	return 0;
}

/* The last value of a key, in whatever section, as far as a look at the lines tells; NULL: none. */
static char *value_of(const char *config, const char *key)
{
	_cleanup_free_ char *text = read_text(config);
	char *rest = text, *line, *value = NULL;

	while ((line = strsep(&rest, "\n"))) {
		size_t length;

		line += strspn(line, " \t");
		if (strncasecmp(line, key, strlen(key)) != 0)
			continue;
		line += strlen(key);
		line += strspn(line, " \t");
		if (*line != '=')
			continue;
		line++;
		line += strspn(line, " \t\"");
		length = strcspn(line, "\"\r#;");
		while (length && isspace((unsigned char)line[length - 1]))
			length--;
		free(value);
		value = xstrndup(line, length);
	}
	return value;
}

/* @directory is a git directory with a configuration of its own; @tree its work tree, or NULL. */
static int protect_directory(const struct repository *repository, const char *directory,
			     const char *tree, struct error *e)
{
	_cleanup_free_ char *config = xasprintf("%s/config", directory);
	_cleanup_free_ char *more = xasprintf("%s/config.worktree", directory);
	_cleanup_free_ char *hooks = xasprintf("%s/hooks", directory);
	_cleanup_free_ char *common = xasprintf("%s/commondir", directory);
	_cleanup_free_ char *named = value_of(config, "hooksPath"), *elsewhere = NULL;
	_cleanup_free_ char *per_tree = value_of(config, "worktreeConfig");
	int r = protect(repository, config, false, NULL, e);

	/* Only obeyed where the configuration says so, and that can't change. */
	if (r == 0 && per_tree)
		r = protect(repository, more, false, NULL, e);
	if (r == 0)
		r = protect(repository, hooks, true, NULL, e);
	if (r == 0)
		r = protect(repository, common, false, ".\n", e);
	if (r < 0 || !tree || !named || !*named)
		return r;
	elsewhere = path_absolute(tree, named);
	/* Only what is shown anyway. */
	if (!path_below(elsewhere, tree) || type_of(elsewhere) != S_IFDIR)
		return 0;
	return protect(repository, elsewhere, true, NULL, e);
}

/* The directories of linked work trees say where the repository is. */
static int protect_trees(const struct repository *repository, const char *directory,
			 struct error *e)
{
	static const char *const obeyed[] = {"commondir", "gitdir", "config.worktree"};
	DIR *list = type_of(directory) == S_IFDIR ? opendir(directory) : NULL;
	const struct dirent *entry;
	int r = 0;

	while (list && (entry = readdir(list))) {
		for (size_t i = 0; r == 0 && i < sizeof(obeyed) / sizeof(obeyed[0]); i++) {
			_cleanup_free_ char *path =
				xasprintf("%s/%s/%s", directory, entry->d_name, obeyed[i]);

			if (entry->d_name[0] != '.' && type_of(path))
				r = protect(repository, path, false, NULL, e);
		}
	}
	if (list)
		closedir(list);
	return r;
}

/* Git directories below @directory: those of submodules. */
static int protect_below(const struct repository *repository, const char *directory, int depth,
			 struct error *e)
{
	DIR *list = type_of(directory) == S_IFDIR ? opendir(directory) : NULL;
	const struct dirent *entry;
	int r = 0;

	while (list && r == 0 && (entry = readdir(list))) {
		_cleanup_free_ char *path = xasprintf("%s/%s", directory, entry->d_name);
		_cleanup_free_ char *head = xasprintf("%s/HEAD", path);

		if (entry->d_name[0] == '.' || type_of(path) != S_IFDIR)
			continue;
		if (type_of(head) == S_IFREG)
			r = protect_directory(repository, path, NULL, e);
		if (r == 0 && depth < DEPTH)
			r = protect_below(repository, path, depth + 1, e);
	}
	if (list)
		closedir(list);
	return r;
}

static int protect_all(const struct repository *repository, const char *directory, const char *tree,
		       struct error *e)
{
	_cleanup_free_ char *modules = xasprintf("%s/modules", directory);
	_cleanup_free_ char *trees = xasprintf("%s/worktrees", directory);
	int r = protect_directory(repository, directory, tree, e);

	if (r == 0)
		r = protect_below(repository, modules, 0, e);
	return r == 0 ? protect_trees(repository, trees, e) : r;
}

/* Show the repository of a linked work tree, as the directory itself is shown. */
static int show(const struct repository *repository, const char *directory, struct error *e)
{
	int r = rules_add_bind(repository->rules, directory, directory, repository->writable,
			       RANK_FILE, repository->origin, e);
	struct rule *rule;

	if (r < 0 || !repository->overlay)
		return r;
	rule = &repository->rules->list.items[repository->rules->list.count - 1];
	rule->mount.kind = MOUNT_OVERLAY;
	rule->mount.mode = rule->mount.identity.mode & 07777;
	return 0;
}

/*
 * @link is a file that says "gitdir: DIRECTORY". A linked work tree's directory is
 * REPOSITORY/worktrees/NAME, and has the way back in its file "gitdir".
 */
static int follow_link(const struct repository *repository, const char *tree, const char *link,
		       struct error *e)
{
	_cleanup_free_ char *line = read_line(link), *directory = NULL, *back = NULL, *said = NULL;
	const char *named = line ? startswith(line, "gitdir: ") : NULL;
	char *end;
	int r = protect(repository, link, false, NULL, e);

	if (r < 0 || !named)
		return r;
	directory = path_absolute(tree, named);
	back = xasprintf("%s/gitdir", directory);
	said = read_line(back);
	end = strstr(directory, "/worktrees/");
	if (!said || !streq(said, link) || !end || strchr(end + strlen("/worktrees/"), '/'))
		return 0;
	*end = '\0';
	r = show(repository, directory, e);
	return r == 0 ? protect_all(repository, directory, tree, e) : r;
}

int repository_plan(const struct request *request, const struct host *host, struct rules *rules,
		    struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_GIT);
	int cwd = request_choice(request, SETTING_CWD, CWD_NONE);
	_cleanup_free_ char *origin = NULL, *link = NULL;
	struct repository repository = {
		.rules = rules,
		.writable = cwd == CWD_RW || cwd == CWD_OVERLAY,
		.overlay = cwd == CWD_OVERLAY,
	};

	if (!setting || setting->choice == GIT_NONE || cwd == CWD_NONE || !host->directory)
		return 0;
	repository.origin = origin = setting_origin(setting);
	link = xasprintf("%s/.git", host->directory);
	switch (type_of(link)) {
	case S_IFDIR:
		return protect_all(&repository, link, host->directory, e);
	case S_IFREG:
		return follow_link(&repository, host->directory, link, e);
	default:
		return 0;
	}
}
