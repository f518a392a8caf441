// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which files of a user's run something, or are obeyed by something that does. A list like this is
 * never complete: it marks, and decides nothing.
 */
#include "engine/session_risk.h"

#include "base/string.h"

#include <fnmatch.h>
#include <sys/stat.h>

const char *const risk_names[RISK_COUNT] = {
	"shell start file", "git hooks or settings", "autostart",  "cron",
	"in PATH",          "keys or logins",        "tools obey", "setuid",
	"executable",       "link leads out",        "odd name",   "device or socket",
};

/* Patterns of paths below the home directory; "*" matches slashes, too. */
static const struct {
	enum risk risk;
	const char *pattern;
} in_home[] = {
	{RISK_SHELL, ".bash*"},
	{RISK_SHELL, ".profile"},
	{RISK_SHELL, ".z*"},
	{RISK_SHELL, ".kshrc"},
	{RISK_SHELL, ".*cshrc"},
	{RISK_SHELL, ".login"},
	{RISK_SHELL, ".inputrc"},
	{RISK_SHELL, ".x*"},
	{RISK_SHELL, ".pam_environment"},
	{RISK_SHELL, ".config/fish/*"},
	{RISK_SHELL, ".config/environment.d/*"},
	{RISK_SHELL, ".config/plasma-workspace/*"},
	{RISK_GIT, ".gitconfig"},
	{RISK_GIT, ".config/git/*"},
	{RISK_AUTOSTART, ".config/autostart*"},
	{RISK_AUTOSTART, ".config/systemd/*"},
	{RISK_AUTOSTART, ".local/share/systemd/*"},
	{RISK_AUTOSTART, ".local/share/dbus-1/*"},
	{RISK_AUTOSTART, ".local/share/applications/*"},
	{RISK_LOGIN, ".ssh*"},
	{RISK_LOGIN, ".gnupg*"},
	{RISK_LOGIN, ".netrc"},
	{RISK_LOGIN, ".aws*"},
	{RISK_LOGIN, ".kube*"},
	{RISK_LOGIN, ".docker*"},
	{RISK_TOOL, ".vim*"},
	{RISK_TOOL, ".emacs*"},
	{RISK_TOOL, ".gdbinit"},
	{RISK_TOOL, ".lldbinit"},
	{RISK_TOOL, ".npmrc"},
	{RISK_TOOL, ".tmux.conf"},
	{RISK_TOOL, ".config/nvim/*"},
	{RISK_TOOL, ".config/hutch/*"},
	{RISK_TOOL, ".cargo/config*"},
	{RISK_PATH, "bin/*"},
	{RISK_PATH, ".local/bin/*"},
	{RISK_PATH, ".cargo/bin/*"},
};

/* The same, anywhere. */
static const struct {
	enum risk risk;
	const char *pattern;
} anywhere[] = {
	{RISK_GIT, "*/.git/hooks*"},
	{RISK_GIT, "*/.git/config*"},
	{RISK_GIT, "*/.git/commondir"},
	{RISK_GIT, "*/.git/info/attributes"},
	{RISK_GIT, "*/.git/modules/*/hooks*"},
	{RISK_GIT, "*/.git/modules/*/config"},
	{RISK_GIT, "*/.gitmodules"},
	{RISK_GIT, "*/.gitattributes"},
	{RISK_TOOL, "*/.envrc"},
	{RISK_TOOL, "*/.vscode/*"},
	{RISK_TOOL, "*/.idea/*"},
	{RISK_TOOL, "*/.claude/*"},
	{RISK_TOOL, "*/.mcp.json"},
	{RISK_TOOL, "*/.gdbinit"},
	{RISK_TOOL, "*/.dir-locals.el"},
	{RISK_TOOL, "*/.exrc"},
	{RISK_CRON, "/etc/cron*"},
	{RISK_CRON, "/var/spool/cron/*"},
	{RISK_AUTOSTART, "/etc/xdg/autostart/*"},
	{RISK_AUTOSTART, "/etc/systemd/*"},
	{RISK_SHELL, "/etc/profile*"},
};

static const char *below(const char *path, const char *above)
{
	const char *rest = startswith(path, above);

	return rest && *rest == '/' && above[0] && above[1] ? rest + 1 : NULL;
}

static bool in_path_variable(const char *path)
{
	const char *list = getenv("PATH"), *slash = strrchr(path, '/');

	for (const char *at = list; at && *at; at += strcspn(at, ":"), at += *at == ':') {
		size_t length = strcspn(at, ":");

		if (length > 1 && slash == path + length && strncmp(path, at, length) == 0)
			return true;
	}
	return false;
}

/* Whether the link at @path leads out of @tree. By its text alone: what it leads through may change. */
static bool leads_out(const char *path, const char *tree, const char *target)
{
	long depth = 0;

	if (target[0] == '/')
		return !streq(target, tree) && !below(target, tree);
	for (const char *at = path + strlen(tree); *at; at++)
		depth += *at == '/';
	depth--; /* the link's own name */
	for (const char *at = target; *at;) {
		size_t length = strcspn(at, "/");

		if (length == 2 && at[0] == '.' && at[1] == '.')
			depth--;
		else if (length && !(length == 1 && at[0] == '.'))
			depth++;
		if (depth < 0)
			return true;
		at += length;
		at += strspn(at, "/");
	}
	return false;
}

static bool odd_name(const char *path)
{
	_cleanup_free_ char *escaped = string_escape(path);

	return !streq(escaped, path);
}

unsigned risk_of(const char *path, const char *tree, const char *home, mode_t mode,
		 const char *target)
{
	const char *rest = below(path, home);
	unsigned risk = 0;

	for (size_t i = 0; rest && i < sizeof(in_home) / sizeof(in_home[0]); i++)
		if (fnmatch(in_home[i].pattern, rest, 0) == 0)
			risk |= in_home[i].risk;
	for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++)
		if (fnmatch(anywhere[i].pattern, path, 0) == 0)
			risk |= anywhere[i].risk;
	if (in_path_variable(path))
		risk |= RISK_PATH;
	if (odd_name(path))
		risk |= RISK_NAME;
	if (S_ISLNK(mode) && target && leads_out(path, tree, target))
		risk |= RISK_LINK;
	if (S_ISREG(mode) && (mode & 06000))
		risk |= RISK_SETUID;
	if (S_ISREG(mode) && (mode & 0111))
		risk |= RISK_EXECUTABLE;
	if (S_ISCHR(mode) || S_ISBLK(mode) || S_ISSOCK(mode))
		risk |= RISK_DEVICE;
	/* A directory itself runs nothing; what comes into it is marked. */
	if (S_ISDIR(mode))
		risk &= RISK_NAME;
	return risk;
}
