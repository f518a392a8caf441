// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/identity.h"

#include "base/fd.h"
#include "kernel/landlock.h"
#include "kernel/sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>

/* Ids that a sandbox with a range has beside 0; one more than enough for every distribution's
 * accounts. */
enum { RANGE_IDS = 65535 };

/* Find a set-user-ID helper where the system puts it, never by $PATH. */
static char *find_helper(const char *name)
{
	static const char *const places[] = {"/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *path = xasprintf("%s/%s", places[i], name);
		struct stat status;

		if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* One line of subuid(5): "user or id:first:count". The first range that is the caller's. */
static int find_range(const char *path, const struct host *host, uint64_t *ret_first,
		      uint64_t *ret_count, struct error *e)
{
	_cleanup_free_ char *text = NULL, *id = xasprintf("%u", host->uid);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *line, *rest;
	int r;

	if (fd < 0) {
		error_errno(e, errno, "--uid range: %s", path);
		return error_remedy(e,
				    "as root: usermod --add-subuids 100000-165535 --add-subgids "
				    "100000-165535 %s",
				    host->user);
	}
	r = fd_read_all(fd, path, 1 << 20, &text, NULL, e);
	if (r < 0)
		return r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *name = strsep(&line, ":");
		unsigned long long first, count;

		if (!line || (!streq(name, host->user) && !streq(name, id)))
			continue;
		if (sscanf(line, "%llu:%llu", &first, &count) == 2 && count > 0 &&
		    first + count <= UINT_MAX) {
			*ret_first = first;
			*ret_count = count < RANGE_IDS ? count : RANGE_IDS;
			return 0;
		}
	}
	error_set(e, ENOENT, "--uid range: %s has no range for %s", path, host->user);
	return error_remedy(
		e, "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
		host->user);
}

static int plan_range(const struct host *host, struct plan *plan, struct error *e)
{
	int r;

	plan->id_map = ID_RANGE;
	plan->newuidmap = find_helper("newuidmap");
	plan->newgidmap = find_helper("newgidmap");
	if (!plan->newuidmap || !plan->newgidmap) {
		error_set(e, ENOENT, "--uid range: newuidmap and newgidmap are not installed");
		return error_remedy(e, "as root: apt-get install uidmap");
	}
	r = find_range("/etc/subuid", host, &plan->sub_uid, &plan->sub_uid_count, e);
	if (r < 0)
		return r;
	return find_range("/etc/subgid", host, &plan->sub_gid, &plan->sub_gid_count, e);
}

/* A decimal id, 0 to 2^32-2. The language floor has checked the form. */
static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

/*
 * What being root over a range of ids is for: other owners, other users. They hold in the program's
 * own user namespace, which owns no mount, no network and no other process's; and over files only
 * where owner and group are of the range.
 */
#define RANGE_CAPABILITIES                                                                        \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | \
	 1ULL << CAP_KILL | 1ULL << CAP_SETGID | 1ULL << CAP_SETUID)

static int plan_ids(const struct request *request, const struct host *host, struct plan *plan,
		    struct error *e)
{
	const char *uid = request_text(request, SETTING_UID, "self");
	const struct setting *gid = request_last(request, SETTING_GID);
	int r = 0;

	plan->outer_uid = host->uid;
	plan->outer_gid = host->gid;
	plan->uid = host->uid;
	plan->gid = host->gid;
	if (streq(uid, "root") || streq(uid, "range"))
		plan->uid = plan->gid = 0;
	else if (!streq(uid, "self"))
		plan->uid = number(uid);
	if (streq(uid, "range")) {
		r = plan_range(host, plan, e);
		plan->capabilities = RANGE_CAPABILITIES;
	}
	if (gid)
		plan->gid = number(gid->text);
	return r;
}

/*
 * With the host's network the abstract sockets of X11, D-Bus and others would be in reach; only
 * Landlock's scopes keep them apart. Without those, that is not what was asked for.
 */
static int check_host_network(const struct request *request, struct plan *plan, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_NET);
	_cleanup_free_ char *origin = NULL;

	if (landlock_abi() >= LANDLOCK_ABI_SCOPES || (plan->weaker & WEAKER_LANDLOCK))
		return 0;
	origin = setting_origin(setting);
	error_set(
		e, EOPNOTSUPP,
		"%s: this kernel can't keep the host's abstract sockets (X11, D-Bus) out of reach",
		origin);
	return error_remedy(e,
			    "use Linux 6.12 or newer, or accept it with --allow-weaker landlock");
}

int identity_plan(const struct request *request, const struct host *host, struct plan *plan,
		  struct error *e)
{
	int r = plan_ids(request, host, plan, e);

	if (r < 0)
		return r;
	plan->hostname = xstrdup(request_text(request, SETTING_HOSTNAME, "hutch"));
	plan->nested = request_flag(request, SETTING_NESTED);
	plan->namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
			   CLONE_NEWUTS | CLONE_NEWCGROUP;
	if (request_choice(request, SETTING_NET, NET_NONE) == NET_HOST)
		return check_host_network(request, plan, e);
	plan->namespaces |= CLONE_NEWNET;
	return 0;
}
