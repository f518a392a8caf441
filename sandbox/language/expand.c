// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ~ and ${NAME}. user-dirs.dirs is a shell file by form; it is read by its two legal value forms
 * only ("$HOME/…" and "/…", user-dirs.dirs(5)), never by a shell, and only when a name asks for it.
 */
#include "language/expand.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/user.h"
#include "plan/display.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER_DIRS_LIMIT (64 * 1024)

static const struct {
	const char *name, *key, *fallback;
} user_directories[] = {
	{"DESKTOP", "XDG_DESKTOP_DIR", "Desktop"},
	{"DOWNLOADS", "XDG_DOWNLOAD_DIR", "Downloads"},
	{"TEMPLATES", "XDG_TEMPLATES_DIR", "Templates"},
	{"PUBLIC", "XDG_PUBLICSHARE_DIR", "Public"},
	{"DOCUMENTS", "XDG_DOCUMENTS_DIR", "Documents"},
	{"MUSIC", "XDG_MUSIC_DIR", "Music"},
	{"PICTURES", "XDG_PICTURES_DIR", "Pictures"},
	{"VIDEOS", "XDG_VIDEOS_DIR", "Videos"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

char *user_profile_directory(void)
{
	_cleanup_free_ char *config = base_directory("XDG_CONFIG_HOME");

	return config ? xasprintf("%s/hutch", config) : NULL;
}

/* The value of @key in the text of user-dirs.dirs: "$HOME/…" or "/…", with \ before any byte.
 * NULL where it has none or another form. */
static char *user_dirs_value(const char *data, const char *key, const char *home)
{
	char *found = NULL;

	for (const char *line = data; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t"), *rest;
		struct strbuf value = {0};

		at = startswith(at, key);
		if (!at)
			continue;
		at += strspn(at, " \t");
		if (*at != '=')
			continue;
		at++;
		at += strspn(at, " \t");
		if (*at != '"')
			continue;
		at++;
		rest = startswith(at, "$HOME");
		if (rest && (*rest == '/' || *rest == '"')) {
			strbuf_append(&value, home, strlen(home));
			at = rest;
		} else if (*at != '/') {
			continue;
		}
		while (*at && *at != '"' && *at != '\n') {
			if (*at == '\\' && at[1] && at[1] != '\n')
				at++;
			strbuf_append(&value, at++, 1);
		}
		if (*at != '"') {
			strbuf_free(&value);
			continue;
		}
		/* As a shell would read it, the last line holds. */
		free(found);
		found = value.text;
	}
	return found;
}

static char *user_directory(const char *key, const char *fallback, const char *home)
{
	_cleanup_free_ char *config = base_directory("XDG_CONFIG_HOME");
	_cleanup_free_ char *path = config ? xasprintf("%s/user-dirs.dirs", config) : NULL;
	_cleanup_fd_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	_cleanup_free_ char *data = NULL, *value = NULL;
	struct stat st;
	size_t length;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fd_read_all(fd, "user-dirs.dirs", USER_DIRS_LIMIT, &data, NULL, NULL) == 0)
		value = user_dirs_value(data, key, home);
	if (value) {
		length = strlen(value);
		while (length > 1 && value[length - 1] == '/')
			value[--length] = '\0';
		/* A directory set to the home directory is how one is turned off. Whoever shares
		 * Downloads must not share the whole home by that. */
		if (length > 1 && !streq(value, home))
			return TAKE_PTR(value);
	}
	return xasprintf("%s/%s", home, fallback);
}

/* Where the host's services listen, as the variables say that lead to them. Where one leads nowhere,
 * it is a path that does not exist: "?" passes over it. */
#define NOWHERE "/nonexistent"

static char *wayland_socket(void)
{
	const char *display = getenv("WAYLAND_DISPLAY"), *runtime = getenv("XDG_RUNTIME_DIR");

	if (!display || !*display || display[0] == '/')
		return xstrdup(display && *display ? display : NOWHERE);
	return runtime && *runtime ? xasprintf("%s/%s", runtime, display) : xstrdup(NOWHERE);
}

static char *x11_socket(void)
{
	const char *display = getenv("DISPLAY"), *number = display ? strrchr(display, ':') : NULL;
	size_t digits = number ? strspn(number + 1, "0123456789") : 0;

	/* Of another machine's there is no socket here. */
	if (!digits || (display[0] != ':' && !startswith(display, "unix:")))
		return xstrdup(NOWHERE);
	return xasprintf("/tmp/.X11-unix/X%.*s", (int)digits, number + 1);
}

static char *pulse_socket(void)
{
	const char *server = getenv("PULSE_SERVER"), *runtime = getenv("XDG_RUNTIME_DIR");
	const char *path = server ? startswith(server, "unix:") : NULL;

	if (server && *server)
		return xstrdup(path ? path : server[0] == '/' ? server : NOWHERE);
	return runtime && *runtime ? xasprintf("%s/pulse/native", runtime) : xstrdup(NOWHERE);
}

static char *ssh_socket(void)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	return xstrdup(path && path[0] == '/' ? path : NOWHERE);
}

/* The agent's socket for other machines, which hands out and changes no keys. */
static char *gpg_socket(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *home = user_home();
	char *path = xasprintf("%s/gnupg/S.gpg-agent.extra", runtime && *runtime ? runtime : "");

	if (access(path, F_OK) == 0 || !home)
		return path;
	free(path);
	return xasprintf("%s/.gnupg/S.gpg-agent.extra", home);
}

/* A variable can say anything, and what it says is going to be shared: nothing but a socket is meant. */
static char *only_socket(char *path)
{
	struct stat st;

	if (path[0] == '/' && stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		return path;
	free(path);
	return xstrdup(NOWHERE);
}

static const struct {
	const char *name;
	char *(*find)(void);
} sockets[] = {
	{"GPG_AGENT_SOCKET", gpg_socket}, {"WAYLAND_SOCKET", wayland_socket},
	{"X11_SOCKET", x11_socket},       {"PULSE_SOCKET", pulse_socket},
	{"SSH_AUTH_SOCK", ssh_socket},
};

/* What ${NAME} stands for; the caller frees it. */
static int variable_value(const char *name, size_t length, char **ret, struct error *e)
{
	const char *names[BASE_DIRECTORIES + COUNT(user_directories) + COUNT(sockets) + 4];
	_cleanup_free_ char *wanted = xstrndup(name, length);
	const char *home = user_home(), *near;
	char *value = NULL;
	size_t count = 0;

	names[count++] = "HOME";
	names[count++] = "UID";
	names[count++] = "XDG_RUNTIME_DIR";
	names[count++] = "X11_SERVER";
	for (size_t i = 0; i < BASE_DIRECTORIES; i++)
		names[count++] = base_directory_names[i];
	for (size_t i = 0; i < COUNT(user_directories); i++)
		names[count++] = user_directories[i].name;
	for (size_t i = 0; i < COUNT(sockets); i++)
		names[count++] = sockets[i].name;

	if (streq(wanted, "UID")) {
		value = xasprintf("%u", (unsigned)getuid());
	} else if (streq(wanted, "HOME")) {
		value = xstrdup(home);
	} else if (streq(wanted, "X11_SERVER")) {
		value = xstrdup(display_server() ? display_server() : NOWHERE);
	} else if (streq(wanted, "XDG_RUNTIME_DIR")) {
		value = base_directory(wanted);
		if (!value)
			value = xasprintf("/run/user/%u", (unsigned)getuid());
	} else {
		for (size_t i = 0; i < COUNT(sockets); i++)
			if (streq(wanted, sockets[i].name))
				value = only_socket(sockets[i].find());
		for (size_t i = 0; i < BASE_DIRECTORIES; i++)
			if (streq(wanted, base_directory_names[i]))
				value = base_directory(wanted);
		for (size_t i = 0; i < COUNT(user_directories); i++)
			if (home && streq(wanted, user_directories[i].name))
				value = user_directory(user_directories[i].key,
						       user_directories[i].fallback, home);
	}
	if (value) {
		*ret = value;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (streq(wanted, names[i]))
			return error_set(e, ENOENT, "${%s}: you have no home directory", wanted);
	error_set(e, EINVAL, "${%.60s}: unknown variable", wanted);
	near = string_nearest(wanted, names, count);
	return near ? error_remedy(e, "did you mean \"${%s}\"?", near)
		    : error_remedy(
			      e, "write \\$ for a dollar sign; the names are in hutch-profile(5)");
}

/* What may stand behind a backslash in a path. Anything else is an error rather than a guess. */
#define ESCAPABLE "\\,:?$~# \t"

static int expand_into(struct strbuf *out, const char *text, bool path, struct error *e)
{
	while (*text) {
		size_t plain = strcspn(text, "$\\"), length;
		_cleanup_free_ char *value = NULL;
		int r;

		strbuf_append(out, text, plain);
		text += plain;
		if (text[0] == '\\' && (path || text[1] == '$')) {
			if (!text[1] || !strchr(ESCAPABLE, text[1])) {
				error_set(e, EINVAL, "\\%.1s: unknown escape", text + 1);
				return error_remedy(e, "write \\\\ for a backslash");
			}
			strbuf_append(out, text + 1, 1);
			text += 2;
		} else if (text[0] == '$' && text[1] == '{') {
			length = strcspn(text + 2, "}");
			if (!text[2 + length])
				return error_set(e, EINVAL, "${ without }");
			r = variable_value(text + 2, length, &value, e);
			if (r < 0)
				return r;
			strbuf_append(out, value, strlen(value));
			text += length + 3;
		} else if (*text) {
			strbuf_append(out, text, 1);
			text++;
		}
	}
	return 0;
}

int expand_variables(const char *text, char **ret, struct error *e)
{
	struct strbuf out = {0};
	int r;

	strbuf_append(&out, "", 0);
	r = expand_into(&out, text, false, e);
	if (r < 0)
		strbuf_free(&out);
	else
		*ret = out.text;
	return r;
}

int expand_path(const char *text, char **ret, struct error *e)
{
	struct strbuf out = {0};
	const char *home;
	int r;

	strbuf_append(&out, "", 0);
	if (text[0] == '~') {
		if (text[1] && text[1] != '/') {
			strbuf_free(&out);
			error_set(e, EINVAL, "only ~ and ~/… are known, not ~NAME");
			return error_remedy(
				e, "write the path in full, or ./~… for a file of that name");
		}
		home = user_home();
		if (!home) {
			strbuf_free(&out);
			return error_set(e, ENOENT, "~: you have no home directory");
		}
		strbuf_append(&out, home, strlen(home));
		text++;
	}
	r = expand_into(&out, text, true, e);
	if (r < 0)
		strbuf_free(&out);
	else
		*ret = out.text;
	return r;
}

char *path_beside(const char *directory, const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return xasprintf("%s/%s", directory, path);
}
