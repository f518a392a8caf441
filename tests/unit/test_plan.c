// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan floor: what a request becomes on a host. The files it speaks of are made below a
 * directory of the test's own; the request has no default profile unless a test says so, so every
 * mount in the plan is one that the test asked for.
 */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "kernel/mount.h"
#include "language/options.h"
#include "plan/environment.h"
#include "plan/make.h"
#include "plan/query.h"
#include "plan/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *place; /* without links; the working directory */

struct made {
	struct request request;
	struct command_line line;
	struct plan plan;
	struct error error;
	int result;
};

static void made_free(struct made *made)
{
	plan_free(&made->plan);
	request_free(&made->request);
	command_line_free(&made->line);
}

#define _cleanup_made_ __attribute__((cleanup(made_free)))

/* The first settings, @defaults of them, are as if the default profile said them. */
static struct made make_words(size_t defaults, const char *const *words)
{
	struct host host = {
		.uid = getuid(),
		.gid = getgid(),
		.home = xasprintf("%s/home", place),
		.user = xstrdup("somebody"),
		.directory = xstrdup(place),
	};
	struct made made = {0};
	char *argv[32] = {(char *)"run"};
	int argc = 1;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	made.result = options_parse(VERB_RUN, argc, argv, &made.request, &made.line, &made.error);
	assert_int_equal(made.result, 0);
	for (size_t i = 0; i < defaults; i++)
		made.request.settings.items[i].origin.layer = LAYER_DEFAULT;
	made.result = plan_make(&made.request, &host, &made.plan, &made.error);
	host_free(&host);
	return made;
}

#define make(...)            make_words(0, (const char *const[]){__VA_ARGS__, NULL})
#define make_default(n, ...) make_words(n, (const char *const[]){__VA_ARGS__, NULL})

#define assert_made(made_)                                  \
	do {                                                \
		if ((made_).result < 0)                     \
			fail_msg("%s", (made_).error.text); \
	} while (0)

static const char *at(const char *name)
{
	static char paths[4][512];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", place, name);
	return path;
}

static const struct plan_mount *mount_at(const struct made *made, const char *destination)
{
	const struct plan_mount *found = NULL;

	vector_each (mount, &made->plan.mounts) {
		if (mount->fallback || !streq(mount->destination, destination))
			continue;
		assert_null(found); /* one path, one mount */
		found = mount;
	}
	return found;
}

static const struct plan_mount *kind_at(const struct made *made, const char *name,
					enum mount_kind kind)
{
	const struct plan_mount *mount = mount_at(made, name[0] == '/' ? name : at(name));

	assert_non_null(mount);
	assert_int_equal(mount->kind, kind);
	return mount;
}

static bool read_only(const struct plan_mount *mount)
{
	return mount->set & MOUNT_ATTR_RDONLY;
}

static size_t index_of(const struct made *made, const struct plan_mount *mount)
{
	return (size_t)(mount - made->plan.mounts.items);
}

static const struct plan_guard *guard_at(const struct made *made, const char *name)
{
	vector_each (guard, &made->plan.guards)
		if (streq(guard->path, at(name)))
			return guard;
	return NULL;
}

/* --- paths --- */

static void path_absolute_cleans(void **state)
{
	static const char *const cases[][3] = {
		{"/a", "b", "/a/b"},       {"/a", "/b//c/", "/b/c"}, {"/a/b", "../c", "/a/c"},
		{"/a", "../../..", "/"},   {"/", ".", "/"},          {"/a", "./b/./c", "/a/b/c"},
		{"/a", "b/../../c", "/c"}, {"/", "//", "/"},         {"/a", "..b", "/a/..b"},
		{"/a", "...", "/a/..."},   {"/a", ".b", "/a/.b"},    {"/a", "", "/a"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *path = path_absolute(cases[i][0], cases[i][1]);

		assert_string_equal(path, cases[i][2]);
	}
}

static void path_below_ends_at_a_slash(void **state)
{
	assert_string_equal(path_below("/a/b", "/a"), "/b");
	assert_string_equal(path_below("/a", "/a"), "");
	assert_string_equal(path_below("/a", "/"), "/a");
	assert_null(path_below("/ab", "/a"));
	assert_null(path_below("/a", "/a/b"));
}

/* --- which rule wins --- */

static void the_more_specific_path_wins_in_any_order(void **state)
{
	_cleanup_made_ struct made one = make("--rw", "tree", "--ro", "tree/inner");
	_cleanup_made_ struct made two = make("--ro", "tree/inner", "--rw", "tree");

	assert_made(one);
	assert_made(two);
	for (int i = 0; i < 2; i++) {
		const struct made *made = i ? &two : &one;
		const struct plan_mount *outer = kind_at(made, "tree", MOUNT_BIND);
		const struct plan_mount *inner = kind_at(made, "tree/inner", MOUNT_BIND);

		assert_false(read_only(outer));
		assert_true(read_only(inner));
		assert_true(index_of(made, outer) < index_of(made, inner));
		assert_string_equal(inner->origin, "--ro tree/inner");
	}
}

static void at_equal_paths_the_later_source_wins(void **state)
{
	_cleanup_made_ struct made rw = make("--ro", "tree", "--rw", "tree/.");
	_cleanup_made_ struct made ro = make("--rw", "tree", "--ro", "tree/.");
	_cleanup_made_ struct made hide = make("--rw", "tree", "--hide", "tree");
	_cleanup_made_ struct made tmpfs = make("--hide", "tree", "--tmpfs", "tree");

	assert_made(rw);
	assert_made(ro);
	assert_false(read_only(kind_at(&rw, "tree", MOUNT_BIND)));
	assert_string_equal(mount_at(&rw, at("tree"))->origin, "--rw tree/.");
	assert_true(read_only(kind_at(&ro, "tree", MOUNT_BIND)));
	kind_at(&hide, "tree", MOUNT_MASK);
	kind_at(&tmpfs, "tree", MOUNT_SCRATCH);
}

static void names_that_begin_alike_are_not_below_each_other(void **state)
{
	_cleanup_made_ struct made made =
		make("--rw", "tree", "--ro", "tree-2/file", "--ro", "tree/new/");

	assert_made(made);
	/* "-" sorts before "/": parents must still come first. */
	assert_int_equal(kind_at(&made, "tree-2/file", MOUNT_BIND)->point, POINT_FILE);
	assert_int_equal((int)made.plan.guards.count, 1);
	assert_string_equal(guard_at(&made, "tree/new")->tree, at("tree"));
}

static void parents_come_first(void **state)
{
	_cleanup_made_ struct made made =
		make("--ro", "tree/inner/deep", "--ro", "tree-2", "--rw", "tree");
	const struct plan_mount *last = NULL;

	assert_made(made);
	vector_each (mount, &made.plan.mounts) {
		vector_each (later, &made.plan.mounts)
			if (later > mount && !streq(later->destination, mount->destination))
				assert_null(path_below(mount->destination, later->destination));
		last = mount;
	}
	assert_non_null(last);
}

/* --- hiding --- */

static void what_is_hidden_is_hidden_at_its_other_paths_too(void **state)
{
	_cleanup_made_ struct made made =
		make("--ro", "tree:/other", "--ro", "tree", "--hide", "tree/secret");
	_cleanup_made_ struct made later =
		make("--hide", "tree/secret", "--ro", "tree/secret:/given");
	const struct plan_mount *cover;

	assert_made(made);
	kind_at(&made, "tree/secret", MOUNT_MASK);
	cover = kind_at(&made, "/other/secret", MOUNT_MASK);
	assert_string_equal(cover->origin, "--hide tree/secret");
	assert_true(S_ISREG(cover->mode));
	assert_made(later);
	kind_at(&later, "/given", MOUNT_BIND); /* asked for by name, and later */
}

static void a_hidden_directory_opens_for_what_is_shown_below_it(void **state)
{
	_cleanup_made_ struct made made =
		make("--ro", "tree", "--hide", "tree/inner", "--ro", "tree/inner/deep");
	const struct plan_mount *mask;

	assert_made(made);
	mask = kind_at(&made, "tree/inner", MOUNT_SCRATCH);
	assert_true(mask->seal);
	assert_int_equal(mask->mode, 0555);
	assert_true(index_of(&made, mask) <
		    index_of(&made, kind_at(&made, "tree/inner/deep", MOUNT_BIND)));
}

static void hiding_what_is_not_there_is_nothing_in_a_read_only_tree(void **state)
{
	_cleanup_made_ struct made made = make("--ro", "tree", "--hide", "tree/none,/nowhere/none");

	assert_made(made);
	assert_null(mount_at(&made, at("tree/none")));
	assert_null(mount_at(&made, "/nowhere/none"));
	assert_int_equal((int)made.plan.guards.count, 0);
}

/* --- islands in writable trees --- */

static void directories_above_an_island_are_pinned(void **state)
{
	_cleanup_made_ struct made made = make("--rw", "tree", "--ro", "tree/inner/deep");
	_cleanup_made_ struct made plain = make("--ro", "tree", "--ro", "tree/inner/deep");
	const struct plan_mount *pin, *tree, *island;

	assert_made(made);
	tree = kind_at(&made, "tree", MOUNT_BIND);
	pin = kind_at(&made, "tree/inner", MOUNT_AGAIN);
	island = kind_at(&made, "tree/inner/deep", MOUNT_BIND);
	assert_int_equal((int)pin->set, 0);
	assert_int_equal(pin->point, POINT_EXISTS);
	assert_true(index_of(&made, tree) < index_of(&made, pin));
	assert_true(index_of(&made, pin) < index_of(&made, island));
	assert_null(mount_at(&plain, at("tree/inner")));
}

static void an_absent_island_is_guarded(void **state)
{
	_cleanup_made_ struct made made = make("--rw", "tree", "--ro", "tree/new/", "--hide",
					       "tree/.env", "--ro", "tree/none?");
	const struct plan_guard *guard;

	assert_made(made);
	guard = guard_at(&made, "tree/new");
	assert_non_null(guard);
	assert_true(guard->directory);
	assert_string_equal(guard->tree, at("tree"));
	assert_true(read_only(kind_at(&made, "tree/new", MOUNT_AGAIN)));
	guard = guard_at(&made, "tree/.env");
	assert_non_null(guard);
	assert_false(guard->directory);
	assert_string_equal(guard->origin, "--hide tree/.env");
	assert_int_equal((int)made.plan.guards.count, 2);
	assert_int_equal(access(at("tree/new"), F_OK), -1); /* the plan makes nothing */
	assert_int_equal(access(at("tree/.env"), F_OK), -1);
}

/* --- links, root --- */

static void a_link_to_what_is_visible_stays_a_link(void **state)
{
	_cleanup_made_ struct made made = make("--ro", "tree", "--ro", "link");
	_cleanup_made_ struct made alone = make("--ro", "link");

	assert_made(made);
	assert_string_equal(kind_at(&made, "link", MOUNT_SYMLINK)->source, "tree/inner");
	assert_made(alone);
	kind_at(&alone, "link", MOUNT_BIND);
}

static void a_root_of_its_own_drops_what_the_default_shows(void **state)
{
	_cleanup_made_ struct made made = make_default(2, "--ro", "tree", "--tmpfs", "/tmp", "--ro",
						       "tree-2:/tmp/mine", "--root", "rootfs");
	_cleanup_made_ struct made none = make("--root", "nowhere");
	_cleanup_made_ struct made file = make("--root", "tree/file");

	assert_made(made);
	assert_string_equal(made.plan.root, at("rootfs"));
	assert_string_equal(made.plan.root_origin, "--root rootfs");
	assert_false(made.plan.root_writable);
	assert_null(mount_at(&made, at("tree")));
	kind_at(&made, "/tmp/mine", MOUNT_BIND);
	assert_int_equal(none.result, -ENOENT);
	assert_string_equal(none.error.text, "--root nowhere: No such file or directory");
	assert_int_equal(file.result, -ENOTDIR);
}

static void nothing_below_a_noexec_path_can_be_executed(void **state)
{
	_cleanup_made_ struct made made =
		make("--noexec", "tree", "--ro", "tree", "--rw", "tree", "--ro", "tree/inner/deep",
		     "--ro", "tree-2", "--noexec", "home", "./bin/tool", "home/data");
	_cleanup_made_ struct made again = make("--rw", "tree", "--noexec", "tree/inner");
	_cleanup_made_ struct made root = make("--ro", "/", "--noexec", "/");
	_cleanup_made_ struct made proc = make("--noexec", "/proc,/proc/sys");

	assert_made(made);
	assert_true(kind_at(&made, "tree", MOUNT_BIND)->set & MOUNT_ATTR_NOEXEC);
	assert_true(kind_at(&made, "tree/inner/deep", MOUNT_BIND)->set & MOUNT_ATTR_NOEXEC);
	assert_true(kind_at(&made, "home", MOUNT_SCRATCH)->set & MOUNT_ATTR_NOEXEC);
	assert_true(kind_at(&made, "home/data", MOUNT_BIND)->set & MOUNT_ATTR_NOEXEC);
	assert_false(kind_at(&made, "tree-2", MOUNT_BIND)->set & MOUNT_ATTR_NOEXEC);
	assert_made(again);
	assert_true(kind_at(&again, "tree/inner", MOUNT_AGAIN)->set & MOUNT_ATTR_NOEXEC);
	assert_false(kind_at(&again, "tree", MOUNT_BIND)->set & MOUNT_ATTR_NOEXEC);
	assert_int_equal(root.result, -EINVAL);
	kind_at(&proc, "/proc", MOUNT_PROC);
	assert_true(read_only(kind_at(&proc, "/proc/sys", MOUNT_AGAIN)));
}

static void a_path_that_is_missing_is_named(void **state)
{
	_cleanup_made_ struct made rw = make("--rw", "tree/none");
	_cleanup_made_ struct made ro = make("--ro", "nowhere");
	_cleanup_made_ struct made optional = make("--ro", "nowhere?", "--rw", "nowhere?");

	assert_int_equal(rw.result, -ENOENT);
	assert_string_equal(rw.error.text, "--rw tree/none: No such file or directory");
	assert_int_equal(ro.result, -ENOENT);
	assert_string_equal(ro.error.text, "--ro nowhere: No such file or directory");
	assert_string_equal(ro.error.remedy,
			    "write PATH?, with the question mark, where it may be absent");
	assert_made(optional);
	assert_null(mount_at(&optional, at("nowhere")));
}

static void landlock_lets_write_where_the_mounts_do(void **state)
{
	_cleanup_made_ struct made made = make("--rw", "tree", "--ro", "tree-2", "--tmpfs", "/t");
	bool tree = false, other = false, scratch = false;

	assert_made(made);
	vector_each (rule, &made.plan.landlock) {
		tree |= rule->access == LANDLOCK_WRITE && streq(rule->path, at("tree"));
		scratch |= rule->access == LANDLOCK_WRITE && streq(rule->path, "/t");
		other |= rule->access == LANDLOCK_WRITE && path_below(at("tree-2"), rule->path);
	}
	assert_true(tree && scratch);
	assert_false(other);
}

/* --- environment --- */

static void the_environment_is_what_was_kept_and_set(void **state)
{
	setenv("PLAN_A", "a", 1);
	setenv("PLAN_B", "b", 1);
	setenv("PLANET", "earth", 1);
	setenv("SECRET", "s", 1);

	_cleanup_made_ struct made made = make("--env", "PLAN_B=set", "--keep-env",
					       "PLAN_*,NOT_THERE", "--env", "C=1", "--env", "C=2");
	_cleanup_made_ struct made exact = make("--keep-env", "PLAN", "--env", "PATH=/x");

	assert_made(made);
	assert_string_equal(environment_get(&made.plan, "PLAN_A"), "a");
	assert_string_equal(environment_get(&made.plan, "PLAN_B"), "set"); /* in any order */
	assert_string_equal(environment_get(&made.plan, "C"), "2");
	assert_null(environment_get(&made.plan, "PLANET"));
	assert_null(environment_get(&made.plan, "SECRET"));
	assert_null(environment_get(&made.plan, "NOT_THERE"));
	assert_string_equal(environment_get(&made.plan, "HOME"), at("home"));
	assert_non_null(environment_get(&made.plan, "PATH"));
	assert_null(environment_get(&exact.plan, "PLAN_A"));
	assert_string_equal(environment_get(&exact.plan, "PATH"), "/x");
}

static void every_variable_knows_where_it_came_from(void **state)
{
	setenv("PLAN_A", "a", 1);

	_cleanup_made_ struct made made =
		make("--keep-env", "PLAN_*", "--env", "C=1", "--env", "C=2");
	const struct plan *plan = &made.plan;

	assert_made(made);
	assert_int_equal((int)plan->environment.count, (int)plan->environment_origins.count);
	for (size_t i = 0; i < plan->environment.count; i++) {
		const char *item = plan->environment.items[i];
		const char *origin = plan->environment_origins.items[i];

		if (startswith(item, "PLAN_"))
			assert_string_equal(origin, "--keep-env PLAN_*");
		else if (startswith(item, "C="))
			assert_string_equal(origin, "--env C=2");
		else
			assert_non_null(startswith(origin, "built in"));
	}
}

/* --- limits --- */

static const struct plan_rlimit *limit_of(const struct made *made, int resource)
{
	vector_each (limit, &made->plan.rlimits)
		if (limit->resource == resource)
			return limit;
	return NULL;
}

static void limits_are_read_and_merged(void **state)
{
	_cleanup_made_ struct made made =
		make("--rlimit", "nofile=64:128,fsize=1M,stack=unlimited", "--rlimit", "nofile=32",
		     "--time", "1500ms", "--wall", "2s");

	assert_made(made);
	assert_int_equal((int)limit_of(&made, RLIMIT_NOFILE)->soft, 32); /* the later one */
	assert_int_equal((int)limit_of(&made, RLIMIT_NOFILE)->hard, 32);
	assert_int_equal((int)limit_of(&made, RLIMIT_FSIZE)->soft, 1 << 20);
	assert_true(limit_of(&made, RLIMIT_STACK)->soft == RLIM_INFINITY);
	assert_int_equal((int)limit_of(&made, RLIMIT_CPU)->soft, 2);
	assert_int_equal((int)limit_of(&made, RLIMIT_CPU)->hard, 3);
	assert_int_equal((int)limit_of(&made, RLIMIT_CORE)->hard, 1);
	assert_int_equal((int)made.plan.wall, 2000);
}

static void limits_above_the_callers_are_refused(void **state)
{
	struct rlimit before, lower;

	getrlimit(RLIMIT_NPROC, &before);
	lower.rlim_max = lower.rlim_cur = before.rlim_max < 4096 ? before.rlim_max : 4096;
	assert_int_equal(setrlimit(RLIMIT_NPROC, &lower), 0);
	_cleanup_free_ char *words =
		xasprintf("nproc=%llu", (unsigned long long)lower.rlim_max + 1);
	_cleanup_made_ struct made above = make("--rlimit", words);

	assert_int_equal(above.result, -EPERM);
	assert_non_null(strstr(above.error.text, "above the caller's own hard limit of "));
}

/* --- the program --- */

static void a_program_is_looked_for_along_its_own_path(void **state)
{
	_cleanup_free_ char *path = xasprintf("PATH=%s:%s", at("nowhere"), at("bin"));
	_cleanup_free_ char *dot = xasprintf("PATH=.:bin::%s", at("home"));
	_cleanup_made_ struct made found = make("--env", path, "tool", "x");
	_cleanup_made_ struct made missing = make("--env", path, "no-tool");
	_cleanup_made_ struct made refused = make("--env", path, "data");
	_cleanup_made_ struct made relative = make("--env", dot, "tool");

	assert_made(found);
	assert_string_equal(found.plan.program, at("bin/tool"));
	assert_true(found.plan.program_found);
	assert_string_equal(found.plan.arguments.items[0], "tool");
	assert_true(read_only(kind_at(&found, "bin/tool", MOUNT_BIND)));
	assert_int_equal(missing.error.status, EXIT_NOT_FOUND);
	assert_string_equal(missing.error.text, "no-tool: command not found");
	assert_non_null(strstr(missing.error.remedy, at("nowhere")));
	assert_int_equal(refused.error.status, EXIT_NOT_EXECUTABLE);
	assert_int_equal(relative.error.status, EXIT_NOT_FOUND);
}

static void a_program_by_its_path_has_the_shells_statuses(void **state)
{
	static const struct {
		const char *name;
		int status;
	} cases[] = {
		{"./bin/none", EXIT_NOT_FOUND}, {"./bin/data", EXIT_NOT_EXECUTABLE},
		{"./bin", EXIT_NOT_EXECUTABLE}, {"./bin/tool/x", EXIT_NOT_FOUND},
		{"./broken", EXIT_NOT_FOUND},   {"", EXIT_NOT_FOUND},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_made_ struct made made = make("--", cases[i].name);

		assert_true(made.result < 0);
		assert_int_equal(made.error.status, cases[i].status);
	}
}

static void files_on_its_command_line_are_shared_directories_are_not(void **state)
{
	_cleanup_made_ struct made made =
		make("--hide", "tree/secret", "./bin/tool", "tree/file", "--in=tree-2/file",
		     "tree/inner", "tree/secret", "/none", "-x");

	assert_made(made);
	assert_true(read_only(kind_at(&made, "tree/file", MOUNT_BIND)));
	assert_string_equal(mount_at(&made, at("tree/file"))->origin, "the argument tree/file");
	kind_at(&made, "tree-2/file", MOUNT_BIND);
	assert_null(mount_at(&made, at("tree/inner")));
	kind_at(&made, "tree/secret", MOUNT_MASK);
}

/* --- questions --- */

static void assert_state(const struct made *made, const char *name, const char *expected)
{
	_cleanup_answer_ struct answer answer = {0};
	struct error e = {0};

	assert_int_equal(query_path(&made->plan, name[0] == '/' ? name : at(name), &answer, &e), 0);
	assert_string_equal(answer.state, expected);
}

static void a_question_is_answered_by_the_mount_that_decides(void **state)
{
	_cleanup_made_ struct made made =
		make("--rw", "tree", "--ro", "tree/inner/deep", "--hide", "tree/secret", "--ro",
		     "tree/new/", "--tmpfs", "/t", "--symlink", "/l:t", "--ro", "link");

	assert_made(made);
	assert_state(&made, "tree/file", "writable");
	assert_state(&made, "tree/inner", "writable"); /* pinned, no more */
	assert_state(&made, "tree/inner/deep", "read-only");
	assert_state(&made, "tree/secret", "hidden");
	assert_state(&made, "tree/new", "absent");
	assert_state(&made, "tree/file/../inner", "writable");
	assert_state(&made, "link/deep", "read-only");
	assert_state(&made, "/t", "memory");
	assert_state(&made, "/l", "memory");
	assert_state(&made, "/t/x", "absent");
	assert_state(&made, "/proc/self", "process");
	assert_state(&made, "/proc/cpuinfo", "process");
	assert_state(&made, "/proc/sys/kernel", "read-only");
	assert_state(&made, "/nowhere", "absent");
	assert_state(&made, "/", "empty");
}

/* --- the files all this is about --- */

static void write_file(const char *name, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	static const char *const directories[] = {"home",   "tree", "tree/inner", "tree/inner/deep",
						  "tree-2", "bin",  "rootfs",     "rootfs/tmp"};
	char template[] = "/tmp/hutch-test-plan-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	place = realpath(template, NULL);
	if (!place || chdir(place) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		mkdir(at(directories[i]), 0755);
	write_file("tree/file", 0644);
	write_file("tree/secret", 0644);
	write_file("tree-2/file", 0644);
	write_file("bin/tool", 0755);
	write_file("bin/data", 0644);
	write_file("home/data", 0755);
	write_file("tool", 0755);
	return symlink("tree/inner", at("link")) || symlink("nowhere", at("broken"));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

static int tear_down(void **state)
{
	nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_absolute_cleans),
		cmocka_unit_test(path_below_ends_at_a_slash),
		cmocka_unit_test(the_more_specific_path_wins_in_any_order),
		cmocka_unit_test(at_equal_paths_the_later_source_wins),
		cmocka_unit_test(names_that_begin_alike_are_not_below_each_other),
		cmocka_unit_test(parents_come_first),
		cmocka_unit_test(what_is_hidden_is_hidden_at_its_other_paths_too),
		cmocka_unit_test(a_hidden_directory_opens_for_what_is_shown_below_it),
		cmocka_unit_test(hiding_what_is_not_there_is_nothing_in_a_read_only_tree),
		cmocka_unit_test(directories_above_an_island_are_pinned),
		cmocka_unit_test(an_absent_island_is_guarded),
		cmocka_unit_test(a_link_to_what_is_visible_stays_a_link),
		cmocka_unit_test(a_root_of_its_own_drops_what_the_default_shows),
		cmocka_unit_test(nothing_below_a_noexec_path_can_be_executed),
		cmocka_unit_test(a_path_that_is_missing_is_named),
		cmocka_unit_test(landlock_lets_write_where_the_mounts_do),
		cmocka_unit_test(the_environment_is_what_was_kept_and_set),
		cmocka_unit_test(every_variable_knows_where_it_came_from),
		cmocka_unit_test(limits_are_read_and_merged),
		cmocka_unit_test(limits_above_the_callers_are_refused),
		cmocka_unit_test(a_program_is_looked_for_along_its_own_path),
		cmocka_unit_test(a_program_by_its_path_has_the_shells_statuses),
		cmocka_unit_test(files_on_its_command_line_are_shared_directories_are_not),
		cmocka_unit_test(a_question_is_answered_by_the_mount_that_decides),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
