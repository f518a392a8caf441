// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From an exact request to the plan, all but the files: namespaces and ids, environment and working
 * directory, capabilities and filters, and the descriptors through which the caller takes part.
 *
 * Nothing is added to what is asked for: no filter, no Landlock rules, no limits, and the environment
 * is the caller's. What is held all the same costs nothing that is asked for: no_new_privs, no
 * capabilities, a pid 1 that tells nothing.
 */
#include "plan/exact.h"

#include "base/fd.h"
#include "kernel/capability.h"
#include "kernel/sys.h"
#include "plan/environment.h"
#include "plan/exact_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILTER_LIMIT = 4096 * sizeof(struct sock_filter) };

/* Settings that don't go together; said as bubblewrap says it, since scripts look for that. */
static int check(const struct exact_request *request, struct error *e)
{
	bool user = request->user;
	const struct {
		bool wrong;
		const char *text;
	} rules[] = {
		{request->userns_block >= 0 && !user, "--userns-block-fd requires --unshare-user"},
		{request->userns_block >= 0 && request->info < 0,
		 "--userns-block-fd requires --info-fd"},
		{request->userns >= 0 && user, "--userns not compatible --unshare-user"},
		{request->userns >= 0 && request->user_try,
		 "--userns not compatible --unshare-user-try"},
		{request->userns_disabled && !user, "--disable-userns requires --unshare-user"},
		{request->userns_disabled && request->userns_block >= 0,
		 "--disable-userns is not compatible with --userns-block-fd"},
		{!request->uts && request->hostname,
		 "Specifying --hostname requires --unshare-uts"},
		{request->as_pid_1 && !request->pid,
		 "Specifying --as-pid-1 requires --unshare-pid"},
		{request->as_pid_1 && request->locks.count,
		 "Specifying --as-pid-1 and --lock-file is not permitted"},
		{request->locks.count > PLAN_LOCKS, "--lock-file given too often"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			return error_set(e, EINVAL, "%s", rules[i].text);
	return 0;
}

/* Whether the kernel has namespaces of that kind: for the -try forms, where it may not. */
static bool have_namespace(const char *kind)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/ns/%s", kind);

	/* Whatever else stands in the way, it is not that there are none. */
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* Not where they are all used up or forbidden from the start. */
static bool may_make_user_namespaces(void)
{
	char text[16] = "";
	_cleanup_fd_ int fd = open("/proc/sys/user/max_user_namespaces", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && streq(text, "0\n"))
		return false;
	return have_namespace("user");
}

static void plan_namespaces(const struct exact_request *request, struct plan *plan)
{
	const struct {
		bool wanted;
		uint64_t flag;
	} kinds[] = {
		/* Without privileges there is no other way; so it is implied. */
		{request->user || (getuid() != 0 && request->userns < 0) ||
			 (request->user_try && may_make_user_namespaces()),
		 CLONE_NEWUSER},
		{true, CLONE_NEWNS},
		{request->pid, CLONE_NEWPID},
		{request->net, CLONE_NEWNET},
		{request->ipc, CLONE_NEWIPC},
		{request->uts, CLONE_NEWUTS},
		{request->cgroup || (request->cgroup_try && have_namespace("cgroup")),
		 CLONE_NEWCGROUP},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].wanted)
			plan->namespaces |= kinds[i].flag;
}

static int plan_ids(const struct exact_request *request, struct plan *plan, struct error *e)
{
	struct plan_exact *exact = plan->exact;
	bool user = plan->namespaces & CLONE_NEWUSER, devpts = false;

	plan->outer_uid = getuid();
	plan->outer_gid = getgid();
	plan->uid = request->uid < 0 ? plan->outer_uid : (uid_t)request->uid;
	plan->gid = request->gid < 0 ? plan->outer_gid : (gid_t)request->gid;
	if (!user && request->userns < 0 && plan->uid != plan->outer_uid)
		return error_set(e, EINVAL, "Specifying --uid requires --unshare-user or --userns");
	if (!user && request->userns < 0 && plan->gid != plan->outer_gid)
		return error_set(e, EINVAL, "Specifying --gid requires --unshare-user or --userns");
	/* The kernel mounts devpts only where there is a user 0. */
	vector_each (operation, &request->operations)
		devpts |= operation->kind == OPERATION_DEV;
	exact->first_uid = devpts ? 0 : plan->uid;
	exact->first_gid = devpts ? 0 : plan->gid;
	exact->second_userns = user && request->userns_block < 0 &&
			       (exact->first_uid != plan->uid || exact->first_gid != plan->gid ||
				request->userns_disabled);
	exact->userns_disabled = request->userns_disabled;
	exact->assert_userns_disabled = request->assert_userns_disabled;
	plan->hostname = xstrdup(request->hostname);
	return 0;
}

/* Root keeps what it has, others nothing, but for what is asked for. */
static uint64_t plan_capabilities(const struct exact_request *request)
{
	uint64_t mask = getuid() == 0 ? capability_own() : 0;

	vector_each (change, &request->capabilities) {
		uint64_t which =
			change->capability < 0 ? capability_all() : 1ULL << change->capability;

		mask = change->add ? mask | which : mask & ~which;
	}
	return mask;
}

static void remove_variable(struct strv *list, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *rest = startswith(list->items[i], name);

		if (rest && *rest == '=')
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	if (list->items)
		list->items[kept] = NULL;
}

static void set_variable(struct strv *list, const char *name, const char *value)
{
	remove_variable(list, name);
	strv_take(list, xasprintf("%s=%s", name, value));
}

static void plan_environment(const struct exact_request *request, struct plan *plan)
{
	struct strv *list = &plan->environment;

	for (char **item = environ; item && *item; item++)
		strv_add(list, *item);
	vector_each (change, &request->environment) {
		switch (change->verb) {
		case ENVIRONMENT_SET:
			set_variable(list, change->name, change->value);
			break;
		case ENVIRONMENT_UNSET:
			remove_variable(list, change->name);
			break;
		case ENVIRONMENT_CLEAR:
			strv_free(list);
			break;
		}
	}
	/* The engine fills in which directory it is. */
	set_variable(list, "PWD", "/");
}

/* Where the caller is, if that is there; else home; else the root. */
static void plan_directory(const struct exact_request *request, struct plan *plan)
{
	_cleanup_free_ char *current = get_current_dir_name();
	const char *home = environment_get(plan, "HOME");

	if (request->directory) {
		plan->directory = xstrdup(request->directory);
		return;
	}
	plan->directory = xstrdup(current && current[0] == '/' ? current : "/");
	if (home && home[0] == '/')
		strv_add(&plan->exact->directories, home);
	strv_add(&plan->exact->directories, "/");
}

static int plan_descriptor(int wanted, int *ret, struct error *e)
{
	int r = wanted < 0 ? 0 : exact_use_up(wanted, e);

	if (r == 0)
		*ret = wanted;
	return r;
}

static int plan_descriptors(const struct exact_request *request, struct plan *plan, struct error *e)
{
	struct plan_exact *exact = plan->exact;
	const struct {
		int wanted, *ret;
	} descriptors[] = {
		{request->userns, &exact->userns}, {request->userns2, &exact->userns2},
		{request->pidns, &exact->pidns},   {request->info, &exact->info},
		{request->status, &exact->status}, {request->userns_block, &exact->userns_block},
		{request->block, &exact->block},   {request->sync, &exact->sync},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
		r = plan_descriptor(descriptors[i].wanted, descriptors[i].ret, e);
	/* Nobody else is there to hold it. */
	if (r == 0 && request->as_pid_1 && exact->sync >= 0)
		fcntl(exact->sync, F_SETFD, 0);
	return r;
}

/* A program in the form of struct sock_filter, as seccomp_export_bpf(3) writes it. */
static int plan_filter(const struct exact_request *request, size_t index, struct plan *plan,
		       struct error *e)
{
	_cleanup_free_ char *data = NULL;
	struct filter *filter;
	size_t length;
	int fd = request->filters.items[index], r = exact_use_up(fd, NULL);

	if (r < 0)
		error_errno(e, EBADF, "Can't read seccomp data");
	/* It would be at its end, and the filter nothing. */
	for (size_t i = 0; r == 0 && i < index; i++)
		if (request->filters.items[i] == fd)
			r = error_errno(e, EBADF, "Can't read seccomp data");
	if (r == 0)
		r = fd_read_all(fd, "Can't read seccomp data", FILTER_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	if (length % sizeof(struct sock_filter))
		return error_set(e, EINVAL, "Invalid seccomp data, must be multiple of 8");
	filter = vector_add(&plan->exact->filters);
	filter->name = xasprintf("fd %d", fd);
	filter->count = length / sizeof(struct sock_filter);
	filter->allocated = xmemdup(data, length);
	filter->instructions = filter->allocated;
	return 0;
}

static void plan_arguments(const struct exact_request *request, struct plan *plan)
{
	plan->program = xstrdup(request->arguments.items[0]);
	strv_add(&plan->arguments, request->argv0 ? request->argv0 : plan->program);
	for (size_t i = 1; i < request->arguments.count; i++)
		strv_add(&plan->arguments, request->arguments.items[i]);
}

int exact_plan(const struct exact_request *request, struct plan *ret, struct error *e)
{
	struct plan_exact *exact = xcalloc(1, sizeof(*exact));
	int r;

	*exact = (struct plan_exact){
		.parent = getppid(),
		.userns = -1,
		.userns2 = -1,
		.pidns = -1,
		.info = -1,
		.status = -1,
		.userns_block = -1,
		.block = -1,
		.sync = -1,
		.init = !request->as_pid_1 &&
			(request->pid || request->locks.count || request->sync >= 0),
		.die_with_parent = request->die_with_parent,
		.capabilities = plan_capabilities(request),
		.ambient = request->capabilities.count > 0,
	};
	ret->exact = exact;
	ret->profile = xstrdup("");
	ret->share_terminal = !request->new_session;
	r = check(request, e);
	if (r < 0)
		return r;
	plan_namespaces(request, ret);
	plan_environment(request, ret);
	plan_directory(request, ret);
	for (size_t i = 0; i < request->locks.count; i++)
		strv_add(&exact->locks, request->locks.items[i]);
	r = plan_ids(request, ret, e);
	if (r == 0)
		r = plan_descriptors(request, ret, e);
	for (size_t i = 0; r == 0 && i < request->filters.count; i++)
		r = plan_filter(request, i, ret, e);
	if (r == 0)
		r = exact_plan_mounts(request, ret, e);
	if (r == 0)
		plan_arguments(request, ret);
	return r;
}
