// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on those who would do something in the user's name when asked: the message bus, the
 * user's systemd, whoever looks after control groups.
 */
#include "attack.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connects to an address as D-Bus writes it ("unix:path=/run/…"), or to a path */
static int connect_to_bus(const char *address)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *path = strstr(address, "path="), *name = strstr(address, "abstract=");
	size_t length;
	int fd, err;

	path = path ? path + 5 : name ? name + 9 : address;
	length = strcspn(path, ",;");
	if (length + 1 >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path + (name != NULL), path, length);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	length += offsetof(struct sockaddr_un, sun_path) + (name || *path == '/');
	err = refusal(connect(fd, (struct sockaddr *)&a, (socklen_t)length));
	close(fd);
	return err;
}

/* Whoever is heard on the bus has programs started outside: StartTransientUnit, portals */
static int e81_bus(void)
{
	static const char *const own[] = {"bus", "systemd/private", "pipewire-0", "pulse/native"};
	static const char *const system[] = {"/run/dbus/system_bus_socket", "/run/systemd/private",
					     "/run/docker.sock"};
	static const char *const variables[] = {"DBUS_SESSION_BUS_ADDRESS",
						"DBUS_SYSTEM_BUS_ADDRESS"};
	struct tally t = {0};
	char path[128];

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		snprintf(path, sizeof(path), "/run/user/%u/%s", getuid(), own[i]);
		tally_add(&t, connect_to_bus(path), path);
	}
	for (size_t i = 0; i < sizeof(system) / sizeof(*system); i++)
		tally_add(&t, connect_to_bus(system[i]), system[i]);
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (getenv(variables[i]))
			tally_add(&t, connect_to_bus(getenv(variables[i])), variables[i]);
	tally_add(&t, connect_to_bus(canary("bus")), canary("bus"));
	return tally_result(&t, ENOENT);
}

static struct tally walk_tally;

static int open_control(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char *const names[] = {
		"cgroup.procs", "cgroup.subtree_control", "memory.max", "pids.max", "cpu.max",
		"cgroup.kill",  "cgroup.freeze"};
	int fd;

	if (ftw->level > 4)
		return FTW_SKIP_SUBTREE;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(path + ftw->base, names[i]))
			continue;
		fd = open(path, O_WRONLY | O_CLOEXEC);
		tally_add(&walk_tally, refusal(fd), path);
		if (fd >= 0)
			close(fd);
	}
	return FTW_CONTINUE;
}

/* CVE-2023-25809: limits are none for whoever can write to the files they stand in */
static int e82_cgroup_write(void)
{
	nftw("/sys/fs/cgroup", open_control, 32, FTW_PHYS | FTW_ACTIONRETVAL);
	return tally_result(&walk_tally, ENOENT);
}

/* The group of one's own, by the name that /proc tells, and the top */
static int e82_cgroup_make(void)
{
	char line[4096], path[4200];
	struct tally t = {0};
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "0::", 3))
			continue;
		for (char *up = line + 3; *up; *strrchr(up, '/') = 0) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/hutch-attack", up);
			tally_add(&t, refusal(mkdir(path, 0700)), path);
			rmdir(path);
		}
	}
	if (f)
		fclose(f);
	tally_add(&t, refusal(mkdir("/sys/fs/cgroup/hutch-attack", 0700)), "the top");
	rmdir("/sys/fs/cgroup/hutch-attack");
	return tally_result(&t, ENOENT);
}

const struct attempt attempts_services[] = {
	{"e81-bus", e81_bus, "", "talk to the message bus and the user's systemd",
	 HARMLESS | ONLY_INSIDE | BY_SOCKET},
	{"e82-cgroup-write", e82_cgroup_write, "", "change the limits of control groups", HARMLESS},
	{"e82-cgroup-make", e82_cgroup_make, "", "make a control group", HARMLESS},
	{0},
};
