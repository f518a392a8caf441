// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two layers for the files, as one may be missing on a kernel: a user namespace with the directory
 * as its root, and Landlock. Without either, nothing is unpacked. A third for what the kernel is asked at all: seccomp, always.
 */
#include "confine.h"

#include "image_filters.h"

#include "base/fd.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "kernel/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes; the largest window of xz -9 is 64 MiB. The address sanitizer reserves far more. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY RLIM_INFINITY
#else
#define MEMORY (1UL << 30)
#endif

/* A namespace in which there is nothing, with @top or an empty place as the root. */
static int leave_host(int top)
{
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (proc < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
				CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
		return -errno;
	r = userns_map_self(proc, uid, uid, gid, gid);
	if (r < 0)
		return r;
	if (top < 0)
		return 0; /* nothing is opened any more; Landlock sees to it */
	return fchdir(top) < 0 || chroot(".") < 0 ? -errno : 0;
}

static int restrict_files(int top)
{
	_cleanup_fd_ int rules = -1;
	int abi = landlock_abi(), r = 0;

	if (abi == 0)
		return -EOPNOTSUPP;
	rules = landlock_create(abi, true);
	if (rules < 0)
		return rules;
	if (top >= 0)
		r = landlock_allow(rules, abi, top, LANDLOCK_WRITE);
	return r < 0 ? r : landlock_enforce(rules);
}

/* Nothing else stays open: a directory is a way out of any root. */
static int keep_descriptors(int input, int top, int answer)
{
	enum { HIGHEST = 64 }; /* far above what this program has open */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	if (input >= HIGHEST || top >= HIGHEST || answer >= HIGHEST)
		return -EMFILE;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null, fd) < 0)
			return -errno;
	for (int fd = 3; fd < HIGHEST; fd++)
		if (fd != input && fd != top && fd != answer)
			close(fd);
	return sys_close_range(HIGHEST, ~0U, 0) < 0 ? -errno : 0;
}

int confine_worker(pid_t parent, int input, int top, int answer, struct error *e)
{
	static const struct {
		int resource;
		struct rlimit limit;
	} limits[] = {
		{RLIMIT_AS, {MEMORY, MEMORY}},
		{RLIMIT_CORE, {0, 0}},
		{RLIMIT_NPROC, {0, 0}},
	};
	const struct filter worker = {.instructions = image_worker_filter,
				      .count = image_worker_filter_count};
	int namespaces, files, r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		return error_errno(e, ESRCH, "confining the process that unpacks");
	umask(0);
	r = keep_descriptors(input, top, answer);
	if (r < 0)
		return error_errno(e, -r, "confining the process that unpacks");
	namespaces = leave_host(top);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(e, errno, "confining the process that unpacks");
	files = restrict_files(top);
	if (namespaces < 0 && files < 0) {
		error_errno(e, -namespaces, "unpacking without namespaces or Landlock");
		return error_remedy(e,
				    "`hutch doctor` tells what this host has and how to allow it");
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (setrlimit((__rlimit_resource_t)limits[i].resource, &limits[i].limit) < 0)
			return error_errno(e, errno, "confining the process that unpacks");
	r = namespaces == 0 ? capability_drop_all() : capability_drop_own();
	if (r < 0)
		return error_errno(e, -r, "dropping capabilities of the process that unpacks");
	r = seccomp_apply(&worker, 0);
	return r < 0 ? error_errno(e, -r, "the filter of the process that unpacks") : 0;
}

/* The store may be changed, the image be read; /proc is for the worker's namespace, /dev/null for its descriptors. */
static int restrict_store(int store, const char *image)
{
	const struct {
		int fd;
		enum landlock_access access;
	} rules[] = {
		{store, LANDLOCK_WRITE},
		{open(image, O_PATH | O_CLOEXEC), LANDLOCK_READ},
		{open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), LANDLOCK_WRITE},
		{open("/dev/null", O_PATH | O_CLOEXEC), LANDLOCK_WRITE},
	};
	int abi = landlock_abi(), r = 0;
	_cleanup_fd_ int ruleset = -1;

	/* The first one refuses all moving between directories. */
	if (abi >= 2)
		r = ruleset = landlock_create(abi, true);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (r >= 0 && abi >= 2 && rules[i].fd >= 0)
			r = landlock_allow(ruleset, abi, rules[i].fd, rules[i].access);
		if (rules[i].fd != store)
			fd_close(rules[i].fd);
	}
	return r < 0 || abi < 2 ? r : landlock_enforce(ruleset);
}

int confine_helper(int store, const char *image, struct error *e)
{
	const struct filter filter = {.instructions = image_helper_filter,
				      .count = image_helper_filter_count};
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(e, errno, "confining hutch-image");
	r = restrict_store(store, image);
	if (r == 0)
		r = seccomp_apply(&filter, 0);
	return r < 0 ? error_errno(e, -r, "confining hutch-image") : 0;
}
