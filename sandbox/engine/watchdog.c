// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * With a cgroup, its cpu.stat has what all processes used that ever were in it. Without, the
 * processes are found by going from pid 1 to its children: orphans become children of pid 1, so
 * none is missed that is alive, and what a process used that was waited for is counted with its
 * parent. Only a parent that ignores SIGCHLD makes its children's time vanish.
 *
 * Time is looked at again when it can be used up at the earliest, all processors counted.
 */
#include "engine/watchdog.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SOONEST = 20, LATEST = 500, MEMORY = 50 /* ms */ };

struct sum {
	uint64_t cpu;    /* microseconds */
	uint64_t memory; /* bytes */
	bool want_memory;
};

/* What a process and its waited-for children used, of /proc/PID/stat. */
static uint64_t cpu_of(pid_t pid)
{
	unsigned long long user, system, child_user, child_system;
	char path[40], text[1024], *end;
	_cleanup_fd_ int fd = -1;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	end = strrchr(text, ')'); /* the name may have anything in it */
	if (!end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
			   &user, &system, &child_user, &child_system) != 4)
		return 0;
	return (user + system + child_user + child_system) * 1000000 /
	       (unsigned long long)sysconf(_SC_CLK_TCK);
}

/* The sum of the lines of @file that begin with one of the two keys, in bytes. */
static uint64_t kilobytes(pid_t pid, const char *file, const char *key, const char *other)
{
	char path[48], line[256];
	uint64_t sum = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	stream = fopen(path, "re");
	while (stream && fgets(line, sizeof(line), stream)) {
		const char *value = startswith(line, key);

		if (!value)
			value = startswith(line, other);
		if (value)
			sum += strtoull(value, NULL, 10) * 1024;
	}
	if (stream)
		fclose(stream);
	return sum;
}

/* What is shared is divided among those who share it, where the kernel says so. */
static uint64_t memory_of(pid_t pid)
{
	uint64_t memory = kilobytes(pid, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:");

	return memory ? memory : kilobytes(pid, "status", "RssAnon:", "RssShmem:");
}

static void add_up(pid_t pid, struct sum *sum)
{
	char path[64];
	DIR *threads;
	const struct dirent *thread;

	sum->cpu += cpu_of(pid);
	if (sum->want_memory)
		sum->memory += memory_of(pid);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (thread = readdir(threads))) {
		FILE *file;
		int child;

		if (thread->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.12s/children", pid, thread->d_name);
		file = fopen(path, "re");
		while (file && fscanf(file, "%d", &child) == 1)
			add_up(child, sum);
		if (file)
			fclose(file);
	}
	if (threads)
		closedir(threads);
}

static int look_again(const struct watchdog *w, uint64_t left)
{
	uint64_t milliseconds = LATEST;
	struct itimerspec when = {0};

	if (w->plan->time) {
		milliseconds = left / 1000 / (unsigned)get_nprocs() + 1;
		if (milliseconds > LATEST)
			milliseconds = LATEST;
		if (milliseconds < SOONEST)
			milliseconds = SOONEST;
	}
	if (w->plan->memory_watch && milliseconds > MEMORY)
		milliseconds = MEMORY;
	when.it_value.tv_sec = (time_t)(milliseconds / 1000);
	when.it_value.tv_nsec = (long)(milliseconds % 1000) * 1000000;
	return timerfd_settime(w->timer, 0, &when, NULL) < 0 ? -errno : 0;
}

static int look(struct watch *watch, short revents, struct error *e)
{
	struct watchdog *w = watch->data;
	struct sum sum = {.want_memory = w->plan->memory_watch != 0};
	uint64_t expirations, limit = w->plan->time * 1000;
	int r;

	if (read(w->timer, &expirations, sizeof(expirations)) < 0)
		return 0;
	if (w->box->fd < 0 || sum.want_memory)
		add_up(w->init, &sum);
	if (w->box->fd >= 0)
		cgroup_read_key(w->box->fd, "cpu.stat", "usage_usec", &sum.cpu);
	if (sum.memory > w->report->memory_seen)
		w->report->memory_seen = sum.memory;
	if (limit && sum.cpu >= limit)
		w->supervision->hit = HIT_TIME;
	else if (sum.want_memory && sum.memory > w->plan->memory_watch)
		w->supervision->hit = HIT_MEMORY;
	r = look_again(w, sum.cpu < limit ? limit - sum.cpu : 0);
	return r < 0 ? error_errno(e, -r, "setting a timer") : 0;
}

int watchdog_start(struct watchdog *w, struct error *e)
{
	int r;

	if (!w->plan->time && !w->plan->memory_watch)
		return 0;
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0)
		return error_errno(e, errno, "making a timer");
	r = look_again(w, w->plan->time * 1000);
	if (r < 0)
		return error_errno(e, -r, "setting a timer");
	supervise_watch(
		w->supervision,
		&(struct watch){.fd = w->timer, .events = POLLIN, .ready = look, .data = w});
	return 0;
}

void watchdog_stop(struct watchdog *w)
{
	w->timer = fd_close(w->timer);
}
