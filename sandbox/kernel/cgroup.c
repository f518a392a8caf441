// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of a group are opened below its directory's descriptor: a group that was removed and made
 * again by somebody else is another one.
 *
 * What is here works without any controller: making, moving, freezing, killing, cgroup.events and
 * cpu.stat belong to the groups themselves. That is why a hybrid host, whose controllers are all
 * version 1, is worth looking at.
 */
#include "kernel/cgroup.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* mountinfo writes blanks and backslashes as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* The first mount of version 2: which part of the tree it shows, and where. */
static int find_mount(char **ret_root, char **ret_point)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r = -ENOENT;

	if (!file)
		return -errno;
	while (r < 0 && getline(&line, &size, file) > 0) {
		char *fields[6], *rest = line;
		const char *type = strstr(line, " - ");

		if (!type || !startswith(type, " - cgroup2 "))
			continue;
		for (size_t i = 0; i < 6; i++)
			fields[i] = strsep(&rest, " ");
		*ret_root = xstrdup(fields[3]);
		*ret_point = xstrdup(fields[4]);
		unescape(*ret_root);
		unescape(*ret_point);
		r = 0;
	}
	fclose(file);
	return r;
}

/* The line "0::/path" of /proc/PID/cgroup: the path. */
static int find_group(pid_t pid, char **ret)
{
	_cleanup_free_ char *line = NULL;
	char path[40] = "/proc/self/cgroup";
	size_t size = 0;
	int r = -ENOENT;
	FILE *file;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (r < 0 && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!startswith(line, "0::/"))
			continue;
		*ret = xstrdup(line + 3);
		r = 0;
	}
	fclose(file);
	return r;
}

int cgroup_path_of(pid_t pid, char *ret, size_t size)
{
	_cleanup_free_ char *root = NULL, *point = NULL, *group = NULL;
	const char *rest;
	size_t length;
	int r = find_group(pid, &group);

	if (r == 0)
		r = find_mount(&root, &point);
	if (r < 0)
		return r;
	length = strlen(group);
	if (length > 10 && streq(group + length - 10, " (deleted)"))
		return -ENODEV;
	/* The mount may show a part only, and the group may stand outside of it ("/../x"). */
	rest = streq(root, "/") ? group : startswith(group, root);
	if (!rest || (*rest && *rest != '/') || startswith(group, "/.."))
		return -ENOENT;
	if ((size_t)snprintf(ret, size, "%s%s", point, streq(rest, "/") ? "" : rest) >= size)
		return -ENAMETOOLONG;
	return 0;
}

int cgroup_mount(char *ret, size_t size)
{
	_cleanup_free_ char *root = NULL, *point = NULL;
	int r = find_mount(&root, &point);

	if (r < 0)
		return r;
	return (size_t)snprintf(ret, size, "%s", point) < size ? 0 : -ENAMETOOLONG;
}

int cgroup_of_user_manager(uid_t uid, char *ret, size_t size)
{
	char tail[96];
	size_t length;
	int r = cgroup_mount(ret, size);

	if (r < 0)
		return r;
	snprintf(tail, sizeof(tail), "/user.slice/user-%u.slice/user@%u.service", uid, uid);
	length = strlen(ret);
	if (length + strlen(tail) >= size)
		return -ENAMETOOLONG;
	memcpy(ret + length, tail, strlen(tail) + 1);
	return 0;
}

int cgroup_open(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? TAKE_FD(fd) : -EINVAL;
}

bool cgroup_writable(int cgroup)
{
	static const char *const files[] = {".", "cgroup.procs", "cgroup.subtree_control"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (faccessat(cgroup, files[i], W_OK, AT_EACCESS) < 0)
			return false;
	return true;
}

bool cgroup_delegated(int cgroup, const char *path)
{
	const char *manager = strstr(path, "/user@");
	char mark;

	/* Root may write everywhere, and so it says nothing that it may here. */
	if (!manager && geteuid() == 0 && access("/run/systemd/system", F_OK) == 0)
		return fgetxattr(cgroup, "user.delegate", &mark, 1) == 1 && mark == '1';
	if (!manager)
		return true;
	/* The manager's own group is marked as well: as delegated to the manager. */
	return strchr(manager + 1, '/') && fgetxattr(cgroup, "user.delegate", &mark, 1) == 1 &&
	       mark == '1';
}

static bool has_word(int cgroup, const char *file, const char *word)
{
	char list[512], *rest = list, *item;

	if (cgroup_read(cgroup, file, list, sizeof(list)) < 0)
		return false;
	while ((item = strsep(&rest, " ")))
		if (streq(item, word))
			return true;
	return false;
}

bool cgroup_has(int cgroup, const char *controller)
{
	return has_word(cgroup, "cgroup.controllers", controller);
}

bool cgroup_hands_down(int cgroup, const char *controller)
{
	return has_word(cgroup, "cgroup.subtree_control", controller);
}

int cgroup_hand_down(int cgroup, const char *controller)
{
	char value[64];

	snprintf(value, sizeof(value), "+%s", controller);
	return cgroup_write(cgroup, "cgroup.subtree_control", value);
}

/* Call @each for every process in the group itself, until it returns true. */
static bool each_process(int cgroup, bool (*each)(pid_t pid, const void *data), const void *data)
{
	int fd = openat(cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool found = false;
	int pid;

	if (!file) {
		fd_close(fd);
		return false;
	}
	while (!found && fscanf(file, "%d", &pid) == 1)
		found = each(pid, data);
	fclose(file);
	return found;
}

static bool is_other(pid_t pid, const void *data)
{
	return pid != *(const pid_t *)data;
}

bool cgroup_has_processes(int cgroup, pid_t except)
{
	return each_process(cgroup, is_other, &except);
}

int cgroup_make(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_enter(int cgroup, pid_t pid)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", pid);
	return cgroup_write(cgroup, "cgroup.procs", value);
}

int cgroup_write(int cgroup, const char *file, const char *value)
{
	_cleanup_fd_ int fd = openat(cgroup, file, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(value);

	if (fd < 0)
		return -errno;
	/* In one piece: each write is one command. */
	return write(fd, value, length) == (ssize_t)length ? 0 : -errno;
}

int cgroup_read(int cgroup, const char *file, char *ret, size_t size)
{
	_cleanup_fd_ int fd = openat(cgroup, file, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, ret, size - 1);
	if (length < 0)
		return -errno;
	while (length && ret[length - 1] == '\n')
		length--;
	ret[length] = '\0';
	return 0;
}

static int parse_number(const char *text, uint64_t *ret)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (startswith(text, "max"))
		*ret = CGROUP_MAX;
	else if (end == text)
		return -ENODATA;
	else
		*ret = number;
	return 0;
}

int cgroup_read_number(int cgroup, const char *file, uint64_t *ret)
{
	char text[64];
	int r = cgroup_read(cgroup, file, text, sizeof(text));

	return r < 0 ? r : parse_number(text, ret);
}

int cgroup_read_key(int cgroup, const char *file, const char *key, uint64_t *ret)
{
	char text[2048], *rest = text, *line;
	const char *value;
	int r = cgroup_read(cgroup, file, text, sizeof(text));

	if (r < 0)
		return r;
	while ((line = strsep(&rest, "\n"))) {
		value = startswith(line, key);
		if (value && *value == ' ')
			return parse_number(value + 1, ret);
	}
	return -ENODATA;
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int cgroup_open_events(int cgroup)
{
	int fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Wait until @key of cgroup.events is @wanted. A group that is gone is empty and not frozen. */
static int wait_event(int cgroup, const char *key, uint64_t wanted, int milliseconds)
{
	_cleanup_fd_ int events = cgroup_open_events(cgroup);
	struct pollfd poll_events = {.fd = events, .events = POLLPRI};
	long deadline = now() + milliseconds, left;
	char byte;

	if (events < 0)
		return events == -ENODEV || events == -ENOENT ? 0 : events;
	for (;;) {
		uint64_t value;
		int r;

		if (pread(events, &byte, 1, 0) < 0) /* to have the next change announced */
			return errno == ENODEV ? 0 : -errno;
		r = cgroup_read_key(cgroup, "cgroup.events", key, &value);
		if (r == -ENOENT || r == -ENODEV)
			return 0;
		if (r < 0 || value == wanted)
			return r;
		left = deadline - now();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&poll_events, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_freeze(int cgroup, bool frozen, int milliseconds)
{
	int r = cgroup_write(cgroup, "cgroup.freeze", frozen ? "1" : "0");

	return r < 0 ? r : wait_event(cgroup, "frozen", frozen, milliseconds);
}

bool cgroup_populated(int cgroup)
{
	uint64_t populated;

	return cgroup_read_key(cgroup, "cgroup.events", "populated", &populated) == 0 && populated;
}

int cgroup_wait_empty(int cgroup, int milliseconds)
{
	return wait_event(cgroup, "populated", 0, milliseconds);
}

/* Call @each with every group below. */
static int each_below(int cgroup, int (*each)(int parent, const char *name))
{
	int fd = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(directory)))
		if (entry->d_type == DT_DIR && !streq(entry->d_name, ".") &&
		    !streq(entry->d_name, ".."))
			r = each(cgroup, entry->d_name);
	closedir(directory);
	return r;
}

static bool kill_one(pid_t pid, const void *data)
{
	if (pid > 0) /* 0: in a PID namespace that is not ours to see */
		kill(pid, SIGKILL);
	return false;
}

static int kill_below(int parent, const char *name)
{
	_cleanup_fd_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	each_process(fd, kill_one, NULL);
	return each_below(fd, kill_below);
}

int cgroup_kill(int cgroup)
{
	int r = cgroup_write(cgroup, "cgroup.kill", "1");

	if (r == -ENODEV)
		return 0;
	if (r != -ENOENT)
		return r;
	/* Before Linux 5.14: frozen, nobody can fork away from it. */
	r = cgroup_freeze(cgroup, true, 1000);
	each_process(cgroup, kill_one, NULL);
	each_below(cgroup, kill_below);
	cgroup_write(cgroup, "cgroup.freeze", "0");
	return r == -ETIMEDOUT ? 0 : r;
}

int cgroup_remove(int parent, const char *name)
{
	_cleanup_fd_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = each_below(fd, cgroup_remove);
	if (r < 0)
		return r;
	/* The kernel lets go of the last process a moment after it was waited for. */
	for (int i = 0; i < 50; i++) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || cgroup_populated(fd))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return -errno;
}

static uint64_t number(int cgroup, const char *file)
{
	uint64_t value = CGROUP_MAX;

	cgroup_read_number(cgroup, file, &value);
	return value;
}

static uint64_t keyed(int cgroup, const char *file, const char *key)
{
	uint64_t value = CGROUP_MAX;

	cgroup_read_key(cgroup, file, key, &value);
	return value;
}

/* The sum over all devices of what stands behind @key in io.stat. */
static uint64_t io_sum(int cgroup, const char *key)
{
	char text[4096];
	const char *at = text;
	uint64_t sum = 0;

	if (cgroup_read(cgroup, "io.stat", text, sizeof(text)) < 0)
		return CGROUP_MAX;
	while ((at = strstr(at, key))) {
		at += strlen(key);
		sum += strtoull(at, NULL, 10);
	}
	return sum;
}

void cgroup_usage(int cgroup, struct cgroup_usage *ret)
{
	*ret = (struct cgroup_usage){
		.cpu = keyed(cgroup, "cpu.stat", "usage_usec"),
		.cpu_user = keyed(cgroup, "cpu.stat", "user_usec"),
		.cpu_system = keyed(cgroup, "cpu.stat", "system_usec"),
		.cpu_throttled = keyed(cgroup, "cpu.stat", "throttled_usec"),
		.memory = number(cgroup, "memory.current"),
		.memory_peak = number(cgroup, "memory.peak"),
		.memory_limit_hits = keyed(cgroup, "memory.events", "max"),
		.memory_high_hits = keyed(cgroup, "memory.events", "high"),
		.oom_kills = keyed(cgroup, "memory.events", "oom_kill"),
		.processes = number(cgroup, "pids.current"),
		.processes_peak = number(cgroup, "pids.peak"),
		.processes_limit_hits = keyed(cgroup, "pids.events", "max"),
		.io_read = io_sum(cgroup, " rbytes="),
		.io_written = io_sum(cgroup, " wbytes="),
	};
}
