// SPDX-License-Identifier: GPL-2.0-or-later
/* A desktop entry of any bytes is refused, or what is made of it starts nothing but the sandbox. */
#include "fuzz.h"

#include "language/desktop_entry.h"
#include "language/menu_entry.h"

/* Every Exec begins with hutch, and "--" stands before the first word that was in the entry. */
static void check(const struct desktop_group *group)
{
	static const char *const begin[] = {"/usr/bin/hutch", "run"};
	_cleanup_strv_ struct strv words = {0};
	const char *exec = desktop_group_get(group, "Exec");
	size_t at = 2;
	struct error e;

	if (!exec || desktop_exec_split(exec, &words, &e) < 0 || words.count < 4)
		abort();
	for (size_t i = 0; i < 2; i++)
		if (!streq(words.items[i], begin[i]))
			abort();
	while (at + 1 < words.count && streq(words.items[at], "--env"))
		at += 2;
	if (at >= words.count || !streq(words.items[at], "--"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct menu_options options = {.hutch = "/usr/bin/hutch", .id = "x.desktop"};
	_cleanup_desktop_entry_ struct desktop_entry entry = {0};
	_cleanup_strbuf_ struct strbuf out = {0}, service = {0};
	struct error e = {0};

	if (menu_entry_make((const char *)data, size, &options, &out, &e) == 0) {
		if (desktop_entry_parse(out.text, out.length, &entry, &e) < 0)
			abort();
		vector_each (group, &entry.groups)
			check(group);
	} else if (!e.text[0]) {
		abort();
	}
	(void)!menu_service_make((const char *)data, size, "x", &options, &service, &e);
	return 0;
}
