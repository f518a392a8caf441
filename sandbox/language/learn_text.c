// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_text.h"

#include "base/user.h"
#include "language/expand.h"
#include "plan/rules.h"

char *learn_escape(const char *rest)
{
	struct strbuf out = {0};
	size_t length = strlen(rest);

	if (string_utf8_length(rest, length) != length ||
	    (length && strchr(" \t", rest[length - 1])))
		return NULL;
	strbuf_append(&out, "", 0);
	for (; *rest; rest++) {
		if ((unsigned char)*rest < 0x20 || *rest == 0x7f) {
			strbuf_free(&out);
			return NULL;
		}
		if (strchr("\\,:?$# ", *rest))
			strbuf_append(&out, "\\", 1);
		strbuf_append(&out, rest, 1);
	}
	return out.text;
}

/* Of the same directory under two names, the first one is said. */
static const char *const names[] = {
	"${XDG_RUNTIME_DIR}", "${XDG_CONFIG_HOME}", "${XDG_DATA_HOME}", "${XDG_STATE_HOME}",
	"${XDG_CACHE_HOME}",  "${DOWNLOADS}",       "${DOCUMENTS}",     "${MUSIC}",
	"${PICTURES}",        "${VIDEOS}",
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* What the names stand for, NULL for nothing. Half of them are in a file, and every path is held against all: they are looked
 * up once for a home. */
static char *const *named_directories(const char *home)
{
	static char *looked_up_for, *directories[NAMES];

	if (looked_up_for && streq(looked_up_for, home ? home : ""))
		return directories;
	free(looked_up_for);
	looked_up_for = xstrdup(home ? home : "");
	for (size_t i = 0; i < NAMES; i++) {
		free(directories[i]);
		directories[i] = NULL;
		(void)expand_variables(names[i], &directories[i], NULL);
	}
	return directories;
}

char *learn_path(const char *path)
{
	const char *home = user_home(), *said = "", *rest = path, *below;
	char *const *directories = named_directories(home);
	_cleanup_free_ char *escaped = NULL;

	below = home && !streq(home, "/") ? path_below(path, home) : NULL;
	if (below) {
		said = "~";
		rest = below;
	}
	for (size_t i = 0; i < NAMES; i++) {
		below = directories[i] ? path_below(path, directories[i]) : NULL;
		if (below && strlen(below) < strlen(rest)) {
			said = names[i];
			rest = below;
		}
	}
	escaped = learn_escape(rest);
	return escaped ? xasprintf("%s%s", said, escaped) : NULL;
}
