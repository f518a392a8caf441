// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * $XDG_RUNTIME_DIR/hutch-bus/N is the directory where the proxies of the sandbox N listen
 * (engine/run_directory.h).
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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROXIES    "hutch-bus"
#define IDENTITIES ".flatpak"
#define REFERENCE  ".ref"
#define INFO       "bwrapinfo.json"
#define INFO_NEW   "bwrapinfo.json.new"

static int open_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What portals look at, of a sandbox that ends or is gone. */
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

static int make_identity(struct dbus_instance *instance)
{
	const struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	_cleanup_fd_ int identities =
		run_directory_in(instance->proxies.runtime, IDENTITIES, false);

	if (identities < 0)
		return identities;
	instance->identity = run_directory_in(identities, instance->proxies.name, true);
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
	int r = run_directory_make(&instance->proxies, plan->directory, PROXIES, remove_identity,
				   e);

	if (r < 0)
		return r;
	r = plan->app ? make_identity(instance) : 0;
	return r < 0 ? error_errno(e, -r, "%s/" IDENTITIES "/%s", plan->runtime,
				   instance->proxies.name)
		     : 0;
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
	if (instance->identity >= 0)
		remove_identity(instance->proxies.runtime, instance->proxies.name);
	run_directory_remove(&instance->proxies);
	fd_close(instance->reference);
	fd_close(instance->identity);
	*instance = DBUS_INSTANCE_NONE;
}
