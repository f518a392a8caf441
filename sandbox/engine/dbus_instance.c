// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * $XDG_RUNTIME_DIR/hutch-bus/N is the directory where the proxies of the sandbox N listen. Its lock
 * is held by the launcher and goes with it, however it ends; who gets the lock may sweep (as in
 * engine/registry.c).
 *
 * $XDG_RUNTIME_DIR/.flatpak/N/bwrapinfo.json is where portals look up the process of the instance N
 * that the proxy's /.flatpak-info names. The one of a launcher that was killed names a process that
 * is gone, or in time another one of that number; nobody reads it then, since the only process that
 * led there, the proxy, died with the launcher, and the next sandbox removes it. flatpak removes
 * what is there and not locked (.ref, a lock of fcntl(2)), so ours is locked.
 */
#include "engine/dbus_instance.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROXIES    "hutch-bus"
#define IDENTITIES ".flatpak"
#define REFERENCE  ".ref"
#define INFO       "bwrapinfo.json"
#define INFO_NEW   "bwrapinfo.json.new"

/* Others that a start looks at. */
enum { SWEEP_FEW = 8, TRIES = 100 };

static int open_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_directory(int parent, const char *name, bool fresh)
{
	mode_t before = umask(077);
	int r = mkdirat(parent, name, 0700) < 0 && (errno != EEXIST || fresh) ? -errno : 0;

	umask(before);
	return r < 0 ? r : open_directory(parent, name);
}

static void remove_identity(int runtime, const char *name)
{
	_cleanup_fd_ int identities = open_directory(runtime, IDENTITIES);
	_cleanup_fd_ int directory = identities < 0 ? -1 : open_directory(identities, name);

	if (directory < 0)
		return;
	unlinkat(directory, INFO, 0);
	unlinkat(directory, INFO_NEW, 0);
	unlinkat(directory, REFERENCE, 0);
	unlinkat(identities, name, AT_REMOVEDIR);
}

/* @directory is that of @name in @proxies, locked by us. */
static void remove_proxy(int proxies, int directory, const char *name)
{
	for (size_t i = 0; i < BUS_COUNT; i++)
		unlinkat(directory, plan_bus_names[i], 0);
	unlinkat(proxies, name, AT_REMOVEDIR);
}

static bool is_instance(const char *name)
{
	size_t length = strlen(name);

	return length && length < 16 && strspn(name, "0123456789") == length;
}

/* What launchers left behind that were killed. */
static void sweep(int runtime, int proxies)
{
	int copy = open_directory(proxies, "."), left = SWEEP_FEW;
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!directory) {
		fd_close(copy);
		return;
	}
	while (left > 0 && (entry = readdir(directory))) {
		_cleanup_fd_ int other = -1;

		if (!is_instance(entry->d_name))
			continue;
		left--;
		other = open_directory(proxies, entry->d_name);
		if (other < 0 || flock(other, LOCK_EX | LOCK_NB) < 0)
			continue;
		remove_identity(runtime, entry->d_name);
		remove_proxy(proxies, other, entry->d_name);
	}
	closedir(directory);
}

/* Make the directory and lock it. A sweeper may be quicker: then it is made again. */
static int make_locked(int proxies, const char *name)
{
	for (int tries = 0; tries < TRIES; tries++) {
		_cleanup_fd_ int directory = make_directory(proxies, name, true);
		struct stat status;

		if (directory < 0 && directory != -ENOENT)
			return directory;
		if (directory >= 0 && flock(directory, LOCK_EX | LOCK_NB) == 0 &&
		    fstat(directory, &status) == 0 && status.st_nlink > 0)
			return TAKE_FD(directory);
	}
	return -EAGAIN;
}

static int make_identity(struct dbus_instance *instance)
{
	const struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	_cleanup_fd_ int identities = make_directory(instance->runtime, IDENTITIES, false);

	if (identities < 0)
		return identities;
	instance->identity = make_directory(identities, instance->name, true);
	if (instance->identity < 0)
		return instance->identity;
	instance->reference = openat(instance->identity, REFERENCE,
				     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (instance->reference < 0 || fcntl(instance->reference, F_OFD_SETLK, &lock) < 0)
		return -errno;
	return 0;
}

int dbus_instance_make(struct dbus_instance *instance, const struct plan_dbus *plan,
		       struct error *e)
{
	_cleanup_fd_ int proxies = -1;
	int r;

	snprintf(instance->name, sizeof(instance->name), "%s", plan->instance);
	instance->runtime = open(plan->runtime, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (instance->runtime < 0)
		return error_errno(e, errno, "%s", plan->runtime);
	r = proxies = make_directory(instance->runtime, PROXIES, false);
	if (r >= 0)
		r = instance->directory = make_locked(proxies, instance->name);
	if (r < 0)
		return error_errno(e, -r, "%s", plan->directory);
	r = plan->app ? make_identity(instance) : 0;
	if (r < 0)
		return error_errno(e, -r, "%s/" IDENTITIES "/%s", plan->runtime, instance->name);
	sweep(instance->runtime, proxies);
	return 0;
}

/* The number of a namespace of @pid; 0 where it can't be told. */
static unsigned long long namespace_of(pid_t pid, const char *name)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

int dbus_instance_identify(const struct dbus_instance *instance, pid_t pid, struct error *e)
{
	/* As bubblewrap's --info-fd has it, which portals expect. */
	static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "uts"};
	_cleanup_strbuf_ struct strbuf text = {0};
	_cleanup_fd_ int fd = -1;
	int r;

	if (instance->identity < 0)
		return 0;
	strbuf_printf(&text, "{\n    \"child-pid\": %d", pid);
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		unsigned long long number = namespace_of(pid, namespaces[i]);

		if (number)
			strbuf_printf(&text, ",\n    \"%s-namespace\": %llu", namespaces[i],
				      number);
	}
	strbuf_printf(&text, "\n}\n");
	fd = openat(instance->identity, INFO_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : fd_write_all(fd, text.text, text.length);
	if (r == 0 && renameat(instance->identity, INFO_NEW, instance->identity, INFO) < 0)
		r = -errno;
	return r < 0 ? error_errno(e, -r, "telling portals of the sandbox") : 0;
}

void dbus_instance_remove(struct dbus_instance *instance)
{
	_cleanup_fd_ int proxies = -1;

	if (instance->identity >= 0)
		remove_identity(instance->runtime, instance->name);
	if (instance->directory >= 0) {
		proxies = open_directory(instance->runtime, PROXIES);
		remove_proxy(proxies, instance->directory, instance->name);
	}
	fd_close(instance->reference);
	fd_close(instance->identity);
	fd_close(instance->directory);
	fd_close(instance->runtime);
	*instance = DBUS_INSTANCE_NONE;
}
