// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/string.h"
#include "kernel/seccomp.h"
#include "language/policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void write_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", root, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The only file of the cache, or NULL. */
static char *cached(void)
{
	_cleanup_free_ char *pattern = xasprintf("%s/cache/hutch/seccomp/*", root);
	glob_t paths;
	char *path = NULL;

	if (glob(pattern, 0, NULL, &paths) == 0) {
		assert_int_equal(paths.gl_pathc, 1);
		path = xstrdup(paths.gl_pathv[0]);
	}
	globfree(&paths);
	return path;
}

static void clear(void)
{
	_cleanup_free_ char *command = xasprintf("rm -rf %s/cache %s/other", root, root);

	assert_int_equal(system(command), 0);
}

/* What `read` gets under the policy file; 0xffffffff where it doesn't load. */
static uint32_t load(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", root, name);
	_cleanup_filter_ struct filter filter = {0};
	struct seccomp_data data = {.nr = 0, .arch = 0xc000003e};
	uint32_t value = UINT32_MAX;
	struct error e;

	if (policy_load(path, NULL, false, &filter, &e) < 0)
		return UINT32_MAX;
	seccomp_simulate(filter.instructions, filter.count, &data, &value, NULL);
	return value;
}

#define ERRNO(code) (SECCOMP_RET_ERRNO | (code))

static void a_policy_is_compiled_once(void **state)
{
	_cleanup_free_ char *path = NULL;
	struct stat before, after;

	clear();
	write_file("a.policy", "read: return EIO\n");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	path = cached();
	assert_non_null(path);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* Put a valid filter of another policy in the place of the cached one: it shows that the cache is
 * read, and the cases below that it is not. */
static void plant(const char *mode)
{
	_cleanup_free_ char *victim = NULL, *other = NULL, *command = NULL;

	clear();
	write_file("b.policy", "read: return EPERM\n");
	assert_int_equal(load("b.policy"), ERRNO(EPERM));
	other = cached();
	command = xasprintf("mv %s %s/planted", other, root);
	assert_int_equal(system(command), 0);
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	victim = cached();
	free(command);
	command = xasprintf("V=%s; R=%s; %s", victim, root, mode);
	assert_int_equal(system(command), 0);
}

static void what_the_cache_says_is_taken_only_when_it_is_ours_and_whole(void **state)
{
	plant("rm $V; cp $R/planted $V; chmod 600 $V");
	assert_int_equal(load("a.policy"), ERRNO(EPERM)); /* the cache is read */
	plant("cp $R/planted $V; chmod 620 $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("cp $R/planted $V; chmod 602 $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("rm $V; ln -s $R/planted $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("rm $V; ln $R/planted $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("rm $V; mkfifo $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("rm $V; mkdir $V");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("cp $R/planted $V; chmod 770 $R/cache/hutch/seccomp");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	plant("cp $R/planted $V; mv $R/cache/hutch $R/other; ln -s $R/other "
	      "$R/cache/hutch");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	if (geteuid() == 0) {
		plant("cp $R/planted $V; chown 1 $V");
		assert_int_equal(load("a.policy"), ERRNO(EIO));
		plant("cp $R/planted $V; chown 1 $R/cache/hutch/seccomp");
		assert_int_equal(load("a.policy"), ERRNO(EIO));
	}
}

/* Every byte of a cached file matters, and every length. */
static void a_damaged_file_is_compiled_again(void **state)
{
	char data[4096];
	_cleanup_free_ char *path = NULL;
	ssize_t length;
	int fd;

	clear();
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	path = cached();
	fd = open(path, O_RDONLY);
	length = read(fd, data, sizeof(data));
	close(fd);
	assert_true(length > 80);
	for (ssize_t i = 0; i < length; i++) {
		fd = open(path, O_RDWR);
		data[i] ^= 0x41;
		assert_int_equal(write(fd, data, (size_t)length), length);
		data[i] ^= 0x41;
		close(fd);
		assert_int_equal(load("a.policy"), ERRNO(EIO));
	}
	for (ssize_t i = 0; i < length; i += 7) {
		fd = open(path, O_RDWR | O_TRUNC);
		assert_int_equal(write(fd, data, (size_t)i), i);
		close(fd);
		assert_int_equal(load("a.policy"), ERRNO(EIO));
	}
}

static void an_edit_of_any_of_the_texts_is_seen(void **state)
{
	_cleanup_free_ char *path = NULL;

	clear();
	write_file("inner.policy", "read: return EIO\n");
	write_file("outer.policy", "@include ./inner.policy\n@include /gone/far.policy\n");
	write_file("far.policy", "write: 1\n");
	assert_int_equal(load("outer.policy"), ERRNO(EIO));
	path = cached();
	assert_non_null(path);
	assert_int_equal(load("outer.policy"), ERRNO(EIO));
	write_file("inner.policy", "read: return EPERM\n");
	assert_int_equal(load("outer.policy"), ERRNO(EPERM));
	write_file("outer.policy", "@include ./inner.policy\nwrite: 1\n");
	assert_int_equal(load("outer.policy"), ERRNO(EPERM));
	write_file("inner.policy", "write: return EPERM\n");
	assert_int_equal(load("outer.policy"), UINT32_MAX); /* twice */
}

static void a_users_own_policy_comes_before_the_shipped_one(void **state)
{
	_cleanup_filter_ struct filter shipped = {0}, own = {0};
	_cleanup_free_ char *directory = xasprintf("mkdir -p %s/config/hutch/seccomp", root);
	struct error e;

	clear();
	assert_int_equal(policy_load("default", NULL, false, &shipped, &e), 0);
	assert_string_equal(shipped.origin_path, "built in");
	assert_null(shipped.allocated);
	assert_int_equal(system(directory), 0);
	write_file("config/hutch/seccomp/default.policy", "read: 1\n");
	assert_int_equal(policy_load("default", NULL, false, &own, &e), 0);
	assert_int_not_equal(own.count, shipped.count);
	write_file("config/hutch/seccomp/default.policy", "reed: 1\n");
	filter_free(&own);
	assert_int_equal(policy_load("default", NULL, false, &own, &e), -EINVAL);
	assert_non_null(strstr(e.text, "default.policy:1:1: unknown system call"));
	assert_int_equal(policy_load("defalut", NULL, false, &own, &e), -ENOENT);
	assert_non_null(strstr(e.remedy, "default"));
}

static void no_cache_is_no_error(void **state)
{
	_cleanup_free_ char *cache = xasprintf("%s/cache", root);

	clear();
	setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_int_equal(load("a.policy"), ERRNO(EIO));
	setenv("XDG_CACHE_HOME", cache, 1);
}

static int set_up(void **state)
{
	_cleanup_free_ char *cache = NULL, *config = NULL;

	strcpy(root, "/tmp/hutch-test-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	cache = xasprintf("%s/cache", root);
	config = xasprintf("%s/config", root);
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("XDG_CONFIG_HOME", config, 1);
	umask(022);
	return 0;
}

static int tear_down(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -rf %s", root);

	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_compiled_once),
		cmocka_unit_test(what_the_cache_says_is_taken_only_when_it_is_ours_and_whole),
		cmocka_unit_test(a_damaged_file_is_compiled_again),
		cmocka_unit_test(an_edit_of_any_of_the_texts_is_seen),
		cmocka_unit_test(no_cache_is_no_error),
		cmocka_unit_test(a_users_own_policy_comes_before_the_shipped_one),
	};

#ifndef __x86_64__
	return 77; /* the policies here name x86_64's numbers */
#endif
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
