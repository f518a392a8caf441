// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_find.h"
#include "base/fd.h"
#include "base/string.h"
#include "language/policy_builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void policy_text_free(struct policy_text *text)
{
	free(text->name);
	free(text->directory);
	free(text->text);
	*text = (struct policy_text){0};
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

int policy_read(const char *path, struct policy_text *ret, struct error *e)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int fd = -1;
	struct stat st;
	size_t length;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_errno(e, errno, "%s", path);
	if (fstat(fd, &st) < 0)
		return error_errno(e, errno, "%s", path);
	/* A pipe is fine: a shell's <(…). */
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return error_errno(e, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "%s", path);
	r = fd_read_all(fd, path, POLICY_SIZE_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	*ret = (struct policy_text){
		.name = xstrdup(path),
		.directory = directory_of(path),
		.text = TAKE_PTR(data),
		.length = length,
	};
	return 0;
}

char *policy_user_path(const char *name)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		return xasprintf("%s/hutch/seccomp/%s.policy", config, name);
	if (home && home[0] == '/')
		return xasprintf("%s/.config/hutch/seccomp/%s.policy", home, name);
	return NULL;
}

static int no_such_policy(const char *name, struct error *e)
{
	const char *names[64];
	char *owned[64];
	size_t count = 0;
	const char *nearest;
	_cleanup_strbuf_ struct strbuf list = {0};

	for (size_t i = 0; i < policy_builtin_count() && count < 64; i++) {
		struct policy_builtin builtin = policy_builtin_at(i);
		const char *suffix = strstr(builtin.name, ".policy");

		if (!suffix || strchr(builtin.name, '/'))
			continue;
		owned[count] = xstrndup(builtin.name, (size_t)(suffix - builtin.name));
		strbuf_printf(&list, "%s%s", count ? ", " : "", owned[count]);
		names[count] = owned[count];
		count++;
	}
	nearest = string_nearest(name, names, count);
	error_set(e, ENOENT, "no seccomp policy is called \"%s\"", name);
	if (nearest)
		error_remedy(e, "%s; a file's name needs a slash (./%s)", nearest, name);
	else
		error_remedy(e, "one of %s, or a file (./%s)", list.text ? list.text : "none",
			     name);
	for (size_t i = 0; i < count; i++)
		free(owned[i]);
	return -ENOENT;
}

int policy_find(const char *name, const char *base, struct policy_text *ret, struct error *e)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (strchr(name, '/')) {
		while (name[0] != '/' && base && startswith(name, "./") && name[2] &&
		       name[2] != '/')
			name += 2;
		if (name[0] != '/' && base)
			path = xasprintf("%s/%s", base, name);
		return policy_read(path ? path : name, ret, e);
	}
	path = policy_user_path(name);
	if (path) {
		r = policy_read(path, ret, e);
		/* No file there, or a directory on the way that is none or somebody else's (a home
		 * that sudo left in the environment). A file that is there and unreadable is an
		 * error. */
		if (r == 0 || access(path, F_OK) == 0)
			return r;
	}
	return policy_find_shipped(name, ret, e);
}

int policy_find_shipped(const char *name, struct policy_text *ret, struct error *e)
{
	struct policy_builtin builtin = policy_builtin_find("", name, ".policy");

	if (!builtin.text)
		return no_such_policy(name, e);
	*ret = (struct policy_text){
		.name = xasprintf("%s (built in)", builtin.name),
		.text = xstrndup(builtin.text, builtin.length),
		.length = builtin.length,
		.builtin = true,
	};
	return 0;
}
