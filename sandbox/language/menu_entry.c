// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/menu_entry.h"

#include "language/desktop_entry.h"

#include <errno.h>

#define MAIN   "Desktop Entry"
#define ACTION "Desktop Action "
#define MARK   " (hutch)"

/* Keys that are data and nothing else; Exec, TryExec, Name and DBusActivatable are treated apart. */
static const char *const kept[] = {
	"Type",
	"Version",
	"GenericName",
	"NoDisplay",
	"Comment",
	"Icon",
	"OnlyShowIn",
	"NotShowIn",
	"Path",
	"Terminal",
	"MimeType",
	"Categories",
	"Implements",
	"Keywords",
	"StartupNotify",
	"StartupWMClass",
	"PrefersNonDefaultGPU",
	"SingleMainWindow",
	"X-GNOME-FullName",
	"X-GNOME-UsesNotifications",
	"X-GNOME-SingleWindow",
	"X-KDE-StartupNotify",
	"X-MultipleArgs",
	"X-SingleMainWindow",
	"X-GNOME-Gettext-Domain",
	"X-Ubuntu-Gettext-Domain",
	"X-Purism-FormFactor",
};

/* Programs that hand over to something outside of the sandbox, or change who runs. */
static const char *const others[] = {
	"sudo",         "pkexec",     "doas", "su",        "gksu",  "gksudo",     "kdesu",
	"kdesudo",      "flatpak",    "snap", "firejail",  "bwrap", "bubblejail", "hutch",
	"gapplication", "gtk-launch", "gio",  "dbus-send", "gdbus", "systemd-run"};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_assignment(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_");

	return length && word[length] == '=' && (word[0] < '0' || word[0] > '9');
}

/* The index of the program among the words; variables stand before it. */
static int find_program(const struct strv *words, size_t *ret, struct error *e)
{
	size_t i = 0;

	if (streq(base_name(words->items[0]), "env"))
		for (i = 1; i < words->count && is_assignment(words->items[i]); i++)
			if (strchr(words->items[i], '%'))
				return error_set(e, EINVAL, "%.100s: a field code in a variable",
						 words->items[i]);
	if (i == words->count || !*words->items[i] || words->items[i][0] == '-' ||
	    strchr(words->items[i], '%') || streq(base_name(words->items[i]), "env"))
		return error_set(e, EINVAL, "which program it starts is not to be seen");
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
		if (streq(base_name(words->items[i]), others[k]))
			return error_set(e, EINVAL, "is started by %s, not by itself", others[k]);
	if (startswith(words->items[i], "/snap/"))
		return error_set(e, EINVAL, "is started by snap, not by itself");
	*ret = i;
	return 0;
}

/* "hutch run --home work -- firefox %u" from "firefox %u". */
static int wrap(const char *exec, const struct menu_options *options, bool codes,
		struct strbuf *ret, char **ret_program, struct error *e)
{
	void (*const add)(struct strbuf *, const char *) =
		codes ? desktop_exec_add_literal : desktop_exec_add;
	_cleanup_strv_ struct strv words = {0};
	size_t program = 0;
	int r = desktop_exec_split(exec, &words, e);

	if (r == 0)
		r = find_program(&words, &program, e);
	if (r < 0)
		return error_wrap(e, "Exec");
	if (ret_program)
		*ret_program = xstrdup(words.items[program]);
	add(ret, options->hutch);
	desktop_exec_add(ret, "run");
	if (options->profile) {
		desktop_exec_add(ret, "--profile");
		add(ret, options->profile);
	}
	if (options->home) {
		desktop_exec_add(ret, "--home");
		add(ret, options->home);
	}
	for (size_t i = 1; i < program; i++) {
		desktop_exec_add(ret, "--env");
		desktop_exec_add(ret, words.items[i]);
	}
	desktop_exec_add(ret, "--");
	for (size_t i = program; i < words.count; i++)
		desktop_exec_add(ret, words.items[i]);
	return 0;
}

static int read_main(const char *data, size_t length, struct desktop_entry *entry,
		     const struct desktop_group **ret, struct error *e)
{
	const struct desktop_group *group = NULL;
	const char *type, *hidden;
	int r = desktop_entry_parse(data, length, entry, e);

	if (r < 0)
		return r;
	group = desktop_entry_group(entry, MAIN);
	type = group ? desktop_group_get(group, "Type") : NULL;
	hidden = group ? desktop_group_get(group, "Hidden") : NULL;
	if (!type || !streq(type, "Application") || (hidden && streq(hidden, "true")))
		return error_set(e, ENOENT, "no application");
	if (!desktop_group_get(group, "Exec"))
		return error_set(e, EINVAL, "no Exec: it is started over D-Bus alone");
	*ret = group;
	return 0;
}

int menu_entry_program(const char *data, size_t length, char **ret, struct error *e)
{
	_cleanup_desktop_entry_ struct desktop_entry entry = {0};
	const struct menu_options none = {.hutch = "hutch"};
	_cleanup_strbuf_ struct strbuf exec = {0};
	const struct desktop_group *group = NULL;
	int r = read_main(data, length, &entry, &group, e);

	return r < 0 ? r : wrap(desktop_group_get(group, "Exec"), &none, true, &exec, ret, e);
}

static bool is_kept(const char *name)
{
	size_t length = strcspn(name, "[");

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strlen(kept[i]) == length && strncmp(kept[i], name, length) == 0)
			return true;
	return false;
}

static bool is_name(const char *name)
{
	return streq(name, "Name") || startswith(name, "Name[");
}

/* Whether "a;b;" names @id. */
static bool lists(const char *list, const char *id)
{
	size_t length = strlen(id);

	for (; list && *list; list += *list == ';') {
		size_t size = strcspn(list, ";");

		if (size == length && strncmp(list, id, length) == 0)
			return true;
		list += size;
	}
	return false;
}

/* The entry's actions that have a command of their own, as a list and as groups. */
static int add_actions(const struct desktop_entry *entry, const char *wanted,
		       const struct menu_options *options, struct strbuf *list,
		       struct strbuf *groups, struct error *e)
{
	vector_each (group, &entry->groups) {
		const char *id = startswith(group->name, ACTION);
		const char *exec = id ? desktop_group_get(group, "Exec") : NULL;
		_cleanup_strbuf_ struct strbuf command = {0};
		int r;

		if (!exec || !lists(wanted, id))
			continue;
		r = wrap(exec, options, true, &command, NULL, e);
		if (r < 0)
			return error_wrap(e, "%.100s", group->name);
		strbuf_printf(list, "%s;", id);
		strbuf_printf(groups, "\n[%s]\n", group->name);
		vector_each (key, &group->keys)
			if (is_name(key->name) || streq(key->name, "Icon"))
				strbuf_printf(groups, "%s=%s\n", key->name, key->value);
		strbuf_printf(groups, "Exec=%s\n", command.text);
	}
	return 0;
}

int menu_entry_make(const char *data, size_t length, const struct menu_options *options,
		    struct strbuf *ret, struct error *e)
{
	_cleanup_desktop_entry_ struct desktop_entry entry = {0};
	_cleanup_strbuf_ struct strbuf exec = {0}, list = {0}, groups = {0};
	_cleanup_free_ char *program = NULL;
	const struct desktop_group *group = NULL;
	int r = read_main(data, length, &entry, &group, e);

	if (r == 0)
		r = wrap(desktop_group_get(group, "Exec"), options, true, &exec, &program, e);
	if (r == 0)
		r = add_actions(&entry, desktop_group_get(group, "Actions"), options, &list,
				&groups, e);
	if (r < 0)
		return r;
	strbuf_printf(ret,
		      "# Written by `hutch integrate add`; `hutch integrate remove %s` undoes it.\n"
		      "[" MAIN "]\n",
		      options->id);
	vector_each (key, &group->keys) {
		if (is_name(key->name))
			strbuf_printf(ret, "%s=%s" MARK "\n", key->name, key->value);
		else if (is_kept(key->name))
			strbuf_printf(ret, "%s=%s\n", key->name, key->value);
	}
	/* Activation would start what the system's service file says, not what stands here. */
	if (desktop_group_get(group, "DBusActivatable"))
		strbuf_printf(ret, "DBusActivatable=false\n");
	/* When the program's package goes, so does the entry from the menu. */
	if (desktop_group_get(group, "TryExec"))
		strbuf_printf(ret, "TryExec=%s\n", desktop_group_get(group, "TryExec"));
	else if (!strchr(program, '\\'))
		strbuf_printf(ret, "TryExec=%s\n", program);
	strbuf_printf(ret, "Exec=%s\n", exec.text);
	if (list.length)
		strbuf_printf(ret, "Actions=%s\n", list.text);
	if (groups.length)
		strbuf_append(ret, groups.text, groups.length);
	return 0;
}

int menu_service_make(const char *data, size_t length, const char *name,
		      const struct menu_options *options, struct strbuf *ret, struct error *e)
{
	_cleanup_desktop_entry_ struct desktop_entry entry = {0};
	_cleanup_strbuf_ struct strbuf exec = {0};
	const struct desktop_group *group = NULL;
	const char *command;
	int r = desktop_entry_parse(data, length, &entry, e);

	if (r < 0)
		return r;
	group = desktop_entry_group(&entry, "D-BUS Service");
	command = group ? desktop_group_get(group, "Exec") : NULL;
	if (!command)
		return error_set(e, EINVAL, "no service that a program is started for");
	r = wrap(command, options, false, &exec, NULL, e);
	if (r == 0)
		strbuf_printf(ret,
			      "# Written by `hutch integrate add`; `hutch integrate remove %s` "
			      "undoes it.\n"
			      "[D-BUS Service]\nName=%s\nExec=%s\n",
			      options->id, name, exec.text);
	return r;
}
