// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_groups.h"
#include "language/policy_builtin.h"
#include "language/policy_calls.h"

#include <string.h>

/* Deeper nesting is a circle. */
#define GROUP_DEPTH 8

bool policy_group_exists(const char *name)
{
	return policy_builtin_find("groups/", name, "").text != NULL;
}

void policy_group_names(struct strv *names)
{
	for (size_t i = 0; i < policy_builtin_count(); i++) {
		const char *name = startswith(policy_builtin_at(i).name, "groups/");

		if (name)
			strv_add(names, name);
	}
}

const char *policy_group_nearest(const char *name)
{
	_cleanup_strv_ struct strv names = {0};
	const char *nearest;

	policy_group_names(&names);
	nearest = string_nearest(name, (const char *const *)names.items, names.count);
	/* The list goes; the name itself lives in the program's text. */
	return nearest ? policy_builtin_find("groups/", nearest, "").name + strlen("groups/")
		       : NULL;
}

static void add_calls(const char *name, struct strv *calls, unsigned int depth)
{
	const char *line = policy_builtin_find("groups/", name, "").text;

	for (; line && *line && depth < GROUP_DEPTH;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		size_t length = strcspn(line, " \t\r\n#");
		_cleanup_free_ char *word = xstrndup(line, length);

		if (length == 0)
			continue;
		if (word[0] == '@')
			add_calls(word + 1, calls, depth + 1);
		else
			strv_take(calls, TAKE_PTR(word));
	}
}

void policy_group_calls(const char *name, struct strv *calls)
{
	if (streq(name, "known")) {
		const struct strv *known = policy_call_names();

		for (size_t i = 0; i < known->count; i++)
			strv_add(calls, known->items[i]);
	}
	add_calls(name, calls, 0);
	strv_sort(calls);
}

char *policy_group_purpose(const char *name)
{
	const char *line = policy_builtin_find("groups/", name, "").text;
	struct strbuf text = {0};

	for (; line && *line == '#'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *words = line + 1 + strspn(line + 1, " ");

		if (startswith(words, "SPDX-"))
			continue;
		if (*words == '\n' || *words == '\0')
			break;
		strbuf_printf(&text, "%s", text.length ? " " : "");
		strbuf_append(&text, words, strcspn(words, "\n"));
	}
	return text.text ? text.text : xstrdup("");
}
