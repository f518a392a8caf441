// SPDX-License-Identifier: GPL-2.0-or-later
/* What hutch doctor says of hosts that are not at hand. */
#include "commands/diagnosis.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct probe works = {.tried = true};

static struct probe fails(int code, const char *step)
{
	struct probe p = {.tried = true, .code = code};

	snprintf(p.step, sizeof(p.step), "%s", step);
	return p;
}

/* A host on which everything works. */
static struct features good(void)
{
	struct features f = {
		.uid = 1000,
		.gid = 1000,
		.release = "6.12.0",
		.user = works,
		.all = works,
		.second_user = works,
		.mounts = works,
		.proc = works,
		.devpts = works,
		.has_proc = true,
		.has_user_namespaces = true,
		.initial_namespace = true,
		.max_user_namespaces = 15000,
		.unprivileged_userns_clone = -1,
		.apparmor_restricts = -1,
		.user_name = "ada",
		.newuidmap = "/usr/bin/newuidmap",
		.newgidmap = "/usr/bin/newgidmap",
		.newuidmap_privileged = true,
		.newgidmap_privileged = true,
		.sub_uid = 100000,
		.sub_uid_count = 65536,
		.sub_gid = 100000,
		.sub_gid_count = 65536,
		.range = works,
		.overlay_memory = works,
		.overlay_home = works,
		.overlay_tmp = works,
		.landlock_abi = 6,
		.landlock_files = works,
		.landlock_scopes = works,
		.seccomp = works,
		.seccomp_notify = works,
		.keyring = works,
		.cgroup_mode = CGROUP_UNIFIED,
		.cgroup_path = "/sys/fs/cgroup/user.slice/x",
		.cgroup_controllers = "cpu memory pids",
		.cgroup_make = works,
		.cgroup_enter = works,
		.net_helper = true,
		.tun = works,
		.nftables = works,
		.ptmx = works,
		.runtime_dir = "/run/user/1000",
	};

	for (int i = 0; i < NAMESPACE_KINDS; i++)
		f.namespace[i] = works;
	return f;
}

static struct features refused(int code, const char *step)
{
	struct features f = good();

	f.user = fails(code, step);
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		probe_skip(&f.namespace[i], "needs a user namespace");
	probe_skip(&f.all, "needs a user namespace");
	f.second_user = f.mounts = f.proc = f.devpts = f.range = f.all;
	f.overlay_memory = f.overlay_home = f.overlay_tmp = f.nftables = f.all;
	return f;
}

/* The diagnosis of one topic; the findings stay until the next call. */
static const struct finding *about(const struct features *f, const char *topic)
{
	static struct findings findings;

	findings_free(&findings);
	diagnose(f, "/opt/my hutch/hutch", &findings);
	vector_each (r, &findings.list)
		if (streq(r->topic, topic))
			return r;
	fail_msg("no finding about %s", topic);
	return NULL;
}

static void assert_has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(nothing)");
}

static bool is_good(const struct features *f)
{
	struct findings findings = {0};
	bool result;

	diagnose(f, "/usr/bin/hutch", &findings);
	result = findings_good(&findings);
	findings_free(&findings);
	return result;
}

static void a_good_host_is_ok_in_all(void **state)
{
	struct features f = good();
	struct findings findings = {0};

	diagnose(&f, "/usr/bin/hutch", &findings);
	vector_each (r, &findings.list) {
		if (r->state != FINDING_OK || r->remedy || r->cost)
			fail_msg("%s: %s", r->topic, r->what);
	}
	assert_true(findings_good(&findings));
	findings_free(&findings);
}

static void apparmor_gets_a_profile_for_this_very_file(void **state)
{
	struct features f = refused(EPERM, "/proc/self/uid_map");
	struct findings named = {0};
	const struct finding *r;

	f.apparmor_restricts = 1;
	r = about(&f, "user-namespaces");
	assert_int_equal(r->state, FINDING_MISSING);
	assert_has(r->what, "AppArmor");
	assert_has(r->remedy, "profile hutch \"/opt/my hutch/hutch\" flags=(unconfined) {\n"
			      "  userns,\n");
	assert_has(r->remedy, "/etc/apparmor.d/hutch");
	assert_has(r->remedy, "apparmor_parser --replace");
	assert_false(is_good(&f));
	findings_free(&named);
	diagnose(&f, "/opt/a[b]*\"\033/hutch", &named);
	assert_has(named.list.items[0].remedy, "\"/opt/a\\[b\\]\\*\\\"\\033/hutch\"");
	findings_free(&named);
}

static void apparmor_that_takes_only_the_rights_away(void **state)
{
	struct features f = good();

	f.apparmor_restricts = 1;
	snprintf(f.label, sizeof(f.label), "unprivileged_userns (enforce)");
	f.namespace[NAMESPACE_MOUNT] = fails(EPERM, "clone3");
	assert_has(about(&f, "namespaces")->remedy, "unprivileged_userns");
	assert_false(is_good(&f));
}

static void the_reason_of_eperm_is_the_one_that_holds(void **state)
{
	struct features f = refused(EPERM, "clone3");

	assert_has(about(&f, "user-namespaces")->what, "for none of the reasons");
	f.filtered = true;
	assert_has(about(&f, "user-namespaces")->what, "seccomp filter");
	f.apparmor_restricts = 0;
	assert_has(about(&f, "user-namespaces")->what, "seccomp filter");
	f.apparmor_restricts = 1;
	assert_has(about(&f, "user-namespaces")->what, "AppArmor");
	f.unprivileged_userns_clone = 1;
	assert_has(about(&f, "user-namespaces")->what, "AppArmor");
	f.unprivileged_userns_clone = 0;
	assert_has(about(&f, "user-namespaces")->what, "unprivileged_userns_clone is 0");
	snprintf(f.chroot, sizeof(f.chroot), "\"/\" is /srv of process 1");
	assert_has(about(&f, "user-namespaces")->what, "chroot");
	f.has_user_namespaces = false;
	assert_has(about(&f, "user-namespaces")->what, "built without");
}

static void limits_name_the_setting_or_who_set_it(void **state)
{
	struct features f = refused(ENOSPC, "clone3");

	f.max_user_namespaces = 0;
	assert_has(about(&f, "user-namespaces")->remedy, "sysctl user.max_user_namespaces=15000");
	f.initial_namespace = false;
	assert_has(about(&f, "user-namespaces")->remedy, "nested = yes");
	f.max_user_namespaces = 7;
	assert_has(about(&f, "user-namespaces")->what, "reached (7");
}

static void security_modules_are_named(void **state)
{
	struct features f = refused(EACCES, "clone3");

	snprintf(f.label, sizeof(f.label), "user_u:user_r:user_t:s0");
	assert_has(about(&f, "user-namespaces")->what, "user_u:user_r:user_t:s0");
}

static void each_landlock_level_has_its_cost(void **state)
{
	struct features f = good();

	f.landlock_abi = 5;
	assert_has(about(&f, "landlock")->cost, "abstract sockets");
	assert_int_equal(about(&f, "landlock")->state, FINDING_WEAKER);
	assert_null(strstr(about(&f, "landlock")->cost, "truncating"));
	f.landlock_abi = 1;
	assert_has(about(&f, "landlock")->cost, "moved between directories");
	assert_has(about(&f, "landlock")->cost, "truncating");
	assert_has(about(&f, "landlock")->remedy, "6.12");
	assert_true(is_good(&f));
	f.landlock_abi = 0;
	f.landlock_files = fails(EOPNOTSUPP, "landlock_create_ruleset");
	assert_has(about(&f, "landlock")->remedy, "lsm=");
	assert_false(is_good(&f));
}

static void ranges_need_programs_lines_and_privileges(void **state)
{
	struct features f = good();

	f.range = fails(EPERM, "newuidmap refused the range");
	assert_has(about(&f, "id-range")->what, "newuidmap refused");
	f.no_new_privs = true;
	assert_has(about(&f, "id-range")->what, "no_new_privs");
	f.newgidmap_privileged = false;
	assert_has(about(&f, "id-range")->what, "/usr/bin/newgidmap is neither");
	f.sub_uid_count = 0;
	assert_has(about(&f, "id-range")->remedy, "usermod --add-subuids 100000-165535");
	assert_has(about(&f, "id-range")->remedy, " ada");
	f.newuidmap[0] = '\0';
	assert_has(about(&f, "id-range")->remedy, "apt install uidmap");
	assert_true(is_good(&f));
}

static void an_overlay_that_mounts_and_fails_is_weaker(void **state)
{
	struct features f = good();

	f.overlay_memory = fails(EIO, "removing a directory");
	assert_int_equal(about(&f, "overlay-memory")->state, FINDING_MISSING);
	f.overlay_memory_mounts = true;
	assert_int_equal(about(&f, "overlay-memory")->state, FINDING_WEAKER);
	assert_has(about(&f, "overlay-memory")->remedy, "6.6");
	assert_int_equal(about(&f, "overlay-home")->state, FINDING_OK);
}

static void groups_say_what_is_missing(void **state)
{
	struct features f = good();

	f.cgroup_make = f.cgroup_enter = fails(EACCES, "mkdir");
	assert_int_equal(about(&f, "cgroup")->state, FINDING_WEAKER);
	assert_has(about(&f, "cgroup")->remedy, "enable-linger ada");
	snprintf(f.systemd, sizeof(f.systemd), "/run/user/1000/systemd/private");
	assert_int_equal(about(&f, "cgroup")->state, FINDING_OK);
	assert_has(about(&f, "cgroup")->what, "not tried");
	snprintf(f.manager_controllers, sizeof(f.manager_controllers), "cpu memory pids");
	assert_int_equal(about(&f, "cgroup")->state, FINDING_OK);
	assert_has(about(&f, "cgroup")->what, "--io-… needs io too");
	snprintf(f.manager_controllers, sizeof(f.manager_controllers), "memory pids");
	assert_int_equal(about(&f, "cgroup")->state, FINDING_WEAKER);
	assert_has(about(&f, "cgroup")->remedy, "Delegate=cpu io");
	f.cgroup_mode = CGROUP_HYBRID;
	assert_has(about(&f, "cgroup")->remedy, "unified_cgroup_hierarchy=1");
	f = good();
	snprintf(f.cgroup_controllers, sizeof(f.cgroup_controllers), "memory_recursiveprot pids");
	assert_int_equal(about(&f, "cgroup")->state, FINDING_WEAKER);
}

static void what_was_not_tried_costs_nothing_and_is_not_ok(void **state)
{
	struct features f = refused(EPERM, "clone3");

	assert_int_equal(about(&f, "mounts")->state, FINDING_UNTRIED);
	assert_int_equal(about(&f, "nftables")->state, FINDING_UNTRIED);
	f = good();
	probe_skip(&f.mounts, "for want of something");
	assert_false(is_good(&f));
}

static void probes_tell_how_they_ended(void **state)
{
	struct probe killed = {.tried = true, .code = ECHILD, .signal = 31};
	char *text = probe_text(&killed);

	assert_has(text, "signal 31");
	free(text);
}

static int hang(void *data, const char **step)
{
	while (pause() < 0)
		;
	return 0;
}

static int die(void *data, const char **step)
{
	raise(SIGABRT);
	return 0;
}

static int refuse(void *data, const char **step)
{
	*step = "a step";
	return -EROFS;
}

static void probes_come_back_whatever_happens(void **state)
{
	struct probe p;

	probe_try(&p, refuse, NULL);
	assert_int_equal(p.code, EROFS);
	assert_string_equal(p.step, "a step");
	assert_false(probe_works(&p));
	probe_try(&p, die, NULL);
	assert_int_equal(p.signal, 6);
	assert_false(probe_works(&p));
	probe_try(&p, hang, NULL);
	assert_int_equal(p.code, ETIMEDOUT);
	assert_false(probe_works(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_host_is_ok_in_all),
		cmocka_unit_test(apparmor_gets_a_profile_for_this_very_file),
		cmocka_unit_test(apparmor_that_takes_only_the_rights_away),
		cmocka_unit_test(the_reason_of_eperm_is_the_one_that_holds),
		cmocka_unit_test(limits_name_the_setting_or_who_set_it),
		cmocka_unit_test(security_modules_are_named),
		cmocka_unit_test(each_landlock_level_has_its_cost),
		cmocka_unit_test(ranges_need_programs_lines_and_privileges),
		cmocka_unit_test(an_overlay_that_mounts_and_fails_is_weaker),
		cmocka_unit_test(groups_say_what_is_missing),
		cmocka_unit_test(what_was_not_tried_costs_nothing_and_is_not_ok),
		cmocka_unit_test(probes_tell_how_they_ended),
		cmocka_unit_test(probes_come_back_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
