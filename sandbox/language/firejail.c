// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firejail's language for profiles.
 *
 * One directive a line, in order. Where firejail begins with everything and takes away, hutch begins
 * with nothing and shows: what makes an exception there (noblacklist, whitelist, mkdir) is what a
 * program needs here, and what takes away (blacklist, caps.drop, private-dev) is mostly so anyway.
 * What firejail leaves a program for want of a word against it is granted where programs rarely work
 * without (windows, sound, graphics, the network), and else only named.
 *
 * The files disable-*.inc, whitelist-*.inc and allow-*.inc are not read: they say of a whole home or
 * system what does not arise here.
 */
#include "language/firejail.h"

#include "base/fd.h"
#include "language/expand.h"
#include "language/firejail_facts.h"
#include "language/learn_text.h"
#include "language/number.h"
#include "plan/bus_rule.h"
#include "plan/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>

enum {
	FILE_LIMIT = 1 << 20,
	DEPTH_LIMIT = 8, /* of files that include each other */
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

struct reader {
	struct firejail_facts *facts;
	struct strv ignored; /* beginnings of lines */
	const char *directory;
	const char *line; /* the one at hand, whole */
	size_t depth;
};

static void add_once(struct strv *list, const char *text)
{
	if (!strv_has(list, text))
		strv_add(list, text);
}

static void leave(struct reader *r, const char *why)
{
	_cleanup_free_ char *line = why ? xasprintf("%s (%s)", r->line, why) : xstrdup(r->line);
	_cleanup_free_ char *shown = string_escape(line);

	add_once(&r->facts->left, shown);
}

/* The file or directory that @text names, absolute; NULL where that is not one path, or none that a
 * profile can name. */
static char *path_of(const char *text)
{
	const char *run = startswith(text, "${RUNUSER}"), *program = startswith(text, "${PATH}");
	_cleanup_free_ char *said = run       ? xasprintf("${XDG_RUNTIME_DIR}%s", run)
				    : program ? xasprintf("/usr/bin%s", program)
					      : xstrdup(text);
	_cleanup_free_ char *path = NULL, *sayable = NULL;

	if (strpbrk(text, "*?[") || expand_variables(said, &path, NULL) < 0)
		return NULL;
	if (path[0] == '~' && (path[1] == '/' || !path[1])) {
		char *below = xasprintf("%s%s", firejail_home(), path + 1);

		free(path);
		path = below;
	}
	sayable = path[0] == '/' ? learn_path(path) : NULL;
	return sayable ? TAKE_PTR(path) : NULL;
}

static bool in_home(const char *path)
{
	return path_below(path, firejail_home()) != NULL;
}

struct directive {
	const char *name;
	void (*take)(struct reader *r, const struct directive *d, char *argument);
	size_t offset; /* in the facts, of what it sets */
	const char *why;
};

static void *fact(struct reader *r, const struct directive *d)
{
	return (char *)r->facts + d->offset;
}

/* It is so anyway, or about what does not arise. */
static void take_nothing(struct reader *r, const struct directive *d, char *argument)
{
}

static void take_not(struct reader *r, const struct directive *d, char *argument)
{
	leave(r, d->why);
}

static void take_flag(struct reader *r, const struct directive *d, char *argument)
{
	*(bool *)fact(r, d) = true;
}

static void take_hostname(struct reader *r, const struct directive *d, char *argument)
{
	size_t length = strspn(argument, LETTERS DIGITS "-.");

	if (!length || argument[length] || length > 64 || strchr("-.", argument[0])) {
		leave(r, NULL);
		return;
	}
	free(r->facts->hostname);
	r->facts->hostname = xstrdup(argument);
}

static void take_path(struct reader *r, const struct directive *d, char *argument)
{
	_cleanup_free_ char *path = path_of(argument);

	if (path)
		add_once(fact(r, d), path);
	else
		leave(r, "not one path");
}

/* Exceptions are what the program needs of the home; of the system it has all. */
static void take_shown(struct reader *r, const struct directive *d, char *argument)
{
	_cleanup_free_ char *path = path_of(argument);
	struct strv *list = fact(r, d);

	if (path && in_home(path)) {
		add_once(list, path);
		if (list == &r->facts->made || list == &r->facts->files)
			add_once(&r->facts->shown, path);
	} else if (!path && startswith(argument, "${HOME}")) {
		leave(r, "not one path");
	}
}

static void take_whitelist(struct reader *r, const struct directive *d, char *argument)
{
	_cleanup_free_ char *path = path_of(argument);

	if (path && in_home(path))
		r->facts->whitelist = true;
	else if (startswith(argument, "${RUNUSER}") || startswith(argument, "/tmp") ||
		 startswith(argument, "/run") || startswith(argument, "/var/run"))
		leave(r, "sockets are shared by words");
	take_shown(r, d, argument);
}

static void take_net(struct reader *r, const struct directive *d, char *argument)
{
	if (streq(argument, "none"))
		r->facts->no_network = true;
	else
		leave(r, "no bridges; see --net and --allow");
}

static void take_protocol(struct reader *r, const struct directive *d, char *argument)
{
	bool internet = false;
	char *rest = argument, *item;

	while ((item = strsep(&rest, ", "))) {
		internet = internet || streq(item, "inet") || streq(item, "inet6");
		if (streq(item, "packet") || streq(item, "bluetooth"))
			leave(r, "no such sockets");
	}
	r->facts->no_internet = !internet;
}

static void take_bus(struct reader *r, const struct directive *d, char *argument)
{
	r->facts->bus_closed = streq(argument, "none");
	r->facts->bus_filtered = streq(argument, "filter");
}

/* dbus-user.talk NAME and the like */
static void take_bus_rule(struct reader *r, const char *bus, const char *verb, char *argument)
{
	static const struct {
		const char *name, *word;
	} words[] = {
		{"ca.desrt.dconf", "dconf-read"},
		{"org.a11y.Bus", "accessibility"},
		{"org.freedesktop.Notifications", "notifications"},
		{"org.freedesktop.ScreenSaver", "stay-awake"},
		{"org.freedesktop.portal.*", "portals"},
		{"org.freedesktop.portal.Desktop", "portals"},
		{"org.freedesktop.secrets", "secrets"},
		{"org.gnome.SessionManager", "stay-awake"},
		{"org.kde.StatusNotifierWatcher", "tray"},
	};
	struct error e = {0};
	int kind = -1;

	for (size_t i = 0; streq(bus, "session") && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!streq(words[i].name, argument))
			continue;
		add_once(&r->facts->words, words[i].word);
		return;
	}
	for (int i = 0; i < BUS_VERBS; i++)
		if (streq(bus_verb_names[i], verb))
			kind = i;
	if (kind < 0 || bus_rule_check((enum bus_verb)kind, argument, &e) < 0)
		leave(r, kind < 0 ? NULL : e.text);
	else
		strv_take(&r->facts->bus, xasprintf("%s.%s = %s", bus, verb, argument));
}

static void take_x11(struct reader *r, const struct directive *d, char *argument)
{
	if (streq(argument, "none"))
		r->facts->no_display = true;
}

static void take_limit(struct reader *r, const char *name, const char *argument)
{
	uint64_t number;

	if ((streq(name, "as") || streq(name, "cpu") || streq(name, "fsize") ||
	     streq(name, "nofile") || streq(name, "nproc") || streq(name, "sigpending")) &&
	    number_size(argument, &number, NULL) == 0)
		strv_take(&r->facts->limits, xasprintf("rlimit.%s = %s", name, argument));
	else
		leave(r, NULL);
}

static void take_environment(struct reader *r, const struct directive *d, char *argument)
{
	size_t length = strspn(argument, LETTERS DIGITS "_");

	if (length && argument[length] == '=' && !strchr(DIGITS, argument[0]))
		strv_add(&r->facts->environment, argument);
	else
		leave(r, NULL);
}

static void take_seccomp(struct reader *r, const struct directive *d, char *argument)
{
	/* A browser makes its own sandboxes by it. */
	if (streq(argument, "!chroot"))
		add_once(&r->facts->words, "browser-sandbox");
	else if (*argument)
		leave(r, "see hutch-seccomp(5)");
}

static void take_private(struct reader *r, const struct directive *d, char *argument)
{
	r->facts->private_home = true;
	if (*argument)
		leave(r, "--home NAME is a home of its own that lasts");
}

/* hours:minutes:seconds */
static void take_timeout(struct reader *r, const struct directive *d, char *argument)
{
	unsigned hours, minutes, seconds;

	if (sscanf(argument, "%5u:%2u:%2u", &hours, &minutes, &seconds) != 3) {
		leave(r, NULL);
		return;
	}
	free(r->facts->wall);
	r->facts->wall = xasprintf("%us", (hours * 60 + minutes) * 60 + seconds);
}

static void take_ignore(struct reader *r, const struct directive *d, char *argument)
{
	if (*argument)
		strv_add(&r->ignored, argument);
}

static int read_file(struct reader *r, const char *name, struct error *e);

static void take_include(struct reader *r, const struct directive *d, char *argument)
{
	static const char *const players[] = {"${DOWNLOADS}", "${MUSIC}", "${PICTURES}",
					      "${VIDEOS}"};
	const char *slash = strrchr(argument, '/'), *dot = strrchr(argument, '.');
	const char *name = slash ? slash + 1 : argument;
	struct error e = {0};

	if (!dot || streq(dot, ".local"))
		return;
	if (streq(name, "disable-X11.inc"))
		r->facts->no_display = true;
	if (streq(name, "disable-exec.inc")) {
		add_once(&r->facts->noexec, firejail_home());
		add_once(&r->facts->noexec, "/tmp");
	}
	if (streq(name, "allow-ssh.inc"))
		leave(r, "--use ssh-agent, and the files of ~/.ssh that it needs");
	for (size_t i = 0; i < sizeof(players) / sizeof(players[0]); i++)
		if (streq(name, "whitelist-player-common.inc"))
			strv_take(&r->facts->shown, path_of(players[i]));
	if (!streq(dot, ".profile"))
		return;
	if (slash || !r->directory || r->depth == DEPTH_LIMIT)
		leave(r, slash ? "only files beside this one are read" : NULL);
	else if (read_file(r, name, &e) < 0)
		leave(r, e.text);
}

#define FACT(field) offsetof(struct firejail_facts, field)

static const struct directive directives[] = {
	{"allow-debuggers", take_not, 0, "seccomp: policy = dev"},
	{"allusers", take_not, 0, "no other homes"},
	{"apparmor", take_nothing, 0, NULL},
	{"apparmor-replace", take_nothing, 0, NULL},
	{"apparmor-stack", take_nothing, 0, NULL},
	{"blacklist", take_path, FACT(hidden), NULL},
	{"blacklist-nolog", take_path, FACT(hidden), NULL},
	{"caps", take_nothing, 0, NULL},
	{"caps.drop", take_nothing, 0, NULL},
	{"caps.keep", take_not, 0, "no capability is left"},
	{"dbus-system", take_nothing, 0, NULL},
	{"dbus-user", take_bus, 0, NULL},
	{"deterministic-exit-code", take_nothing, 0, NULL},
	{"deterministic-shutdown", take_nothing, 0, NULL},
	{"disable-mnt", take_nothing, 0, NULL},
	{"dns", take_not, 0, NULL},
	{"env", take_environment, 0, NULL},
	{"hostname", take_hostname, 0, NULL},
	{"ignore", take_ignore, 0, NULL},
	{"include", take_include, 0, NULL},
	{"ipc-namespace", take_nothing, 0, NULL},
	{"join-or-start", take_not, 0, "each start is a sandbox of its own"},
	{"machine-id", take_nothing, 0, NULL},
	{"memory-deny-write-execute", take_not, 0, NULL},
	{"mkdir", take_shown, FACT(made), NULL},
	{"mkfile", take_shown, FACT(files), NULL},
	{"net", take_net, 0, NULL},
	{"netfilter", take_nothing, 0, NULL},
	{"netlock", take_nothing, 0, NULL},
	{"no3d", take_flag, FACT(no_gpu), NULL},
	{"noblacklist", take_shown, FACT(excepted), NULL},
	{"nodbus", take_flag, FACT(bus_closed), NULL},
	{"nodvd", take_nothing, 0, NULL},
	{"noexec", take_path, FACT(noexec), NULL},
	{"nogroups", take_nothing, 0, NULL},
	{"noinput", take_nothing, 0, NULL},
	{"nonewprivs", take_nothing, 0, NULL},
	{"noprinters", take_nothing, 0, NULL},
	{"noroot", take_nothing, 0, NULL},
	{"nosound", take_flag, FACT(no_sound), NULL},
	{"notv", take_nothing, 0, NULL},
	{"nou2f", take_flag, FACT(no_keys), NULL},
	{"novideo", take_flag, FACT(no_video), NULL},
	{"nowhitelist", take_nothing, 0, NULL},
	{"private", take_private, 0, NULL},
	{"private-bin", take_flag, FACT(narrower), NULL},
	{"private-cache", take_nothing, 0, NULL},
	{"private-dev", take_nothing, 0, NULL},
	{"private-etc", take_flag, FACT(narrower), NULL},
	{"private-lib", take_flag, FACT(narrower), NULL},
	{"private-opt", take_flag, FACT(narrower), NULL},
	{"private-srv", take_nothing, 0, NULL},
	{"private-tmp", take_nothing, 0, NULL},
	{"protocol", take_protocol, 0, NULL},
	{"quiet", take_nothing, 0, NULL},
	{"read-only", take_path, FACT(read_only), NULL},
	{"read-write", take_path, FACT(read_write), NULL},
	{"restrict-namespaces", take_nothing, 0, NULL},
	{"rmenv", take_nothing, 0, NULL},
	{"seccomp", take_seccomp, 0, NULL},
	{"seccomp.block-secondary", take_nothing, 0, NULL},
	{"shell", take_nothing, 0, NULL},
	{"timeout", take_timeout, 0, NULL},
	{"tmpfs", take_path, FACT(tmpfs), NULL},
	{"tracelog", take_nothing, 0, NULL},
	{"whitelist", take_whitelist, FACT(shown), NULL},
	{"whitelist-ro", take_whitelist, FACT(shown_read_only), NULL},
	{"x11", take_x11, 0, NULL},
};

/* The directive @name with @argument, or one of several that share how they begin. */
static void take(struct reader *r, const char *name, char *argument)
{
	const char *rest;

	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (!streq(directives[i].name, name))
			continue;
		directives[i].take(r, &directives[i], argument);
		return;
	}
	if ((rest = startswith(name, "dbus-user.")))
		take_bus_rule(r, "session", rest, argument);
	else if ((rest = startswith(name, "dbus-system.")))
		take_bus_rule(r, "system", rest, argument);
	else if ((rest = startswith(name, "rlimit-")))
		take_limit(r, rest, argument);
	else
		leave(r, NULL);
}

static char *trimmed(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return text;
}

static void read_line(struct reader *r, char *line)
{
	char *comment = strstr(line, " #"), *argument;
	const char *text;

	if (comment)
		*comment = '\0';
	line = trimmed(line);
	/* Conditions of firejail's own configuration; this one holds unless it was changed. */
	if ((text = startswith(line, "?BROWSER_DISABLE_U2F:")))
		line = trimmed(line + (text - line));
	if (!*line || *line == '#' || *line == '?')
		return;
	for (size_t i = 0; i < r->ignored.count; i++)
		if (startswith(line, r->ignored.items[i]))
			return;
	r->line = line;
	text = strpbrk(line, " \t");
	if (text) {
		_cleanup_free_ char *name = xstrndup(line, (size_t)(text - line));
		_cleanup_free_ char *copy = xstrdup(text);

		argument = trimmed(copy);
		take(r, name, argument);
	} else {
		take(r, line, (char[1]){0});
	}
}

static void read_text(struct reader *r, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		read_line(r, line);
}

static int read_file(struct reader *r, const char *name, struct error *e)
{
	_cleanup_free_ char *path = r->directory ? xasprintf("%s/%s", r->directory, name) : NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd =
		open(path ? path : name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *outer = r->line;
	size_t length;
	int res;

	if (fd < 0)
		return error_errno(e, errno, "%s", path ? path : name);
	res = fd_read_all(fd, path ? path : name, FILE_LIMIT, &text, &length, e);
	if (res < 0)
		return res;
	r->depth++;
	read_text(r, text);
	r->depth--;
	r->line = outer;
	return 0;
}

int firejail_import(const char *path, struct strbuf *out, struct error *e)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *directory =
		slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	struct firejail_facts facts = {0};
	struct reader r = {.facts = &facts, .directory = directory};
	int res = read_file(&r, name, e);

	if (res == 0)
		firejail_write(&facts, name, out);
	firejail_facts_free(&facts);
	strv_free(&r.ignored);
	return res;
}

void firejail_import_text(const char *name, const char *text, size_t length, struct strbuf *out)
{
	_cleanup_free_ char *copy = xstrndup(text, length);
	struct firejail_facts facts = {0};
	struct reader r = {.facts = &facts};

	read_text(&r, copy);
	firejail_write(&facts, name, out);
	firejail_facts_free(&facts);
	strv_free(&r.ignored);
}
