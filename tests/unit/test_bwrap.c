// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/sys.h"
#include "language/bwrap.h"
#include "plan/exact.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mman.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct parsed {
	struct bwrap_line line;
	struct error error;
	int result;
};

static void parsed_free(struct parsed *parsed)
{
	bwrap_line_free(&parsed->line);
}

#define _cleanup_parsed_ __attribute__((cleanup(parsed_free)))

static struct parsed parse_words(const char *const *words)
{
	struct parsed parsed = {0};
	char *argv[32];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	parsed.result = bwrap_parse(argc, argv, &parsed.line, &parsed.error);
	return parsed;
}

#define parse(...) parse_words((const char *const[]){__VA_ARGS__, NULL})

#define assert_refused(words, text_)                         \
	do {                                                 \
		_cleanup_parsed_ struct parsed p_ = words;   \
		assert_true(p_.result < 0);                  \
		assert_int_equal(p_.result, -p_.error.code); \
		assert_string_equal(p_.error.text, text_);   \
	} while (0)

/* A descriptor from which these bytes are read. */
static int bytes(const char *data, size_t length)
{
	int fd = memfd_create("bytes", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void operations_keep_their_order(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--tmpfs", "/a", "--ro-bind", "/b", "/a", "--dir", "/a/c", "--proc", "/p",
		      "--remount-ro", "/a", "true");
	static const struct {
		enum operation_kind kind;
		const char *destination, *text;
	} expected[] = {
		{OPERATION_TMPFS, "/a", "--tmpfs /a"},
		{OPERATION_BIND, "/a", "--ro-bind /b /a"},
		{OPERATION_DIRECTORY, "/a/c", "--dir /a/c"},
		{OPERATION_PROC, "/p", "--proc /p"},
		{OPERATION_REMOUNT, "/a", "--remount-ro /a"},
	};

	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.line.request.operations.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct operation *operation = &parsed.line.request.operations.items[i];

		assert_int_equal(operation->kind, expected[i].kind);
		assert_string_equal(operation->destination, expected[i].destination);
		assert_string_equal(operation->text, expected[i].text);
	}
}

static void kinds_of_binds(void **state)
{
	static const struct {
		const char *option;
		bool read_only, devices, optional;
	} binds[] = {
		{"--bind", false, false, false},    {"--bind-try", false, false, true},
		{"--ro-bind", true, false, false},  {"--ro-bind-try", true, false, true},
		{"--dev-bind", false, true, false}, {"--dev-bind-try", false, true, true},
	};

	for (size_t i = 0; i < COUNT(binds); i++) {
		_cleanup_parsed_ struct parsed parsed = parse(binds[i].option, "/s", "/d", "true");
		const struct operation *operation = &parsed.line.request.operations.items[0];

		assert_int_equal(parsed.result, 0);
		assert_int_equal(operation->kind, OPERATION_BIND);
		assert_string_equal(operation->source, "/s");
		assert_string_equal(operation->destination, "/d");
		assert_int_equal(operation->read_only, binds[i].read_only);
		assert_int_equal(operation->devices, binds[i].devices);
		assert_int_equal(operation->optional, binds[i].optional);
	}
}

static void perms_and_size_are_for_the_next_one(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--size", "4096", "--perms", "1750", "--tmpfs", "/a", "--tmpfs", "/b",
		      "--perms", "0", "--file", "3", "/c", "--chmod", "755", "/d", "true");
	const struct operation *operations = parsed.line.request.operations.items;

	assert_int_equal(parsed.result, 0);
	assert_int_equal(operations[0].mode, 01750);
	assert_int_equal(operations[0].size, 4096);
	assert_int_equal(operations[1].mode, -1);
	assert_int_equal(operations[1].size, 0);
	assert_int_equal(operations[2].mode, 0);
	assert_int_equal(operations[2].fd, 3);
	assert_int_equal(operations[3].mode, 0755);
}

static void perms_and_size_are_refused(void **state)
{
	static const char again[] = "--perms given twice for the same action";
	static const char wrong[] = "--perms takes an octal argument <= 07777";
	static const char bytes_wrong[] = "--size takes a non-zero number of bytes";
	static const char *const modes[] = {"", "8", "10000", "-1", " 7", "7x"};
	static const char *const sizes[] = {"0", "", "-1", " 1", "1k", "18446744073709551616"};

	assert_refused(parse("--perms", "7", "--perms", "7", "--dir", "/a", "true"), again);
	assert_refused(parse("--perms", "7", "--bind", "/a", "/a", "true"),
		       "--perms must be followed by an option that creates a file");
	assert_refused(parse("--size", "7", "--dir", "/a", "true"),
		       "--size must be followed by --tmpfs");
	for (size_t i = 0; i < COUNT(modes); i++)
		assert_refused(parse("--perms", modes[i], "--dir", "/a", "true"), wrong);
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_refused(parse("--size", sizes[i], "--tmpfs", "/a", "true"), bytes_wrong);
	assert_refused(parse("--size", "9223372036854775808", "--tmpfs", "/a", "true"),
		       "--size (for tmpfs) is limited to 9223372036854775807");
}

static void overlays(void **state)
{
	static const char lonely[] =
		"--overlay-src must be followed by another --overlay-src or one of --overlay, "
		"--tmp-overlay, or --ro-overlay";
	_cleanup_parsed_ struct parsed parsed =
		parse("--overlay-src", "/1", "--overlay-src", "/2", "--overlay", "/rw", "/work",
		      "/d", "--overlay-src", "/3", "--tmp-overlay", "/e", "true");
	const struct operation *operations = parsed.line.request.operations.items;

	assert_int_equal(parsed.result, 0);
	assert_int_equal(operations[0].writes, WRITES_TO_HOST);
	assert_int_equal(operations[0].layers.count, 4);
	assert_string_equal(operations[0].layers.items[0], "/1");
	assert_string_equal(operations[0].layers.items[2], "/rw");
	assert_string_equal(operations[0].layers.items[3], "/work");
	assert_int_equal(operations[1].writes, WRITES_TO_MEMORY);
	assert_int_equal(operations[1].layers.count, 1);
	assert_refused(parse("--overlay", "/rw", "/work", "/d", "true"),
		       "--overlay requires at least one --overlay-src");
	assert_refused(parse("--overlay-src", "/1", "--ro-overlay", "/d", "true"),
		       "--ro-overlay requires at least two --overlay-src");
	assert_refused(parse("--overlay-src", "/1", "--dir", "/d", "true"), lonely);
	assert_refused(parse("--overlay-src", "/1", "true"), lonely);
}

static void the_command_begins_at_the_first_word(void **state)
{
	_cleanup_parsed_ struct parsed plain = parse("--unshare-pid", "sh", "--bind", "-c");
	_cleanup_parsed_ struct parsed ended = parse("--unshare-pid", "--", "--bind", "/a", "/b");

	assert_int_equal(plain.result, 0);
	assert_int_equal(plain.line.request.arguments.count, 3);
	assert_string_equal(plain.line.request.arguments.items[1], "--bind");
	assert_int_equal(plain.line.request.operations.count, 0);
	assert_int_equal(ended.result, 0);
	assert_string_equal(ended.line.request.arguments.items[0], "--bind");
	assert_int_equal(ended.line.request.operations.count, 0);
}

static void words_are_refused(void **state)
{
	assert_refused(parse("--bogus", "true"), "Unknown option --bogus");
	assert_refused(parse("-x", "true"), "Unknown option -x");
	assert_refused(parse("--bind", "/a"), "--bind takes two arguments");
	assert_refused(parse("--overlay", "/a", "/b"), "--overlay takes three arguments");
	assert_refused(parse("--chdir"), "--chdir takes an argument");
	assert_refused(parse("--exec-label", "x", "true"), "labeling not supported on this system");
	assert_refused(parse("--cap-add", "CAP_BOGUS", "true"), "unknown cap: CAP_BOGUS");
	assert_refused(parse("--seccomp", "3", "--add-seccomp-fd", "4", "true"),
		       "--add-seccomp-fd cannot be combined with --seccomp");
}

static void numbers_are_plain(void **state)
{
	static const char *const wrong[] = {"", "-1", "+1", " 1", "1x", "0x1", "2147483648", "1 "};
	static const char *const ids[] = {"1abc", "-1", "+1", "0x1", "4294967295", "4294967296"};
	_cleanup_parsed_ struct parsed high = parse("--uid", "4294967294", "--gid", "0", "true");

	for (size_t i = 0; i < COUNT(wrong); i++) {
		char text[64];

		snprintf(text, sizeof(text), "Invalid fd: %s", wrong[i]);
		assert_refused(parse("--sync-fd", wrong[i], "true"), text);
		assert_refused(parse("--bind-fd", wrong[i], "/a", "true"), text);
		assert_refused(parse("--file", wrong[i], "/a", "true"), text);
	}
	for (size_t i = 0; i < COUNT(ids); i++) {
		char text[64];

		snprintf(text, sizeof(text), "Invalid uid: %s", ids[i]);
		assert_refused(parse("--uid", ids[i], "true"), text);
	}
	assert_int_equal(high.line.request.uid, 4294967294);
	assert_int_equal(high.line.request.gid, 0);
}

static void the_last_one_holds_and_warns(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--chdir", "/a", "--chdir", "/b", "--info-fd", "3", "--info-fd", "4",
		      "--seccomp", "5", "--seccomp", "6", "--level-prefix", "true");

	assert_int_equal(parsed.result, 0);
	assert_string_equal(parsed.line.request.directory, "/b");
	assert_int_equal(parsed.line.request.info, 4);
	assert_int_equal(parsed.line.request.filters.count, 1);
	assert_int_equal(parsed.line.request.filters.items[0], 6);
	assert_true(parsed.line.level_prefix);
	assert_int_equal(parsed.line.warnings.count, 3);
	assert_string_equal(parsed.line.warnings.items[0],
			    "Only the last --chdir option will take effect");
}

static void nothing_is_given_unless_it_is(void **state)
{
	_cleanup_parsed_ struct parsed parsed = parse("true");
	const struct exact_request *request = &parsed.line.request;
	const int descriptors[] = {request->userns, request->userns2, request->pidns,
				   request->info,   request->status,  request->userns_block,
				   request->block,  request->sync};

	for (size_t i = 0; i < COUNT(descriptors); i++)
		assert_int_equal(descriptors[i], -1);
	assert_int_equal(request->uid, -1);
	assert_false(request->user || request->pid || request->net || request->die_with_parent);
}

static void namespaces(void **state)
{
	_cleanup_parsed_ struct parsed all = parse("--unshare-all", "--share-net", "true");
	const struct exact_request *request = &all.line.request;

	assert_true(request->user_try && request->ipc && request->pid && request->uts &&
		    request->cgroup_try);
	assert_false(request->net || request->user || request->cgroup);
}

static void environment_in_order(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--setenv", "A", "1=2", "--clearenv", "--unsetenv", "B", "true");
	const struct environment_change *changes = parsed.line.request.environment.items;

	assert_int_equal(parsed.line.request.environment.count, 3);
	assert_int_equal(changes[0].verb, ENVIRONMENT_SET);
	assert_string_equal(changes[0].value, "1=2");
	assert_int_equal(changes[1].verb, ENVIRONMENT_CLEAR);
	assert_int_equal(changes[2].verb, ENVIRONMENT_UNSET);
	assert_string_equal(changes[2].name, "B");
	assert_refused(parse("--setenv", "A=B", "c", "true"), "--setenv A=B: Invalid argument");
}

static void capabilities(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--cap-add", "ALL", "--cap-drop", "cap_kill", "--cap-add", "NET_RAW", "true");
	const struct capability_change *changes = parsed.line.request.capabilities.items;

	assert_int_equal(parsed.result, 0);
	assert_int_equal(changes[0].capability, -1);
	assert_true(changes[0].add);
	assert_int_equal(changes[1].capability, CAP_KILL);
	assert_false(changes[1].add);
	assert_int_equal(changes[2].capability, CAP_NET_RAW);
}

static void arguments_from_a_file(void **state)
{
	static const char words[] = "--perms\0"
				    "700\0--dir\0/a\0ignored\0--dir\0/b\0";
	static const char nested[] = "--args\0"
				     "3\0",
			  cut[] = "--bind\0/a";
	static const char open_end[] = "--perms\0"
				       "700\0";
	char text[16];
	int fd = bytes(words, sizeof(words) - 1);

	snprintf(text, sizeof(text), "%d", fd);
	{
		_cleanup_parsed_ struct parsed parsed =
			parse("--args", text, "--dir", "/c", "true");

		assert_int_equal(parsed.result, 0);
		assert_int_equal(parsed.line.request.operations.count, 2);
		assert_string_equal(parsed.line.request.operations.items[0].destination, "/a");
		assert_int_equal(parsed.line.request.operations.items[0].mode, 0700);
		assert_string_equal(parsed.line.request.operations.items[1].destination, "/c");
		assert_int_equal(parsed.line.request.arguments.count, 1);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
	}
	snprintf(text, sizeof(text), "%d", bytes(open_end, sizeof(open_end) - 1));
	assert_refused(parse("--args", text, "--dir", "/c", "true"),
		       "--perms must be followed by an option that creates a file");
	snprintf(text, sizeof(text), "%d", bytes(nested, sizeof(nested) - 1));
	assert_refused(parse("--args", text, "true"), "--args not supported in arguments file");
	snprintf(text, sizeof(text), "%d", bytes(cut, sizeof(cut) - 1));
	assert_refused(parse("--args", text, "true"), "--bind takes two arguments");
	assert_refused(parse("--args", "999", "true"),
		       "Can't read --args data: reading: Bad file descriptor");
}

static void help_names_every_option(void **state)
{
	static const char *const some[] = {
		"--argv0 VALUE",        "--json-status-fd FD",       "--overlay RWSRC WORKDIR DEST",
		"--ro-bind-fd FD DEST", "--not-a-security-boundary", "--level-prefix"};
	_cleanup_strbuf_ struct strbuf text = {0};

	bwrap_usage("x/bwrap", &text);
	assert_non_null(startswith(text.text, "usage: x/bwrap [OPTIONS...] [--] COMMAND"));
	for (size_t i = 0; i < COUNT(some); i++)
		assert_non_null(strstr(text.text, some[i]));
}

/* What does not go together, told by the plan. */
static void settings_that_exclude_each_other(void **state)
{
	static const struct {
		const char *words[6];
		const char *text;
	} cases[] = {
		{{"--hostname", "x", "true"}, "Specifying --hostname requires --unshare-uts"},
		{{"--as-pid-1", "true"}, "Specifying --as-pid-1 requires --unshare-pid"},
		{{"--as-pid-1", "--unshare-pid", "--lock-file", "/x", "true"},
		 "Specifying --as-pid-1 and --lock-file is not permitted"},
		{{"--disable-userns", "true"}, "--disable-userns requires --unshare-user"},
		{{"--unshare-user", "--userns", "0", "true"},
		 "--userns not compatible --unshare-user"},
		{{"--unshare-user", "--userns-block-fd", "0", "true"},
		 "--userns-block-fd requires --info-fd"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_parsed_ struct parsed parsed = parse_words(cases[i].words);
		struct plan plan = {0};

		assert_int_equal(parsed.result, 0);
		assert_int_equal(exact_plan(&parsed.line.request, &plan, &parsed.error), -EINVAL);
		assert_string_equal(parsed.error.text, cases[i].text);
		plan_free(&plan);
	}
}

static const struct plan_mount *find_mount(const struct plan *plan, const char *destination)
{
	vector_each (mount, &plan->mounts)
		if (streq(mount->destination, destination))
			return mount;
	fail_msg("no mount at %s", destination);
	return NULL;
}

static void a_plan_adds_nothing(void **state)
{
	_cleanup_parsed_ struct parsed parsed =
		parse("--unshare-user", "--ro-bind", "/", "/", "--bind", "/usr", "/u", "--dev-bind",
		      "/dev", "/d", "--perms", "0700", "--dir", "/x/y", "prog", "arg");
	struct plan plan = {0};

	assert_int_equal(exact_plan(&parsed.line.request, &plan, &parsed.error), 0);
	assert_string_equal(plan.root, "/");
	assert_false(plan.root_writable);
	assert_int_equal(plan.mounts.count, 3);
	assert_true(find_mount(&plan, "/u")->set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
	assert_true(find_mount(&plan, "/d")->set == MOUNT_ATTR_NOSUID);
	assert_int_equal(find_mount(&plan, "/x/y")->parents, 0700);
	assert_true(plan.namespaces == (CLONE_NEWUSER | CLONE_NEWNS));
	assert_int_equal(plan.filter.count, 0);
	assert_int_equal(plan.exact->filters.count, 0);
	assert_int_equal(plan.rlimits.count, 0);
	assert_false(plan.exact->init || plan.exact->second_userns);
	assert_string_equal(plan.program, "prog");
	plan_free(&plan);
}

/* Where devpts wants a root that the program is not to be, there is a namespace more. */
static void dev_takes_a_second_user_namespace(void **state)
{
	_cleanup_parsed_ struct parsed other =
		parse("--unshare-user", "--uid", "7", "--gid", "7", "--dev", "/dev", "true");
	_cleanup_parsed_ struct parsed root =
		parse("--unshare-user", "--uid", "0", "--gid", "0", "--dev", "/dev", "true");
	struct plan plan = {0};

	assert_int_equal(exact_plan(&other.line.request, &plan, &other.error), 0);
	assert_true(plan.exact->second_userns);
	assert_int_equal(plan.exact->first_uid, 0);
	assert_int_equal(plan.uid, 7);
	plan_free(&plan);
	assert_int_equal(exact_plan(&root.line.request, &plan, &root.error), 0);
	assert_false(plan.exact->second_userns);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_keep_their_order),
		cmocka_unit_test(kinds_of_binds),
		cmocka_unit_test(perms_and_size_are_for_the_next_one),
		cmocka_unit_test(perms_and_size_are_refused),
		cmocka_unit_test(overlays),
		cmocka_unit_test(the_command_begins_at_the_first_word),
		cmocka_unit_test(words_are_refused),
		cmocka_unit_test(numbers_are_plain),
		cmocka_unit_test(the_last_one_holds_and_warns),
		cmocka_unit_test(nothing_is_given_unless_it_is),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(environment_in_order),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(arguments_from_a_file),
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(settings_that_exclude_each_other),
		cmocka_unit_test(a_plan_adds_nothing),
		cmocka_unit_test(dev_takes_a_second_user_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
