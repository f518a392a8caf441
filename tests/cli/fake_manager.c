// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_manager SOCKET BEHAVIOUR [GROUP]: stands in for systemd's user manager on its own socket, and
 * serves one connection after the other.
 *
 *   refuse      every call is denied
 *   silent      no call is ever answered
 *   slow        scopes are made, but their jobs never end
 *   failed      jobs end as "failed"
 *   early       a job's end is told before the answer that names it
 *   exists      the first name is taken
 *   unknown P   a scope with property P is refused, P being named
 *   unnamed     a scope with more than Delegate and PIDs is refused, without a name
 *   well        it works
 *
 * With GROUP, a directory of cgroup version 2, scopes are made there and processes moved in; else
 * nothing is. Each property that a scope is made with is told on standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define PATH      "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

static const char *behaviour, *property, *group;
static unsigned calls, jobs;

static int is(const char *name)
{
	return strcmp(behaviour, name) == 0;
}

static void move_in(const char *unit, const char *below, uint32_t pid)
{
	char path[4096], number[16];
	int fd;

	if (!group)
		return;
	snprintf(path, sizeof(path), "%s/%s", group, unit);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s%s/cgroup.procs", group, unit, below);
	fd = open(path, O_WRONLY);
	snprintf(number, sizeof(number), "%u", pid);
	if (fd < 0 || write(fd, number, strlen(number)) < 0)
		fprintf(stderr, "fake_manager: %s: %s\n", path, strerror(errno));
	close(fd);
}

static void tell_job(sd_bus *bus, const char *unit, const char *result)
{
	char path[64];

	snprintf(path, sizeof(path), PATH "/job/%u", jobs);
	sd_bus_emit_signal(bus, PATH, INTERFACE, "JobRemoved", "uoss", jobs, path, unit, result);
}

static int read_pids(sd_bus_message *message, const char *unit)
{
	const void *pids;
	size_t size;
	int r = sd_bus_message_enter_container(message, 'v', "au");

	if (r >= 0)
		r = sd_bus_message_read_array(message, 'u', &pids, &size);
	for (size_t i = 0; r >= 0 && i < size / 4; i++)
		move_in(unit, "", ((const uint32_t *)pids)[i]);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int start(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *unit, *mode, *name;
	char path[64];
	unsigned others = 0;
	int r;

	calls++;
	if (is("silent"))
		return 1;
	if (is("refuse"))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Not today");
	r = sd_bus_message_read(message, "ss", &unit, &mode);
	if (r >= 0 && is("exists") && calls == 1)
		return sd_bus_error_set(error, "org.freedesktop.systemd1.UnitExists", "Taken");
	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "(sv)");
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'r', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r < 0)
			break;
		printf("%s\n", name);
		if (property && strcmp(property, name) == 0)
			return sd_bus_error_setf(error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
						 "Cannot set property %s, or unknown property.",
						 name);
		others += strcmp(name, "Delegate") != 0 && strcmp(name, "PIDs") != 0;
		r = strcmp(name, "PIDs") == 0 ? read_pids(message, unit)
					      : sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	if (r < 0)
		return r;
	if (is("unnamed") && others)
		return sd_bus_error_set(error, SD_BUS_ERROR_PROPERTY_READ_ONLY, "No.");
	jobs++;
	printf("started\n");
	snprintf(path, sizeof(path), PATH "/job/%u", jobs);
	if (is("early"))
		tell_job(sd_bus_message_get_bus(message), unit, "done");
	r = sd_bus_reply_method_return(message, "o", path);
	if (!is("early") && !is("slow"))
		tell_job(sd_bus_message_get_bus(message), unit, is("failed") ? "failed" : "done");
	return r < 0 ? r : 1;
}

static int attach(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *unit, *below;
	uint32_t pid;

	printf("attach\n");
	if (is("refuse"))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Not today");
	if (sd_bus_message_read(message, "ssau", &unit, &below, 1, &pid) < 0)
		return -EINVAL;
	move_in(unit, below, pid);
	return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", start,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AttachProcessesToUnit", "ssau", "", attach, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};

static void serve(int fd)
{
	sd_id128_t id;
	sd_bus *bus;

	sd_id128_randomize(&id);
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 || sd_bus_start(bus) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, methods, NULL) < 0)
		exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		fflush(stdout);
		if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0))
			break;
	}
	sd_bus_unref(bus);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int with_property;

	if (argc < 3)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* with the test's shell */
	behaviour = argv[2];
	with_property = is("unknown");
	property = with_property ? argv[3] : NULL;
	group = argc > 3 + with_property ? argv[3 + with_property] : NULL;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0) {
		perror("fake_manager");
		return 1;
	}
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			serve(fd);
	}
}
