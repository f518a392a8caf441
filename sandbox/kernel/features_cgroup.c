// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control groups: which version, and whether the caller has a part of the tree to make groups in
 * (cgroups(7), "Delegation"). A group of ours is really made, a child put into it, and removed.
 */
#include "kernel/features.h"

#include "base/fd.h"
#include "kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static enum cgroup_mode find_mode(void)
{
	static const char *const controllers[] = {"memory", "pids", "cpu"};

	if (is_cgroup2("/sys/fs/cgroup"))
		return CGROUP_UNIFIED;
	if (is_cgroup2("/sys/fs/cgroup/unified"))
		return CGROUP_HYBRID;
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", controllers[i]);
		if (access(path, F_OK) == 0)
			return CGROUP_V1;
	}
	return CGROUP_NONE;
}

static int try_make(void *data, const char **step)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/hutch-doctor-%d", (const char *)data, getpid());
	if (mkdir(path, 0755) < 0) {
		*step = "mkdir";
		return -errno;
	}
	if (rmdir(path) < 0) {
		*step = "rmdir";
		return -errno;
	}
	return 0;
}

static int try_enter(void *data, const char **step)
{
	struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	char path[300];
	int ret = 0, fd;
	pid_t child;

	snprintf(path, sizeof(path), "%s/hutch-doctor-%d", (const char *)data, getpid());
	if (mkdir(path, 0755) < 0) {
		*step = "mkdir";
		return -errno;
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	arguments.cgroup = (uint64_t)fd;
	child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0)
		_exit(0);
	if (child < 0) {
		*step = "clone3 into it";
		ret = -errno;
	} else {
		waitpid(child, NULL, 0);
	}
	fd_close(fd);
	/* The kernel lets go of the child a moment later. */
	for (int i = 0; rmdir(path) < 0 && errno == EBUSY && i < 100; i++)
		usleep(10000);
	return ret;
}

static bool answers(const char *directory, const char *name, char *ret, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(directory) + strlen(name) + 2 > sizeof(address.sun_path))
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%.40s", directory, name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return false;
	snprintf(ret, size, "%s", address.sun_path);
	return true;
}

/* The user manager of systemd, which can delegate a group. */
static void find_systemd(struct features *f)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char standard[40];

	snprintf(standard, sizeof(standard), "/run/user/%u", f->uid);
	if (runtime && answers(runtime, "systemd/private", f->systemd, sizeof(f->systemd)))
		return;
	answers(standard, "systemd/private", f->systemd, sizeof(f->systemd));
}

void features_probe_cgroup(struct features *f)
{
	char path[300];

	f->cgroup_mode = find_mode();
	find_systemd(f);
	if (f->systemd[0] && cgroup_of_user_manager(f->uid, path, sizeof(path)) == 0 &&
	    strlen(path) + strlen("/cgroup.controllers") < sizeof(path)) {
		strcat(path, "/cgroup.controllers");
		features_read_line(path, f->manager_controllers, sizeof(f->manager_controllers));
	}
	if (cgroup_path_of(0, f->cgroup_path, sizeof(f->cgroup_path)) < 0) {
		f->cgroup_path[0] = '\0';
		probe_skip(&f->cgroup_make, "no version 2 group of one's own was found");
		f->cgroup_enter = f->cgroup_make;
		return;
	}
	snprintf(path, sizeof(path), "%s/cgroup.controllers", f->cgroup_path);
	features_read_line(path, f->cgroup_controllers, sizeof(f->cgroup_controllers));
	probe_try(&f->cgroup_make, try_make, f->cgroup_path);
	if (probe_works(&f->cgroup_make))
		probe_try(&f->cgroup_enter, try_enter, f->cgroup_path);
	else
		probe_skip(&f->cgroup_enter, "no group could be made");
}
