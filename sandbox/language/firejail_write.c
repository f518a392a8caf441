// SPDX-License-Identifier: GPL-2.0-or-later
/* What a profile of firejail's says, as a profile of hutch. */
#include "language/firejail_facts.h"

#include "base/user.h"
#include "language/learn_text.h"
#include "plan/rules.h"

#include <stdarg.h>

const char *firejail_home(void)
{
	const char *home = user_home();

	return home && !streq(home, "/") ? home : "/nonexistent";
}

void firejail_facts_free(struct firejail_facts *facts)
{
	struct strv *lists[] = {
		&facts->excepted,    &facts->shown,           &facts->made,   &facts->files,
		&facts->read_only,   &facts->read_write,      &facts->hidden, &facts->tmpfs,
		&facts->noexec,      &facts->shown_read_only, &facts->bus,    &facts->words,
		&facts->environment, &facts->limits,          &facts->left,
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		strv_free(lists[i]);
	free(facts->hostname);
	free(facts->wall);
}

/* A section that begins with its first line. */
struct section {
	struct strbuf *out;
	const char *name;
	bool begun;
};

static void add(struct section *section, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct section *section, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	if (!section->begun)
		strbuf_printf(section->out, "\n[%s]\n", section->name);
	section->begun = true;
	strbuf_printf(section->out, "%s\n", line);
}

static void add_path(struct section *section, const char *key, const char *path, bool optional)
{
	_cleanup_free_ char *text = learn_path(path);

	if (text)
		add(section, "%s = %s%s", key, text, optional ? "?" : "");
}

/* The longest of @list that @path is in or is, by its length; 0: none. */
static size_t longest_above(const struct strv *list, const char *path)
{
	size_t longest = 0;

	for (size_t i = 0; i < list->count; i++)
		if (path_below(path, list->items[i]) && strlen(list->items[i]) > longest)
			longest = strlen(list->items[i]);
	return longest;
}

static bool is_read_only(const struct firejail_facts *facts, const char *path)
{
	return strv_has(&facts->shown_read_only, path) ||
	       longest_above(&facts->read_only, path) > longest_above(&facts->read_write, path);
}

static bool is_shown(const struct firejail_facts *facts, const char *path)
{
	return longest_above(&facts->shown, path) || longest_above(&facts->shown_read_only, path) ||
	       (!facts->whitelist && longest_above(&facts->excepted, path));
}

/* Where hutch shows something of the system. */
static bool is_system(const char *path)
{
	static const char *const roots[] = {"/usr", "/etc", "/opt", "/bin", "/sbin", "/lib"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (path_below(path, roots[i]) && !streq(path, roots[i]))
			return true;
	return false;
}

static void write_words(const struct firejail_facts *facts, struct strbuf *out)
{
	struct section section = {out, "profile", false};
	_cleanup_strbuf_ struct strbuf words = {0};

	if (!facts->no_display)
		strbuf_printf(&words, " wayland|x11-isolated fonts-and-themes input-method");
	if (!facts->no_display && !facts->no_gpu)
		strbuf_printf(&words, " gpu");
	if (!facts->no_display && !facts->bus_closed && !strv_has(&facts->words, "portals"))
		strbuf_printf(&words, " portals");
	if (!facts->no_sound)
		strbuf_printf(&words, " audio-playback");
	for (size_t i = 0; i < facts->words.count; i++)
		strbuf_printf(&words, " %s", facts->words.items[i]);
	if (words.length)
		add(&section, "use =%s", words.text);
}

static void write_shown(const struct firejail_facts *facts, const struct strv *list,
			struct section *section, struct strv *written)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->items[i];
		bool made = strv_has(&facts->made, path);

		if (strv_has(written, path) || streq(path, firejail_home()))
			continue;
		strv_add(written, path);
		if (is_read_only(facts, path))
			add_path(section, "ro", path, true);
		else
			add_path(section, made ? "data" : "rw", path, !made);
	}
}

/* What is less inside of something that is shown. */
static void write_exceptions(const struct firejail_facts *facts, struct section *section)
{
	for (size_t i = 0; i < facts->read_only.count; i++)
		if (is_shown(facts, facts->read_only.items[i]) &&
		    !strv_has(&facts->shown, facts->read_only.items[i]))
			add_path(section, "ro", facts->read_only.items[i], true);
	for (size_t i = 0; i < facts->hidden.count; i++)
		if (is_shown(facts, facts->hidden.items[i]) || is_system(facts->hidden.items[i]))
			add_path(section, "hide", facts->hidden.items[i], true);
}

static void write_files(const struct firejail_facts *facts, struct strbuf *out)
{
	struct section section = {out, "filesystem", false};
	_cleanup_strv_ struct strv written = {0};

	if (!facts->private_home) {
		write_shown(facts, &facts->shown, &section, &written);
		write_shown(facts, &facts->shown_read_only, &section, &written);
		if (!facts->whitelist)
			write_shown(facts, &facts->excepted, &section, &written);
		write_exceptions(facts, &section);
	}
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		add_path(&section, "tmpfs", facts->tmpfs.items[i], true);
	for (size_t i = 0; i < facts->noexec.count; i++)
		if (path_below(facts->noexec.items[i], "/tmp") ||
		    streq(facts->noexec.items[i], firejail_home()) ||
		    is_shown(facts, facts->noexec.items[i]))
			add_path(&section, "noexec", facts->noexec.items[i], true);
	if (!facts->whitelist && !facts->private_home)
		add(&section, "arguments = rw");
}

static void write_others(const struct firejail_facts *facts, struct strbuf *out)
{
	struct section network = {out, "network", false}, dbus = {out, "dbus", false};
	struct section environment = {out, "environment", false};
	struct section identity = {out, "identity", false}, process = {out, "process", false};
	struct section resources = {out, "resources", false}, seccomp = {out, "seccomp", false};

	if (!facts->no_network && !facts->no_internet)
		add(&network, "mode = internet");
	for (size_t i = 0; i < facts->bus.count; i++)
		if (!facts->bus_closed || !startswith(facts->bus.items[i], "session."))
			add(&dbus, "%s", facts->bus.items[i]);
	if (!facts->no_display)
		add(&seccomp, "policy = desktop");
	if (!facts->no_display)
		add(&environment, "keep = XDG_CURRENT_DESKTOP");
	for (size_t i = 0; i < facts->environment.count; i++) {
		_cleanup_free_ char *text = learn_escape(facts->environment.items[i]);

		if (text)
			add(&environment, "set = %s", text);
	}
	if (facts->hostname)
		add(&identity, "hostname = %s", facts->hostname);
	for (size_t i = 0; i < facts->limits.count; i++)
		add(&process, "%s", facts->limits.items[i]);
	if (facts->wall)
		add(&resources, "wall = %s", facts->wall);
}

static void write_left(const struct firejail_facts *facts, struct strbuf *out)
{
	if (facts->narrower)
		strbuf_printf(out, "\n# private-bin, private-etc and the like: the system is shown "
				   "whole, read-only.\n");
	if (!facts->bus_closed && !facts->bus_filtered)
		strbuf_printf(out, "\n# firejail leaves the message bus open; here each name needs "
				   "a line: [dbus] session.talk = NAME\n");
	if (!facts->no_video || !facts->no_keys)
		strbuf_printf(out,
			      "\n# Not given, though firejail would%s%s%s; see `hutch profile list "
			      "words`.\n",
			      facts->no_video ? "" : ": camera",
			      facts->no_video || facts->no_keys ? "" : ",",
			      facts->no_keys    ? ""
			      : facts->no_video ? ": u2f"
						: " u2f");
	if (facts->left.count)
		strbuf_printf(out, "\n# Not taken over:\n");
	for (size_t i = 0; i < facts->left.count; i++)
		strbuf_printf(out, "#   %s\n", facts->left.items[i]);
}

void firejail_write(const struct firejail_facts *facts, const char *name, struct strbuf *out)
{
	_cleanup_free_ char *shown = string_escape(name);

	strbuf_printf(out, "# From firejail's %s.", shown);
	if (!facts->whitelist && !facts->private_home)
		strbuf_printf(out, " There the whole home is open but for a list; here is what "
				   "stands below,\n# and the files of the command line.");
	strbuf_printf(out, "\n");
	write_words(facts, out);
	write_files(facts, out);
	write_others(facts, out);
	write_left(facts, out);
}
