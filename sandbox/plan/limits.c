// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ladder: what holds a limit on all processes of a sandbox together. From the top,
 *
 *  1. a group of cgroup version 2 that is the caller's to divide: the one it is in, or the one
 *     above;
 *  2. a scope that systemd's user manager makes on request, with the controllers that the manager
 *     was given;
 *  3. RLIMIT_NPROC, which counts the processes of a user namespace of the sandbox's own. Not those
 *     of the system's root, who is exempt, nor those of several users in a range of ids;
 *  4. nothing: an error, or with --allow-weaker limits a note. Memory is then watched now and then,
 *     and each process has RLIMIT_DATA; not RLIMIT_AS, since runtimes reserve address space that
 *     they never use.
 *
 * Time on processors needs no rung: RLIMIT_CPU holds for each process, and the launcher adds up
 * what all have used, from the group where there is one, else from /proc (engine/watchdog.c).
 *
 * Here is only looked; the group is made when the plan is carried out (engine/box.c).
 */
#include "plan/limits.h"

#include "base/fd.h"
#include "base/helper.h"
#include "kernel/cgroup.h"
#include "kernel/sys.h"
#include "plan/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct kind {
	enum setting_id id;
	const char *controller, *file;
	const char *key; /* of the device's line in io.max */
} kinds[] = {
	{SETTING_MEMORY, "memory", "memory.max", NULL},
	{SETTING_MEMORY_HIGH, "memory", "memory.high", NULL},
	{SETTING_SWAP, "memory", "memory.swap.max", NULL},
	{SETTING_PIDS, "pids", "pids.max", NULL},
	{SETTING_CPUS, "cpu", "cpu.max", NULL},
	{SETTING_CPU_WEIGHT, "cpu", "cpu.weight", NULL},
	{SETTING_IO_WEIGHT, "io", "io.weight", NULL},
	{SETTING_IO_READ, "io", "io.max", "rbps"},
	{SETTING_IO_WRITE, "io", "io.max", "wbps"},
	{SETTING_IO_READ_OPS, "io", "io.max", "riops"},
	{SETTING_IO_WRITE_OPS, "io", "io.max", "wiops"},
};

/* "MAJOR:MINOR" of the disk that a file is on, or that a device node is; partitions have no limits
 * of their own. */
static int find_disk(const char *path, char ret[32], struct error *e)
{
	char link[64], target[PATH_MAX], line[32] = "";
	_cleanup_free_ char *whole = NULL;
	struct stat status;
	dev_t device;
	FILE *file;

	if (stat(path, &status) < 0)
		return error_errno(e, errno, "looking it up");
	device = S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(device), minor(device));
	if (!realpath(link, target)) {
		error_set(e, ENODEV, "not on a disk (device %u:%u)", major(device), minor(device));
		return error_remedy(e, "name the block device itself, /dev/…");
	}
	whole = xasprintf("%s/partition", target);
	if (access(whole, F_OK) == 0)
		*strrchr(target, '/') = '\0';
	free(whole);
	whole = xasprintf("%s/dev", target);
	file = fopen(whole, "re");
	if (!file)
		return error_errno(e, errno, "%s", whole);
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	snprintf(ret, 32, "%.*s", (int)strcspn(line, "\n"), line);
	return 0;
}

static void add_control(struct plan *plan, const struct kind *kind, char *value, char *origin)
{
	struct plan_control *control = vector_add(&plan->controls);

	control->controller = kind->controller;
	control->file = kind->file;
	control->value = value;
	control->origin = origin;
}

static char *value_of(const struct kind *kind, uint64_t number)
{
	switch ((int)kind->id) {
	case SETTING_PIDS: /* pid 1 is ours */
		return xasprintf("%llu", (unsigned long long)number + 1);
	case SETTING_CPUS: /* of a period of 100 ms */
		return xasprintf("%llu 100000", (unsigned long long)number * 100);
	case SETTING_IO_WEIGHT:
		return xasprintf("default %llu", (unsigned long long)number);
	default:
		return xasprintf("%llu", (unsigned long long)number);
	}
}

/* Whether a later setting is for the same disk. */
static bool superseded(const struct request *request, const struct setting *setting)
{
	bool behind = false;

	request_each(other, request, setting->id)
	{
		if (behind && streq(other->amount.path, setting->amount.path))
			return true;
		behind |= other == setting;
	}
	return false;
}

static int add_io(const struct request *request, const struct kind *kind, struct plan *plan,
		  struct error *e)
{
	request_each(setting, request, kind->id)
	{
		_cleanup_free_ char *origin = setting_origin(setting);
		char disk[32];
		int r;

		if (setting->amount.number == NO_LIMIT || superseded(request, setting))
			continue;
		r = find_disk(setting->amount.path, disk, e);
		if (r < 0)
			return error_wrap(e, "%s", origin);
		add_control(plan, kind,
			    xasprintf("%s %s=%llu", disk, kind->key,
				      (unsigned long long)setting->amount.number),
			    TAKE_PTR(origin));
	}
	return 0;
}

static const struct setting *limit_of(const struct request *request, enum setting_id id)
{
	const struct setting *setting = request_last(request, id);

	return setting && setting->number != NO_LIMIT ? setting : NULL;
}

static int collect(const struct request *request, struct plan *plan, struct error *e)
{
	const struct setting *memory = limit_of(request, SETTING_MEMORY);
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];
		const struct setting *setting;

		if (kind->key) {
			r = add_io(request, kind, plan, e);
			continue;
		}
		setting = limit_of(request, kind->id);
		if (setting) {
			add_control(plan, kind, value_of(kind, setting->number),
				    setting_origin(setting));
		} else if (kind->id == SETTING_SWAP && memory &&
			   !request_last(request, SETTING_SWAP)) {
			/* Else what goes beyond would only be moved to the disk. */
			add_control(plan, kind, xstrdup("0"), setting_origin(memory));
			plan->controls.items[plan->controls.count - 1].optional = true;
		}
	}
	return r;
}

/* A limit of each process; one of the caller's that is lower holds already. */
static void add_rlimit(struct plan *plan, int resource, const char *name, uint64_t soft,
		       uint64_t hard)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) == 0 && now.rlim_max < hard)
		hard = now.rlim_max;
	session_add_rlimit(plan, resource, name, soft < hard ? soft : hard, hard);
}

static void plan_process_limits(const struct request *request, struct plan *plan)
{
	const struct setting *time = request_last(request, SETTING_TIME);
	const struct setting *wall = request_last(request, SETTING_WALL);
	const struct setting *fsize = limit_of(request, SETTING_FSIZE);
	const struct setting *output = limit_of(request, SETTING_OUTPUT);

	plan->time = time ? time->number : 0;
	if (plan->time) {
		uint64_t seconds = (plan->time + 999) / 1000;

		/* SIGXCPU at the limit; a program that ignores it gets SIGKILL a second later. */
		add_rlimit(plan, RLIMIT_CPU, "cpu", seconds, seconds + 1);
	}
	plan->wall = wall ? wall->number : 0;
	if (fsize)
		add_rlimit(plan, RLIMIT_FSIZE, "fsize", fsize->number, fsize->number);
	plan->output_limited = output != NULL;
	plan->output = output ? output->number : 0;
}

/* Whether @control is one of those asked about: of @only, where that is said. */
static bool asked(const struct plan_control *control, const char *only)
{
	return !only || streq(control->controller, only);
}

static bool holds(int group, const struct plan *plan, const char *only)
{
	vector_each (control, &plan->controls)
		if (asked(control, only) && !cgroup_has(group, control->controller))
			return false;
	return true;
}

/* Whether the controllers can be handed down to a box there, once this process made room. */
static bool can_hand_down(int group, const struct plan *plan, const char *only)
{
	bool free = !cgroup_has_processes(group, getpid());

	vector_each (control, &plan->controls)
		if (asked(control, only) && !free && !cgroup_hands_down(group, control->controller))
			return false;
	return true;
}

static bool is_ours(int group, const char *path)
{
	const char *name = strrchr(path, '/');

	return cgroup_writable(group) &&
	       (cgroup_delegated(group, path) || startswith(name, "/hutch-"));
}

/*
 * The group that the caller is in, or the one above, if a box can be made there that holds the
 * controls; those of controller @only, where that is not NULL. @ret_why says what is in the way.
 */
static char *find_own(const struct plan *plan, const char *only, const char **ret_why)
{
	char path[PATH_MAX];

	*ret_why = "no cgroup that you may divide is around this process";
	if (cgroup_path_of(0, path, sizeof(path)) < 0)
		return NULL;
	for (int level = 0; level < 2; level++) {
		_cleanup_fd_ int group = cgroup_open(path);

		if (group < 0)
			break;
		if (is_ours(group, path)) {
			if (!holds(group, plan, only))
				*ret_why = "the cgroup around this process was not given that "
					   "controller";
			else if (!can_hand_down(group, plan, only))
				*ret_why = "other processes are in the same cgroup as this one, "
					   "so that it cannot be divided";
			else
				return xstrdup(path);
		}
		*strrchr(path, '/') = '\0';
	}
	return NULL;
}

/* Whether there is a way to talk to systemd's user manager, of which @runs says that it is there. */
static bool manager_answers(unsigned uid, bool runs)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *usual = xasprintf("/run/user/%u", uid);
	const char *const directories[] = {runtime ? runtime : usual, usual};

	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *own = xasprintf("%s/systemd/private", directories[i]);
		_cleanup_free_ char *bus = xasprintf("%s/bus", directories[i]);

		/* A session bus may well be without systemd. */
		if (access(own, F_OK) == 0 || (runs && access(bus, F_OK) == 0))
			return true;
	}
	return runs && getenv("DBUS_SESSION_BUS_ADDRESS");
}

/* Whether systemd's user manager is there, and was given @controller. */
static bool manager_has(const struct plan *plan, const char *controller, const char **ret_why)
{
	_cleanup_free_ char *helper = helper_path("hutch-scope");
	unsigned uid = plan->outer_uid;
	char path[PATH_MAX];
	_cleanup_fd_ int group =
		cgroup_of_user_manager(uid, path, sizeof(path)) == 0 ? cgroup_open(path) : -1;

	if (!manager_answers(uid, group >= 0))
		*ret_why = "and there is no user manager of systemd to make one";
	else if (!helper)
		*ret_why = "and the helper hutch-scope is not installed";
	else if (group >= 0 && !cgroup_has(group, controller))
		*ret_why = "and systemd's user manager was not given that controller";
	else /* where its group is elsewhere, trying will tell */
		return true;
	return false;
}

/* Whether RLIMIT_NPROC counts the processes of the sandbox and none else. */
static bool nproc_counts(const struct plan *plan)
{
	return (plan->namespaces & CLONE_NEWUSER) && plan->outer_uid != 0 &&
	       plan->id_map == ID_SINGLE;
}

/* What is left for a limit that no group holds. */
static int hold_otherwise(const struct plan_control *control, struct plan *plan, const char *why,
			  const char *why_else, struct error *e)
{
	bool memory = streq(control->file, "memory.max");
	uint64_t number = strtoull(control->value, NULL, 10);

	if (streq(control->file, "pids.max") && nproc_counts(plan)) {
		add_rlimit(plan, RLIMIT_NPROC, "nproc", number - 1, number - 1);
		return 0;
	}
	if (control->optional)
		return 0;
	if (!(plan->weaker & WEAKER_LIMITS)) {
		error_set(e, EOPNOTSUPP, "%s: not held here: %s%s%s", control->origin, why,
			  *why_else ? ", " : "", why_else);
		return error_remedy(e, "`hutch doctor` tells how to have it; --allow-weaker limits "
				       "goes on without");
	}
	if (memory) {
		plan->memory_watch = number;
		add_rlimit(plan, RLIMIT_DATA, "data", number, number);
	}
	strv_take(&plan->unlimited,
		  xasprintf("%s: %s", control->origin,
			    memory ? "for each process, and looked at now and then for all"
				   : "not held"));
	return 0;
}

/* Whether a group on some rung holds the controls of @controller; why not. */
static bool some_group_has(const struct plan *plan, const char *controller, const char **ret_why,
			   const char **ret_why_else)
{
	char top[PATH_MAX];
	_cleanup_fd_ int all = cgroup_mount(top, sizeof(top)) == 0 ? cgroup_open(top) : -1;
	_cleanup_free_ char *own = NULL;

	*ret_why_else = "";
	if (all < 0 || !cgroup_has(all, controller)) {
		*ret_why = all < 0 ? "no cgroup version 2 is mounted"
				   : "its controller is not one of cgroup version 2";
		return false;
	}
	own = find_own(plan, controller, ret_why);
	return own || manager_has(plan, controller, ret_why_else);
}

/* Choose the rung, and take out of the plan what no group holds. */
static int settle(struct plan *plan, struct error *e)
{
	const char *why, *why_else;
	size_t kept = 0;
	int r = 0;

	plan->box_parent = find_own(plan, NULL, &why);
	for (size_t i = 0; !plan->box_parent && i < plan->controls.count; i++) {
		struct plan_control *control = &plan->controls.items[i];

		if (r < 0 || some_group_has(plan, control->controller, &why, &why_else)) {
			plan->controls.items[kept++] = *control;
			continue;
		}
		r = hold_otherwise(control, plan, why, why_else, e);
		free(control->value);
		free(control->origin);
	}
	if (!plan->box_parent)
		plan->controls.count = kept;
	if (r == 0 && !plan->box_parent && kept)
		plan->box_parent = find_own(plan, NULL, &why);
	plan->box = plan->box_parent ? BOX_OWN : plan->controls.count ? BOX_SCOPE : BOX_NONE;
	return r;
}

void limits_offer_box(struct plan *plan)
{
	const char *why;

	if (plan->box != BOX_NONE)
		return;
	plan->box_parent = find_own(plan, NULL, &why);
	if (plan->box_parent)
		plan->box = BOX_OWN;
}

int limits_plan(const struct request *request, struct plan *plan, struct error *e)
{
	int r;

	plan_process_limits(request, plan);
	r = collect(request, plan, e);
	if (r == 0 && plan->controls.count)
		r = settle(plan, e);
	if (r == 0 && plan->time)
		limits_offer_box(plan);
	return r;
}
