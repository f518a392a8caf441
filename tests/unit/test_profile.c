// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "language/profile_store.h"
#include "language/request_build.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A directory of its own, with config/hutch in it; the working directory while tests run. */
static char directory[] = "/tmp/test_profile.XXXXXX";

static int set_up(void **state)
{
	_cleanup_free_ char *config = NULL;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	config = xasprintf("%s/config", directory);
	setenv("XDG_CONFIG_HOME", config, 1);
	setenv("HOME", directory, 1);
	assert_int_equal(mkdir("config", 0700), 0);
	assert_int_equal(mkdir("config/hutch", 0700), 0);
	assert_int_equal(mkdir("config/hutch/words", 0700), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int tear_down(void **state)
{
	return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_bytes(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), (ssize_t)length);
	close(fd);
}

static void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

/* What a check of ./x.profile finds. */
struct checked {
	struct request request;
	struct problems problems;
	char *description;
	int result;
};

static void checked_free(struct checked *checked)
{
	request_free(&checked->request);
	problems_free(&checked->problems);
	free(checked->description);
}

#define _cleanup_checked_ __attribute__((cleanup(checked_free)))

static struct checked check_file(const char *path)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	struct checked checked = {0};

	profile_place_of_file(path, &place);
	checked.result = request_load_profile(&place, &checked.request, &checked.description,
					      &checked.problems);
	return checked;
}

static struct checked check_bytes(const void *data, size_t length)
{
	write_bytes("x.profile", data, length);
	return check_file("x.profile");
}

static struct checked check_text(const char *text)
{
	return check_bytes(text, strlen(text));
}

/* Exactly one fault, with that text and remedy. */
static void assert_fault(struct checked checked, const char *text, const char *remedy)
{
	assert_int_equal((int)checked.problems.list.count, 1);
	assert_string_equal(checked.problems.list.items[0].text, text);
	assert_string_equal(checked.problems.list.items[0].remedy, remedy);
	assert_true(checked.result < 0);
	checked_free(&checked);
}

/* Build a request; the words end with NULL. */
struct built {
	struct request request;
	struct command_line line;
	struct error error;
	int result;
};

static void built_free(struct built *built)
{
	request_free(&built->request);
	command_line_free(&built->line);
}

#define _cleanup_built_ __attribute__((cleanup(built_free)))

static struct built build_words(const char *const *words)
{
	struct built built = {0};
	char *argv[32] = {(char *)"run"};
	int argc = 1;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	built.result =
		request_build(argc, argv, VERB_RUN, &built.request, &built.line, &built.error);
	return built;
}

#define build(...) build_words((const char *const[]){__VA_ARGS__, NULL})

/* All origins, in order: "a.profile:1: rw /x; --rw /y". */
static char *origins(const struct request *request)
{
	struct strbuf out = {0};

	strbuf_append(&out, "", 0);
	vector_each (setting, &request->settings) {
		_cleanup_free_ char *origin = setting_origin(setting);

		strbuf_printf(&out, "%s%s", out.length ? "; " : "", origin);
	}
	return out.text;
}

static void assert_origins(const struct request *request, const char *expected)
{
	_cleanup_free_ char *text = origins(request);

	assert_string_equal(text, expected);
}

static void lines_become_settings_with_their_numbers(void **state)
{
	_cleanup_checked_ struct checked c = check_text("# comment\n"
							"[profile]\n"
							"description = A # test\n"
							"\n"
							"  [filesystem]   # indented\n"
							"rw = /a /b?,/c\\ d\t/e#f # comment\n"
							"   cwd=rw\r\n"
							"[process]\n"
							"rlimit.nofile = 1K:2K\n"
							"[resources]\n"
							"wall = 5m");

	assert_int_equal(c.result, 0);
	assert_string_equal(c.description, "A");
	assert_origins(&c.request,
		       "x.profile:6: rw /a; x.profile:6: rw /b?; x.profile:6: rw /c\\ d; "
		       "x.profile:6: rw /e#f; x.profile:7: cwd rw; "
		       "x.profile:9: rlimit nofile=1K:2K; x.profile:11: wall 5m");
	assert_string_equal(c.request.settings.items[2].path.path, "/c d");
	assert_string_equal(c.request.settings.items[5].pair.value, "1024:2048");
	assert_int_equal(c.request.settings.items[6].number, 300000);
	assert_int_equal(c.request.settings.items[0].origin.layer, LAYER_PROFILE);
}

static void every_key_of_the_table_is_read(void **state)
{
	_cleanup_checked_ struct checked c = check_text(
		"[profile]\nnested = yes\n"
		"[filesystem]\nro = /a:/b\nhide = /c\ntmpfs = /d:1M\noverlay = /e\ndev = gpu\n"
		"symlink = /f:g\nnoexec = /h\nhome = overlay\nroot = ~/r\nchdir = /i\n"
		"[network]\nmode = host\n[seccomp]\npolicy = none\n"
		"[environment]\nkeep = A B*\nset = C=d e, f\n"
		"[identity]\nuid = range\ngid = 5\nhostname = box\n"
		"[process]\ntty = own\n[resources]\ntime = none\n");
	_cleanup_free_ char *root = xasprintf("%s/r", directory);

	if (c.problems.list.count)
		print_message("%s\n", c.problems.list.items[0].text);
	assert_int_equal(c.result, 0);
	assert_int_equal((int)c.request.settings.count, 21);
	assert_true(request_flag(&c.request, SETTING_NESTED));
	assert_string_equal(request_text(&c.request, SETTING_ROOT, ""), root);
	assert_string_equal(request_last(&c.request, SETTING_ENV)->pair.value, "d e, f");
	assert_string_equal(request_last(&c.request, SETTING_SYMLINK)->path.destination, "g");
	assert_int_equal(request_last(&c.request, SETTING_TIME)->number, 0);
}

static void unknown_things_are_errors_that_name_the_nearest(void **state)
{
	assert_fault(check_text("[filesystem]\nrwx = /a\n"), "x.profile:2: rwx: unknown key",
		     "did you mean \"rw\"?");
	assert_fault(check_text("[filesystem]\nmode = host\n"), "x.profile:2: mode: unknown key",
		     "it belongs in [network]");
	assert_fault(check_text("[filesytem]\nrw = /a\nx = y\n"),
		     "x.profile:1: [filesytem]: unknown section", "did you mean \"[filesystem]\"?");
	assert_fault(check_text("[network]\nmode = hosts\n"),
		     "x.profile:2: mode hosts: not one of none, internet, lan, host",
		     "did you mean \"host\"?");
	assert_fault(check_text("[process]\nrlimit. = 1\n"), "x.profile:2: rlimit.: unknown key",
		     "did you mean \"rlimit.NAME\"?");
	assert_fault(check_text("[profile]\nuse = nothing-like-it\n"),
		     "x.profile:2: use nothing-like-it: no such word",
		     "`hutch profile list` shows what there is");
	write_text("config/hutch/words/cameras.profile", "[filesystem]\nro = /dev/null\n");
	assert_fault(check_text("[profile]\nuse = camera\n"),
		     "x.profile:2: use camera: no such word", "did you mean \"cameras\"?");
}

static void what_inih_passes_over_is_an_error(void **state)
{
	assert_fault(check_text("rw = /a\n"), "x.profile:1: rw: stands before any [section]", "");
	assert_fault(check_text("[filesystem\n"), "x.profile:1: [ without ]", "");
	assert_fault(check_text("[filesystem] rw = /a\n"),
		     "x.profile:1: [filesystem]: text behind the ]", "");
	assert_fault(check_text("[filesystem]\nrw\n"), "x.profile:2: rw: no = behind the key", "");
	assert_fault(check_text("[filesystem]\nrw =\n"), "x.profile:2: rw: empty value", "");
	assert_fault(check_text("[filesystem]\nrw = # /a\n"), "x.profile:2: rw: empty value", "");
	assert_fault(check_text("[filesystem]\nrw = /a,\n"),
		     "x.profile:2: rw /a,: empty item in the list", "");
	assert_fault(check_text("; old = style\n"), "x.profile:1: ; old: unknown key",
		     "a comment begins with #");
	assert_fault(check_text("[filesystem]\n; words\n"), "x.profile:2: ; words: unknown key",
		     "a comment begins with #");
	assert_fault(check_text("[filesystem]\n= /a\n"), "x.profile:2: : unknown key", "");
}

static void all_faults_are_found(void **state)
{
	_cleanup_checked_ struct checked c =
		check_text("[filesystem]\na = 1\nrw = /x\nb = 2\n[nowhere]\n[profile]\nuse = c\n");

	assert_int_equal((int)c.problems.list.count, 4);
	assert_string_equal(c.problems.list.items[3].text, "x.profile:7: use c: no such word");
}

static void the_list_of_faults_is_bounded(void **state)
{
	struct strbuf text = {0};

	strbuf_printf(&text, "[filesystem]\n");
	for (int i = 0; i < 5000; i++)
		strbuf_printf(&text, "x = %d\n", i);
	_cleanup_checked_ struct checked c = check_text(text.text);
	assert_int_equal((int)c.problems.list.count, PROBLEM_LIMIT);
	strbuf_free(&text);
}

static void bytes_that_are_no_text_are_refused_with_their_line(void **state)
{
	static const char nul[] = "[filesystem]\nrw = /a\0b\n";

	assert_fault(check_bytes(nul, sizeof(nul) - 1), "x.profile:2: NUL byte", "");
	assert_fault(check_text("[filesystem]\n\n# \xff\n"),
		     "x.profile:3: not UTF-8 (byte 0xff at column 3)", "");
	assert_fault(check_text("[filesystem]\nrw = /\xc3"),
		     "x.profile:2: not UTF-8 (byte 0xc3 at column 7)", "");
	assert_fault(check_text("[filesystem]\nrw = /\033[2J\n"),
		     "x.profile:2: control character 0x1b at column 7", "");
	assert_fault(check_text("[filesystem]\nrw = /\xc3\xbc\033[2J\n"),
		     "x.profile:2: control character 0x1b at column 9", "");
	assert_fault(check_text("[filesystem]\nrw = /\xc3\xbc\xe2\x82\n"),
		     "x.profile:2: not UTF-8 (byte 0xe2 at column 9)", "");
	assert_fault(check_text("[filesystem]\nrw = /a\rro = /b\n"),
		     "x.profile:2: control character 0x0d at column 8", "");
}

static void other_editors_files_are_read(void **state)
{
	_cleanup_checked_ struct checked crlf = check_text("[filesystem]\r\nrw = /a\r\n\r\n");
	_cleanup_checked_ struct checked mark =
		check_text("\xef\xbb\xbf[filesystem]\nrw = /gr\xc3\xbc\n");
	_cleanup_checked_ struct checked empty = check_text("");

	assert_origins(&crlf.request, "x.profile:2: rw /a");
	assert_origins(&mark.request, "x.profile:2: rw /gr\xc3\xbc");
	assert_int_equal(empty.result, 0);
}

static void long_lines_are_whole_up_to_their_limit(void **state)
{
	static const size_t lengths[] = {150, 199, 200, 201, 4096, PROFILE_LINE_LIMIT - 6};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		_cleanup_free_ char *name = xcalloc(lengths[i] + 1, 1);
		_cleanup_free_ char *text = NULL, *path = NULL;

		memset(name, 'x', lengths[i]);
		text = xasprintf("[filesystem]\nrw = /%s\nro = /y\n", name);
		path = xasprintf("/%s", name);
		_cleanup_checked_ struct checked c = check_text(text);
		assert_int_equal(c.result, 0);
		assert_int_equal((int)c.request.settings.count, 2);
		assert_string_equal(c.request.settings.items[0].path.path, path);
		assert_int_equal(c.request.settings.items[1].origin.line, 3);
	}
}

static void a_line_beyond_the_limit_is_refused_and_the_next_one_read(void **state)
{
	static char text[PROFILE_LINE_LIMIT + 100];

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "[network]\n", 10);
	memcpy(text + sizeof(text) - 10, "\nmode = x", 10);
	_cleanup_checked_ struct checked c = check_text(text);
	assert_int_equal((int)c.problems.list.count, 2);
	assert_string_equal(c.problems.list.items[0].text,
			    "x.profile:2: line longer than 65536 bytes");
	assert_string_equal(c.problems.list.items[1].text,
			    "x.profile:3: mode x: not one of none, internet, lan, host");
}

static void a_file_of_a_hundred_megabytes_is_not_read(void **state)
{
	int fd = open("big.profile", O_WRONLY | O_CREAT, 0600);

	assert_int_equal(ftruncate(fd, 100 * 1024 * 1024), 0);
	close(fd);
	assert_fault(check_file("big.profile"), "big.profile: larger than 1048576 bytes", "");
}

static void only_regular_files_are_read_and_a_fifo_does_not_hold_us(void **state)
{
	assert_int_equal(mkfifo("fifo.profile", 0600), 0);
	assert_int_equal(mkdir("dir.profile", 0700), 0);
	alarm(5);
	assert_fault(check_file("fifo.profile"), "fifo.profile: not a regular file", "");
	alarm(0);
	assert_fault(check_file("dir.profile"), "dir.profile: a directory, not a file", "");
	assert_fault(check_file("/dev/zero"), "/dev/zero: not a regular file", "");
	assert_fault(check_file("/dev/tty"), "/dev/tty: not a regular file", "");
	assert_int_equal(symlink("self.profile", "self.profile"), 0);
	assert_fault(check_file("self.profile"), "self.profile: Too many levels of symbolic links",
		     "");
}

static void loops_end(void **state)
{
	write_text("b.profile", "[profile]\ninclude = ./x.profile\n");
	write_text("config/hutch/words/one.profile", "[profile]\nuse = two\n");
	write_text("config/hutch/words/two.profile", "[profile]\nuse = one\n");
	assert_fault(check_text("[profile]\ninclude = ./x.profile\n"),
		     "./x.profile: includes itself, through x.profile", "");
	assert_fault(check_text("[profile]\ninclude = ./b.profile\n"),
		     "./x.profile: includes itself, through ./b.profile", "");
	assert_fault(check_text("[profile]\nuse = one\n"),
		     "~/config/hutch/words/one.profile: includes itself, through "
		     "~/config/hutch/words/two.profile",
		     "");
}

static void words_that_double_at_each_step_end(void **state)
{
	for (int i = 0; i < 12; i++) {
		_cleanup_free_ char *path = xasprintf("config/hutch/words/double%d.profile", i);
		_cleanup_free_ char *text =
			xasprintf("[profile]\nuse = double%d double%d\n", i + 1, i + 1);

		write_text(path, text);
	}
	write_text("config/hutch/words/double12.profile", "");
	_cleanup_checked_ struct checked c = check_text("[profile]\nuse = double0\n");
	assert_int_equal(c.result, -E2BIG);
}

static void values_are_expanded(void **state)
{
	_cleanup_free_ char *a = xasprintf("%s/a", directory), *d = xasprintf("%s/d", directory);
	_cleanup_free_ char *config = xasprintf("%s/config/e", directory);
	_cleanup_free_ char *down = xasprintf("%s/My, Loads", directory);
	struct setting *s;

	write_text("config/user-dirs.dirs", "# x\nXDG_DOWNLOAD_DIR=\"$HOME/My, Loads/\"\n"
					    "XDG_MUSIC_DIR=\"$HOME/\"\n"
					    "XDG_VIDEOS_DIR=`reboot`\n"
					    "XDG_PICTURES_DIR=\"/pi\\\"x\"\n");
	_cleanup_checked_ struct checked c = check_text(
		"[filesystem]\nrw = ~/a ${HOME}/d ${XDG_CONFIG_HOME}/e ${DOWNLOADS}/ ${PICTURES}\n"
		"rw = ${MUSIC} ${VIDEOS} /x\\${HOME} /$y \\~\n[environment]\nset = "
		"A=${HOME}/d\\$,~\n");
	if (c.problems.list.count)
		print_message("%s\n", c.problems.list.items[0].text);
	assert_int_equal(c.result, 0);
	s = c.request.settings.items;
	assert_string_equal(s[0].path.path, a);
	assert_string_equal(s[1].path.path, d);
	assert_string_equal(s[2].path.path, config);
	assert_memory_equal(s[3].path.path, down, strlen(down));
	assert_string_equal(s[4].path.path, "/pi\"x");
	/* One that is turned off is not the home directory. */
	assert_non_null(strstr(s[5].path.path, "/Music"));
	assert_non_null(strstr(s[6].path.path, "/Videos"));
	assert_string_equal(s[7].path.path, "/x${HOME}");
	assert_string_equal(s[8].path.path, "/$y");
	assert_string_equal(s[9].path.path, "~");
	assert_non_null(strstr(s[10].pair.value, "/d$,~"));
	assert_fault(check_text("[filesystem]\nrw = ${DOWNLOAD}\n"),
		     "x.profile:2: rw ${DOWNLOAD}: ${DOWNLOAD}: unknown variable",
		     "did you mean \"${DOWNLOADS}\"?");
	assert_fault(check_text("[filesystem]\nrw = ${PATH\n"),
		     "x.profile:2: rw ${PATH: ${ without }", "");
	assert_fault(check_text("[filesystem]\nrw = ~root/x\n"),
		     "x.profile:2: rw ~root/x: only ~ and ~/… are known, not ~NAME",
		     "write the path in full, or ./~… for a file of that name");
}

static void a_policy_is_looked_for_beside_its_profile(void **state)
{
	_cleanup_checked_ struct checked relative = check_text("[seccomp]\npolicy = ./a.policy\n");
	_cleanup_checked_ struct checked name = check_text("[seccomp]\npolicy = default\n");

	assert_string_equal(request_text(&relative.request, SETTING_SECCOMP, ""), "./a.policy");
	assert_string_equal(request_text(&name.request, SETTING_SECCOMP, ""), "default");
}

static void the_request_is_in_rising_precedence(void **state)
{
	write_text("config/hutch/default.profile", "[filesystem]\nro = /default\n");
	write_text("config/hutch/default.local.profile", "[filesystem]\nro = /default-local\n");
	write_text("config/hutch/app.profile",
		   "[filesystem]\nro = /app\n[profile]\nuse = w\ninclude = base\n");
	write_text("config/hutch/base.profile", "[filesystem]\nro = /base\n");
	write_text("config/hutch/app.local.profile", "[filesystem]\nro = /local\n");
	write_text("config/hutch/words/w.profile", "[filesystem]\nro = /w\n");
	write_text("config/hutch/words/v.profile", "[filesystem]\nro = /v\n");

	_cleanup_built_ struct built b = build("--ro", "/typed", "--use", "v", "./app", "x");
	if (b.result)
		print_message("%s\n", b.error.text);
	assert_int_equal(b.result, 0);
	assert_string_equal(b.request.profile, "app");
	assert_int_equal((int)b.request.arguments.count, 2);
	assert_origins(&b.request, "~/config/hutch/default.profile:2: ro /default; "
				   "~/config/hutch/default.local.profile:2: ro /default-local; "
				   "~/config/hutch/words/w.profile:2: ro /w; "
				   "~/config/hutch/base.profile:2: ro /base; "
				   "~/config/hutch/app.profile:2: ro /app; "
				   "~/config/hutch/app.local.profile:2: ro /local; "
				   "~/config/hutch/words/v.profile:2: ro /v; "
				   "--ro /typed");
	assert_int_equal(b.request.settings.items[0].origin.layer, LAYER_DEFAULT);
	assert_int_equal(b.request.settings.items[1].origin.layer, LAYER_DEFAULT);
	assert_int_equal(b.request.settings.items[2].origin.layer, LAYER_PROFILE);
	assert_int_equal(b.request.settings.items[4].origin.layer, LAYER_PROFILE);
	assert_int_equal(b.request.settings.items[5].origin.layer, LAYER_USER);
	assert_int_equal(b.request.settings.items[6].origin.layer, LAYER_COMMAND_LINE);
	assert_int_equal(b.request.settings.items[7].origin.layer, LAYER_COMMAND_LINE);
}

static void the_profile_is_chosen_by_option_then_by_program(void **state)
{
	write_text("here.profile", "[filesystem]\nro = /here\n");
	write_text("config/hutch/only.local.profile", "[filesystem]\nro = /only\n");

	_cleanup_built_ struct built none = build("/usr/bin/unknown-to-all");
	assert_string_equal(none.request.profile, "default");
	_cleanup_built_ struct built asked = build("--profile", "base", "app");
	assert_string_equal(asked.request.profile, "base");
	assert_string_equal(request_last(&asked.request, SETTING_RO)->text, "/base");
	_cleanup_built_ struct built only = build("--profile=default", "app");
	assert_string_equal(only.request.profile, "default");
	assert_string_equal(request_last(&only.request, SETTING_RO)->text, "/default-local");
	_cleanup_built_ struct built local = build("only");
	assert_string_equal(local.request.profile, "only");
	assert_string_equal(request_last(&local.request, SETTING_RO)->text, "/only");
	/* A file here is nobody's profile until it is named. */
	_cleanup_built_ struct built here = build("here");
	assert_string_equal(here.request.profile, "default");
	_cleanup_built_ struct built named = build("--profile", "./here.profile", "here");
	assert_int_equal(named.result, 0);
	assert_string_equal(request_last(&named.request, SETTING_RO)->text, "/here");
	_cleanup_built_ struct built no_program = build("--ro", "/x");
	assert_int_equal(no_program.result, 0);
}

static void names_that_are_no_names_choose_nothing(void **state)
{
	static const char *const bad[] = {"",     ".",         "..",           "a/b",
					  "../x", "app.local", "-app",         ".hidden",
					  "a b",  "a\n",       "default.local"};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(profile_name_valid(bad[i]));
	assert_true(profile_name_valid("g++"));
	assert_true(profile_name_valid("org.mozilla.firefox"));
	assert_true(profile_name_valid("local"));
	_cleanup_built_ struct built b = build("app.local");
	assert_string_equal(b.request.profile, "default");
}

static void faults_of_what_was_asked_for_are_told(void **state)
{
	_cleanup_built_ struct built profile = build("--profile", "bsae", "x");
	_cleanup_built_ struct built file = build("--profile", "./none.profile", "x");
	_cleanup_built_ struct built word = build("--use", "none-such", "x");

	assert_int_equal(profile.result, -ENOENT);
	assert_string_equal(profile.error.text, "--profile bsae: no such profile");
	assert_string_equal(file.error.text,
			    "--profile ./none.profile: no such profile: No such file or directory");
	assert_string_equal(word.error.text, "--use none-such: no such word");

	write_text("config/hutch/broken.profile", "[filesystem]\nrx = /\n");
	_cleanup_built_ struct built broken = build("broken");
	assert_string_equal(broken.error.text, "~/config/hutch/broken.profile:2: rx: unknown key");
	assert_int_equal((int)broken.request.arguments.count, 0);
}

static void a_file_that_others_may_write_is_not_obeyed(void **state)
{
	write_text("config/hutch/open.profile", "[filesystem]\nro = /x\n");
	assert_int_equal(chmod("config/hutch/open.profile", 0666), 0);
	_cleanup_built_ struct built b = build("open");
	assert_int_equal(b.result, -EPERM);
	assert_string_equal(b.error.text, "~/config/hutch/open.profile: everybody can write it");
}

static void a_user_profile_that_is_a_link_to_nowhere_is_not_passed_over(void **state)
{
	assert_int_equal(symlink("nowhere", "config/hutch/link.profile"), 0);
	_cleanup_built_ struct built b = build("link");
	assert_int_equal(b.result, -ELOOP);
	assert_string_equal(b.error.text,
			    "~/config/hutch/link.profile: a symbolic link that leads nowhere");
}

static void a_user_profile_can_include_the_one_it_replaces(void **state)
{
	/* There is no shipped "app" beside this test: that it is looked for is what can be seen. */
	write_text("config/hutch/again.profile", "[profile]\ninclude = again\n");
	_cleanup_built_ struct built b = build("again");
	assert_string_equal(b.error.text,
			    "~/config/hutch/again.profile:2: include again: no such profile");
}

static void without_home_the_password_database_says(void **state)
{
	_cleanup_free_ char *home = xstrdup(getenv("HOME"));

	unsetenv("HOME");
	_cleanup_checked_ struct checked c = check_text("[filesystem]\nrw = ~/a\n");
	setenv("HOME", home, 1);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.request.settings.items[0].path.path[0], '/');
	setenv("HOME", "relative", 1);
	_cleanup_checked_ struct checked relative = check_text("[filesystem]\nrw = ~/a\n");
	setenv("HOME", home, 1);
	assert_int_equal(relative.request.settings.items[0].path.path[0], '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_settings_with_their_numbers),
		cmocka_unit_test(every_key_of_the_table_is_read),
		cmocka_unit_test(unknown_things_are_errors_that_name_the_nearest),
		cmocka_unit_test(what_inih_passes_over_is_an_error),
		cmocka_unit_test(all_faults_are_found),
		cmocka_unit_test(the_list_of_faults_is_bounded),
		cmocka_unit_test(bytes_that_are_no_text_are_refused_with_their_line),
		cmocka_unit_test(other_editors_files_are_read),
		cmocka_unit_test(long_lines_are_whole_up_to_their_limit),
		cmocka_unit_test(a_line_beyond_the_limit_is_refused_and_the_next_one_read),
		cmocka_unit_test(a_file_of_a_hundred_megabytes_is_not_read),
		cmocka_unit_test(only_regular_files_are_read_and_a_fifo_does_not_hold_us),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(words_that_double_at_each_step_end),
		cmocka_unit_test(values_are_expanded),
		cmocka_unit_test(a_policy_is_looked_for_beside_its_profile),
		cmocka_unit_test(the_request_is_in_rising_precedence),
		cmocka_unit_test(the_profile_is_chosen_by_option_then_by_program),
		cmocka_unit_test(names_that_are_no_names_choose_nothing),
		cmocka_unit_test(faults_of_what_was_asked_for_are_told),
		cmocka_unit_test(a_file_that_others_may_write_is_not_obeyed),
		cmocka_unit_test(a_user_profile_that_is_a_link_to_nowhere_is_not_passed_over),
		cmocka_unit_test(a_user_profile_can_include_the_one_it_replaces),
		cmocka_unit_test(without_home_the_password_database_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
