// SPDX-License-Identifier: GPL-2.0-or-later
/* Desktop entries of others, and what is made of them for the user's menu. */
#include "language/desktop_entry.h"
#include "language/menu_entry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct menu_options options = {.hutch = "/usr/bin/hutch", .id = "x.desktop"};

static char *made(const char *text, const struct menu_options *how)
{
	struct strbuf out = {0};
	struct error e = {0};

	if (menu_entry_make(text, strlen(text), how, &out, &e) < 0)
		fail_msg("%s", e.text);
	return out.text;
}

static void assert_refused(const char *text, const char *why)
{
	_cleanup_strbuf_ struct strbuf out = {0};
	struct error e = {0};

	assert_true(menu_entry_make(text, strlen(text), &options, &out, &e) < 0);
	if (!strstr(e.text, why))
		fail_msg("%s", e.text);
}

static void assert_line(const char *text, const char *line)
{
	_cleanup_free_ char *whole = xasprintf("\n%s\n", line);

	if (!strstr(text, whole))
		fail_msg("no %s in\n%s", line, text);
}

static void exec_is_put_into_the_sandbox(void **state)
{
	_cleanup_free_ char *text =
		made("[Desktop Entry]\nType=Application\nName=Fox\nName[de]=Fuchs\nIcon=fox\n"
		     "MimeType=text/html;x-scheme-handler/http;\nStartupWMClass=Fox\n"
		     "DBusActivatable=true\nTryExec=fox\nExec=fox --class \"a b\" %U\n"
		     "Actions=new;gone;\n[Desktop Action new]\nName=New\nExec=fox --new\n"
		     "[Desktop Action unlisted]\nName=No\nExec=evil\n",
		     &options);

	assert_line(text, "Exec=/usr/bin/hutch run -- fox --class \"a b\" %U");
	assert_line(text, "Exec=/usr/bin/hutch run -- fox --new");
	assert_line(text, "Name=Fox (hutch)");
	assert_line(text, "Name[de]=Fuchs (hutch)");
	assert_line(text, "MimeType=text/html;x-scheme-handler/http;");
	assert_line(text, "StartupWMClass=Fox");
	assert_line(text, "DBusActivatable=false");
	assert_line(text, "TryExec=fox");
	assert_line(text, "Actions=new;");
	assert_null(strstr(text, "evil"));
}

static void options_come_before_and_variables_become_options(void **state)
{
	struct menu_options how = options;
	_cleanup_free_ char *text = NULL;

	how.hutch = "/opt/100% mine/hutch";
	how.home = "work";
	how.profile = "firefox";
	text = made(
		"[Desktop Entry]\nType=Application\nName=X\nExec=env A=b \"C=d e\" /usr/bin/x %f\n",
		&how);
	assert_line(text,
		    "Exec=\"/opt/100%% mine/hutch\" run --profile firefox --home work --env A=b "
		    "--env \"C=d e\" -- /usr/bin/x %f");
	assert_line(text, "TryExec=/usr/bin/x");
}

static void nothing_gets_outside_of_the_command(void **state)
{
	_cleanup_free_ char *text =
		made("[Desktop Entry]\nType=Application\nName=X\nX-KDE-SubstituteUID=true\n"
		     "X-KDE-Username=root\nExec=sh -c \"evil; rm \\\\$HOME \\\\\"x\\\\\"\"\n"
		     "[X-Shortcut]\nExec=evil\n",
		     &options);

	assert_line(text, "Exec=/usr/bin/hutch run -- sh -c \"evil; rm \\\\$HOME \\\\\"x\\\\\"\"");
	assert_null(strstr(text, "X-"));
#define ENTRY "[Desktop Entry]\nType=Application\nName=X\n"
	assert_refused(ENTRY "Exec=x\\nExec=evil\n", "control character");
	assert_refused(ENTRY "Name[de]=a\rExec=evil\nExec=x\n", "control character");
	assert_refused(ENTRY "Exec=x\nExec=y\n", "second time");
	assert_refused(ENTRY "Exec=x\n" ENTRY, "second time");
	assert_refused(ENTRY "Exec=\"x\n", "without its pair");
	assert_refused(ENTRY "Exec=sh -c \"x %f\"\n", "field code in quotation marks");
	assert_refused(ENTRY "Exec=%f\n", "not to be seen");
	assert_refused(ENTRY "Exec=--rw / x\n", "not to be seen");
	assert_refused(ENTRY "Exec=env -i x\n", "not to be seen");
	assert_refused(ENTRY "Exec=env A=%c x\n", "field code in a variable");
	assert_refused(ENTRY "Exec=pkexec x\n", "is started by pkexec");
	assert_refused(ENTRY "Exec=/usr/bin/flatpak run x\n", "is started by flatpak");
	assert_refused(ENTRY "Exec=\n", "empty");
	assert_refused(ENTRY, "D-Bus alone");
	assert_refused(ENTRY "Exec=x\nHidden=true\n", "no application");
	assert_refused("[Desktop Entry]\nType=Link\nExec=x\n", "no application");
	assert_refused("Exec=x\n", "before the first group");
	assert_refused(ENTRY "Exec=\xff\n", "not UTF-8");
}

static void bounds_hold(void **state)
{
	_cleanup_free_ char *line = xcalloc(DESKTOP_LINE_LIMIT + 8, 1);
	_cleanup_free_ char *text = NULL, *large = xcalloc(DESKTOP_SIZE_LIMIT + 2, 1);
	_cleanup_strbuf_ struct strbuf words = {0};

	memset(line, 'a', DESKTOP_LINE_LIMIT + 1);
	text = xasprintf(ENTRY "Exec=%s\n", line);
	assert_refused(text, "more than");
	memset(large, '\n', DESKTOP_SIZE_LIMIT + 1);
	assert_refused(large, "more than");
	strbuf_printf(&words, ENTRY "Exec=");
	for (int i = 0; i < DESKTOP_WORD_LIMIT + 1; i++)
		strbuf_printf(&words, "a ");
	assert_refused(words.text, "words");
}

static void what_is_written_is_read_again_as_it_was(void **state)
{
	static const char *const words[] = {"a",  "a b", "",       "\"", "\\", "$x`y`",
					    "%U", "'q'", "a\\\\b", "ü",  "*",  "--x=y"};
	_cleanup_strbuf_ struct strbuf exec = {0};
	_cleanup_strv_ struct strv again = {0};
	struct error e = {0};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		desktop_exec_add(&exec, words[i]);
	assert_int_equal(desktop_exec_split(exec.text, &again, &e), 0);
	assert_int_equal(again.count, sizeof(words) / sizeof(words[0]));
	for (size_t i = 0; i < again.count; i++)
		assert_string_equal(again.items[i], words[i]);
}

static void services_start_the_sandbox_too(void **state)
{
	static const char text[] = "[D-BUS Service]\nName=org.x\nExec=/usr/bin/x --service\n"
				   "SystemdService=x.service\nUser=root\n";
	_cleanup_strbuf_ struct strbuf out = {0};
	struct error e = {0};

	assert_int_equal(menu_service_make(text, strlen(text), "org.x", &options, &out, &e), 0);
	assert_line(out.text, "Exec=/usr/bin/hutch run -- /usr/bin/x --service");
	assert_null(strstr(out.text, "systemd"));
	assert_null(strstr(out.text, "root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exec_is_put_into_the_sandbox),
		cmocka_unit_test(options_come_before_and_variables_become_options),
		cmocka_unit_test(nothing_gets_outside_of_the_command),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(what_is_written_is_read_again_as_it_was),
		cmocka_unit_test(services_start_the_sandbox_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
