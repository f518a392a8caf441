// SPDX-License-Identifier: GPL-2.0-or-later
/* What hutch learn makes of paths and addresses: the rules that hutch-learn(1) tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/record_calls.h"
#include "engine/recording.h"
#include "language/expand.h"
#include "language/learn_network.h"
#include "language/learn_paths.h"
#include "language/learn_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

static struct grant_bounds bounds(void)
{
	struct grant_bounds bounds = {.home = "/home/u"};

	strv_add(&bounds.shared, "/etc");
	strv_add(&bounds.shared, "/tmp");
	strv_add(&bounds.applications, "/home/u/.config");
	strv_add(&bounds.applications, "/home/u/.local/share");
	strv_add(&bounds.secrets, "/home/u/.ssh");
	strv_add(&bounds.secrets, "/home/u/.cargo/credentials");
	return bounds;
}

/* The grants as "ro /a, rw /b", of lessons that end with one without a path. */
static void expect(const struct lesson *lessons, const char *wanted)
{
	struct grant_bounds limits = bounds();
	struct strbuf text = {0};
	struct grants grants = {0};
	size_t count = 0;

	while (lessons[count].path)
		count++;
	strbuf_append(&text, "", 0);
	grants_collapse(lessons, count, &limits, &grants);
	vector_each (grant, &grants.list)
		strbuf_printf(&text, "%s%s %s", text.length ? ", " : "",
			      grant->writable ? "rw" : "ro", grant->path);
	vector_each (lesson, &grants.impossible)
		strbuf_printf(&text, "%s!%s", text.length ? ", " : "", (*lesson)->path);
	assert_string_equal(text.text, wanted);
	strbuf_free(&text);
	grants_free(&grants);
	grant_bounds_free(&limits);
}

#define LESSONS(...) ((const struct lesson[]){__VA_ARGS__, {0}})
#define READS(p)                                                   \
	{                                                          \
		.path = (p), .exists = true, .times = 1, .by = "x" \
	}
#define WRITES(p)                                                                 \
	{                                                                         \
		.path = (p), .exists = true, .write = true, .times = 1, .by = "x" \
	}
#define MAKES(p)                                                                 \
	{                                                                        \
		.path = (p), .exists = true, .made = true, .times = 1, .by = "x" \
	}
#define MOVES(p)                                                                  \
	{                                                                         \
		.path = (p), .exists = true, .moved = true, .times = 1, .by = "x" \
	}
#define DROPS(p)                                                                \
	{                                                                       \
		.path = (p), .made = true, .moved = true, .times = 1, .by = "x" \
	}

static void reading_and_writing_in_place_are_of_the_path(void **state)
{
	expect(LESSONS(READS("/data/a")), "ro /data/a");
	expect(LESSONS(WRITES("/data/a")), "rw /data/a");
	expect(LESSONS(READS("/data/a"), WRITES("/data/a")), "rw /data/a");
	expect(LESSONS(WRITES("/data/b"), READS("/data/a")), "ro /data/a, rw /data/b");
}

static void names_are_of_the_directory(void **state)
{
	expect(LESSONS(MAKES("/data/x/a")), "rw /data/x");
	expect(LESSONS(MOVES("/data/x/a"), READS("/data/x/b")), "rw /data/x");
	expect(LESSONS(DROPS("/data/x/lock")), "rw /data/x");
}

static void what_is_shared_is_never_shown_whole(void **state)
{
	expect(LESSONS(MAKES("/home/u/file")), "rw /home/u/file");
	expect(LESSONS(MOVES("/home/u/file")), "rw /home/u/file, !/home/u/file");
	expect(LESSONS(DROPS("/home/u/lock")), "!/home/u/lock");
	expect(LESSONS(MAKES("/home/u/.config")), "");
	expect(LESSONS(WRITES("/home/u")), "!/home/u");
	expect(LESSONS(WRITES("/")), "!/");
	expect(LESSONS(READS("/etc/1"), READS("/etc/2"), READS("/etc/3"), READS("/etc/4")),
	       "ro /etc/1, ro /etc/2, ro /etc/3, ro /etc/4");
	expect(LESSONS(READS("/home/u/1"), READS("/home/u/2"), READS("/home/u/3"),
		       READS("/home/u/4"), READS("/home/u/5")),
	       "ro /home/u/1, ro /home/u/2, ro /home/u/3, ro /home/u/4, ro /home/u/5");
}

static void what_is_around_a_secret_is_not_shown(void **state)
{
	expect(LESSONS(MAKES("/home/u/.cargo/x")), "rw /home/u/.cargo/x");
	expect(LESSONS(MAKES("/home/u/.cargo/registry/x")), "rw /home/u/.cargo/registry");
	expect(LESSONS(READS("/home/u/.cargo")), "!/home/u/.cargo");
}

static void an_application_has_its_directory(void **state)
{
	expect(LESSONS(MAKES("/home/u/.config/app/a/b/c")), "rw /home/u/.config/app");
	expect(LESSONS(WRITES("/home/u/.config/app/rc")), "rw /home/u/.config/app");
	expect(LESSONS(READS("/home/u/.config/app/rc")), "ro /home/u/.config/app/rc");
	expect(LESSONS(MAKES("/home/u/.app/a/b")), "rw /home/u/.app");
	expect(LESSONS(MAKES("/home/u/.local/share/app/b/c")), "rw /home/u/.local/share/app");
	expect(LESSONS(WRITES("/home/u/.config/file")), "rw /home/u/.config/file");
	/* .local is no application */
	expect(LESSONS(MAKES("/home/u/.local/other/x")), "rw /home/u/.local/other");
}

static void four_of_a_kind_are_their_directory(void **state)
{
	expect(LESSONS(READS("/d/x/1"), READS("/d/x/2"), READS("/d/x/3")),
	       "ro /d/x/1, ro /d/x/2, ro /d/x/3");
	expect(LESSONS(READS("/d/x/1"), READS("/d/x/2"), READS("/d/x/3"), READS("/d/x/4")),
	       "ro /d/x");
	expect(LESSONS(READS("/d/x/1"), READS("/d/x/2"), READS("/d/x/3"), WRITES("/d/x/4")),
	       "ro /d/x/1, ro /d/x/2, ro /d/x/3, rw /d/x/4");
	/* and upwards */
	expect(LESSONS(MAKES("/d/x/1/a"), MAKES("/d/x/2/a"), MAKES("/d/x/3/a"), MAKES("/d/x/4/a")),
	       "rw /d/x");
	/* what is deeper is no sibling */
	expect(LESSONS(READS("/d/x/1"), READS("/d/x/2"), READS("/d/x/3"), READS("/d/x/y/4")),
	       "ro /d/x/1, ro /d/x/2, ro /d/x/3, ro /d/x/y/4");
}

static void a_writable_island_stays_in_what_is_read(void **state)
{
	expect(LESSONS(READS("/d/x"), WRITES("/d/x/y"), READS("/d/x/y/z"), READS("/d/x/a")),
	       "ro /d/x, rw /d/x/y");
}

static void evidence_is_that_of_the_first(void **state)
{
	const struct lesson lessons[] = {
		{.path = "/d/x/b", .made = true, .exists = true, .times = 3, .by = "one"},
		{.path = "/d/x/a", .made = true, .exists = true, .times = 4, .by = "two"},
	};
	struct grant_bounds limits = bounds();
	struct grants grants = {0};

	grants_collapse(lessons, 2, &limits, &grants);
	assert_int_equal(grants.list.count, 1);
	assert_int_equal(grants.list.items[0].paths, 2);
	assert_int_equal(grants.list.items[0].times, 7);
	assert_string_equal(grants.list.items[0].first, "/d/x/b");
	assert_string_equal(grants.list.items[0].by, "one");
	grants_free(&grants);
	grant_bounds_free(&limits);
}

static void paths_are_said_as_profiles_read_them(void **state)
{
	static const char *const said[][2] = {
		{"/home/u/x", "~/x"},
		{"/home/u", "~"},
		{"/home/user/x", "/home/user/x"},
		{"/home/u/.config/a", "${XDG_CONFIG_HOME}/a"},
		{"/home/u/Downloads/a", "${DOWNLOADS}/a"},
		{"/run/x/bus", "${XDG_RUNTIME_DIR}/bus"},
		{"/a b,c:d?e$f#g\\h", "/a\\ b\\,c\\:d\\?e\\$f\\#g\\\\h"},
		{"/\xc3\xa4", "/\xc3\xa4"},
	};

	setenv("HOME", "/home/u", 1);
	setenv("XDG_RUNTIME_DIR", "/run/x", 1);
	unsetenv("XDG_CONFIG_HOME");
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		_cleanup_free_ char *text = learn_path(said[i][0]), *back = NULL;

		assert_non_null(text);
		assert_string_equal(text, said[i][1]);
		assert_int_equal(expand_path(text, &back, NULL), 0);
		assert_string_equal(back, said[i][0]);
	}
	assert_null(learn_path("/a\nb"));
	assert_null(learn_path("/a\xff"));
	assert_null(learn_path("/a "));
	assert_null(learn_path("/a\x1b[2J"));
}

static void contact(struct recording *recording, const char *address, unsigned port, int kind,
		    bool bound)
{
	struct contacted contact = {.bound = bound, .kind = kind, .by = (char *)"x"};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&contact.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&contact.address;

	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		contact.length = sizeof(*v4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		contact.length = sizeof(*v6);
	}
	recording_contact(recording, &contact);
}

static enum net mode_of(const char *address, unsigned port)
{
	struct recording recording = {0};
	struct learnt_network network = {0};
	enum net mode;

	contact(&recording, address, port, SOCK_STREAM, false);
	learn_network(&recording, &network);
	mode = network.mode;
	learnt_network_free(&network);
	recording_free(&recording);
	return mode;
}

static void addresses_choose_the_network(void **state)
{
	assert_int_equal(mode_of("192.0.2.1", 80), NET_INTERNET);
	assert_int_equal(mode_of("10.1.2.3", 80), NET_LAN);
	assert_int_equal(mode_of("172.31.0.1", 80), NET_LAN);
	assert_int_equal(mode_of("172.32.0.1", 80), NET_INTERNET);
	assert_int_equal(mode_of("169.254.1.1", 80), NET_LAN);
	assert_int_equal(mode_of("2001:db8::1", 80), NET_INTERNET);
	assert_int_equal(mode_of("fd00::1", 80), NET_LAN);
	assert_int_equal(mode_of("fe80::1", 80), NET_LAN);
	assert_int_equal(mode_of("::ffff:10.0.0.1", 80), NET_LAN);
	assert_int_equal(mode_of("::ffff:192.0.2.1", 80), NET_INTERNET);
	/* a name server, wherever it is */
	assert_int_equal(mode_of("127.0.0.53", 53), NET_INTERNET);
	assert_int_equal(mode_of("192.168.1.1", 53), NET_INTERNET);
	/* how the C library tries whether there is a way at all */
	assert_int_equal(mode_of("192.0.2.1", 0), NET_NONE);
}

static void the_own_loopback_is_no_network(void **state)
{
	struct recording recording = {0};
	struct learnt_network network = {0};

	contact(&recording, "127.0.0.1", 8080, SOCK_STREAM, true);
	contact(&recording, "127.0.0.1", 8080, SOCK_STREAM, false);
	contact(&recording, "0.0.0.0", 9090, SOCK_DGRAM, true);
	learn_network(&recording, &network);
	assert_int_equal(network.mode, NET_NONE);
	assert_int_equal(network.ports.count, 0);
	assert_int_equal(network.publish.count, 1);
	assert_string_equal(network.publish.items[0], "9090/udp");
	learnt_network_free(&network);
	contact(&recording, "127.0.0.1", 5432, SOCK_STREAM, false);
	learn_network(&recording, &network);
	assert_int_equal(network.mode, NET_INTERNET);
	assert_int_equal(network.ports.count, 1);
	assert_string_equal(network.ports.items[0], "5432");
	learnt_network_free(&network);
	recording_free(&recording);
}

static void a_recording_counts_and_finds(void **state)
{
	struct recording recording = {0};
	char path[32];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			snprintf(path, sizeof(path), "/d/%d", i);
			assert_non_null(recording_touch(&recording, path,
							round ? ACCESS_WRITE : ACCESS_READ, !round,
							0, "x"));
		}
	assert_int_equal(recording.touched.count, 5000);
	assert_int_equal(recording_find(&recording, "/d/4999")->times, 2);
	assert_int_equal(recording_find(&recording, "/d/0")->access, ACCESS_READ | ACCESS_WRITE);
	assert_true(recording_find(&recording, "/d/0")->existed);
	assert_null(recording_find(&recording, "/d/5000"));
	recording_free(&recording);
}

static uint32_t verdict(const struct filter *filter, uint32_t arch, int number, uint64_t fifth)
{
	const struct seccomp_data data = {.nr = number, .arch = arch, .args = {[4] = fifth}};
	uint32_t value = 0;

	assert_int_equal(seccomp_simulate(filter->instructions, filter->count, &data, &value, NULL),
			 0);
	return value;
}

static void the_filter_asks_and_never_denies(void **state)
{
#if defined(__x86_64__)
	/* A policy that denies one call, ends the program for another, allows the rest. */
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct filter policy = {.instructions = instructions,
				      .count = sizeof(instructions) / sizeof(instructions[0]),
				      .name = (char *)"p"};
	const uint32_t native = AUDIT_ARCH_X86_64, i386 = AUDIT_ARCH_I386;
	_cleanup_filter_ struct filter filter = {0};

	assert_int_equal(recorded_calls_filter(&policy, &filter, NULL), 0);
	assert_int_equal(verdict(&filter, native, SYS_openat, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, native, SYS_removexattr, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, native, SYS_read, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&filter, native, SYS_ptrace, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, native, SYS_reboot, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&filter, native, SYS_clone3, 0), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(verdict(&filter, native, SYS_io_uring_setup, 0),
			 SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(verdict(&filter, native, SYS_sendto, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&filter, native, SYS_sendto, 8), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, native, SYS_sendto, 8ULL << 32), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, native, SYS_openat | 0x40000000, 0),
			 SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(verdict(&filter, i386, 5, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, i386, 102, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(verdict(&filter, i386, 369, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&filter, i386, 3, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(&filter, AUDIT_ARCH_ARM, 5, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(recorded_call_find(native, SYS_open)->access[0], 0);
	assert_int_equal(recorded_call_find(i386, 10)->access[0], ACCESS_REMOVE);
	assert_null(recorded_call_find(native, SYS_read));
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_and_writing_in_place_are_of_the_path),
		cmocka_unit_test(names_are_of_the_directory),
		cmocka_unit_test(what_is_shared_is_never_shown_whole),
		cmocka_unit_test(what_is_around_a_secret_is_not_shown),
		cmocka_unit_test(an_application_has_its_directory),
		cmocka_unit_test(four_of_a_kind_are_their_directory),
		cmocka_unit_test(a_writable_island_stays_in_what_is_read),
		cmocka_unit_test(evidence_is_that_of_the_first),
		cmocka_unit_test(paths_are_said_as_profiles_read_them),
		cmocka_unit_test(addresses_choose_the_network),
		cmocka_unit_test(the_own_loopback_is_no_network),
		cmocka_unit_test(a_recording_counts_and_finds),
		cmocka_unit_test(the_filter_asks_and_never_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
