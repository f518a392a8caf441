// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * - An instance is a directory with a socket in it. Nothing is written there: what there is to know
 *   is in the launcher's memory, and it tells who asks. So a start costs a few system calls, and no
 *   file can be forged or be out of date.
 * - The directory's lock (flock(2)) is held by the launcher and goes with it, however it ends: who
 *   gets the lock may sweep. There is no other lock, so starts never wait for each other. A sweeper
 *   may be quicker than the owner of a new directory; then binding the socket fails, since that
 *   goes by the directory's descriptor, and the owner makes another one.
 *   (systemd-tmpfiles too leaves alone what is locked.)
 * - No process is found by its number. The socket tells who listens (SO_PEERCRED), and as long as
 *   nobody hangs up that process lives.
 * - The socket's address goes by descriptor (/proc/self/fd/N/control): a sun_path is short, and
 *   nothing can be exchanged on the way.
 * - A plain run works without any of this: where the directory cannot be had, the sandbox is in no
 *   list, and its report says so. Who asked for a name gets an error instead.
 */
#include "engine/registry.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define SOCKET_NAME "control"

/* A sweeper is in the way for a few system calls at most. */
enum { TRIES = 1000 };

/* How many others a start looks at; a list looks at all. */
enum { SWEEP_FEW = 8 };

static bool is_ours(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	       !(status.st_mode & 022);
}

/* The directory that the registry is in, and its name there. */
static void find_place(char parent[64], const char **ret_parent, char name[32])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	snprintf(name, 32, "hutch");
	if (runtime && runtime[0] == '/') {
		*ret_parent = runtime;
		return;
	}
	snprintf(parent, 64, "/run/user/%u", geteuid());
	*ret_parent = parent;
	if (is_ours(parent))
		return;
	*ret_parent = "/tmp";
	snprintf(name, 32, "hutch-%u", geteuid());
}

char *registry_path(void)
{
	char parent[64], name[32];
	const char *place;

	find_place(parent, &place, name);
	return xasprintf("%s/%s", place, name);
}

static int refuse(const char *place, const char *name, const char *why, struct error *e)
{
	error_set(e, EPERM, "%s%s%s: %s", place, *name ? "/" : "", name, why);
	if (*name)
		return error_remedy(e, "move it away: the running sandboxes are kept there");
	return error_remedy(e, "unset XDG_RUNTIME_DIR, or let it name a directory of yours");
}

int registry_open(bool make, struct error *e)
{
	_cleanup_fd_ int parent = -1, fd = -1;
	char buffer[64], name[32];
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat status;
	const char *place;

	find_place(buffer, &place, name);
	parent = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fstat(parent, &status) < 0) {
		error_errno(e, errno, "%s: the directory of running sandboxes", place);
		return error_remedy(e,
				    "unset XDG_RUNTIME_DIR, or let it name a directory of yours");
	}
	/* Of /tmp, the sticky bit is enough. */
	if (streq(name, "hutch") && status.st_uid != geteuid())
		return refuse(place, "", "the runtime directory belongs to somebody else", e);
	if (streq(name, "hutch") && (status.st_mode & 022))
		return refuse(place, "", "others may write to the runtime directory", e);
	fd = openat(parent, name, flags);
	if (fd < 0 && errno == ENOENT && make) {
		mode_t before = umask(077);

		if (mkdirat(parent, name, 0700) == 0 || errno == EEXIST)
			fd = openat(parent, name, flags);
		umask(before);
	}
	if (fd < 0 && errno == ENOENT && !make)
		return -ENOENT;
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return refuse(place, name, "not a directory but a link or a file", e);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(e, errno, "%s/%s", place, name);
	if (status.st_uid != geteuid())
		return refuse(place, name, "belongs to somebody else", e);
	if (status.st_mode & 077)
		return refuse(place, name, "others may enter it", e);
	return TAKE_FD(fd);
}

bool registry_valid_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= REGISTRY_NAME_MAX && isalnum((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

/* The address of the socket in @directory. */
static struct sockaddr_un address_in(int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET_NAME,
		 directory);
	return address;
}

/* Remove the instance @name if its launcher is dead; true where it lives. */
static bool sweep(int registry, const char *name)
{
	_cleanup_fd_ int directory =
		openat(registry, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return false;
	if (flock(directory, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	unlinkat(directory, SOCKET_NAME, 0);
	unlinkat(registry, name, AT_REMOVEDIR);
	return false;
}

/* Visit at most @most instances, sweeping the dead; the living are added to @ret unless it is NULL.
 */
static void visit(int registry, size_t most, struct strv *ret)
{
	/* A description of its own: the position in it is shared otherwise. */
	int copy = openat(registry, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!directory) {
		fd_close(copy);
		return;
	}
	while (most > 0 && (entry = readdir(directory))) {
		if (!registry_valid_name(entry->d_name))
			continue;
		most--;
		if (sweep(registry, entry->d_name) && ret)
			strv_add(ret, entry->d_name);
	}
	closedir(directory);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void registry_list(int registry, struct strv *ret)
{
	visit(registry, SIZE_MAX, ret);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare);
}

/* Make the directory of @name, lock it and listen in it. -EEXIST: it is taken. -EAGAIN: somebody
 * swept it. */
static int try_to_add(const char *name, struct registration *registration)
{
	struct sockaddr_un address;

	if (mkdirat(registration->registry, name, 0700) < 0) {
		if (errno != EEXIST)
			return -errno;
		return sweep(registration->registry, name) ? -EEXIST : -EAGAIN;
	}
	registration->directory = openat(registration->registry, name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (registration->directory < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(registration->directory, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	registration->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (registration->listener < 0)
		return -errno;
	address = address_in(registration->directory);
	if (bind(registration->listener, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	return listen(registration->listener, 16) < 0 ? -errno : 0;
}

/* "make-1234"; where another PID namespace has the same number, "make-1234-2". */
void registry_generate_name(const char *program, unsigned number, char name[REGISTRY_NAME_MAX + 1])
{
	const char *base = strrchr(program, '/');
	size_t length = 0;

	base = base ? base + 1 : program;
	for (; *base && length < 24; base++)
		if (isalnum((unsigned char)*base) || (length && strchr("._-", *base)))
			name[length++] = *base;
	snprintf(name + length, REGISTRY_NAME_MAX + 1 - length, "%s-%d", length ? "" : "sandbox",
		 getpid());
	length = strlen(name);
	if (number)
		snprintf(name + length, REGISTRY_NAME_MAX + 1 - length, "-%u", number + 1);
}

int registry_add(const char *name, const char *program, struct registration *ret, struct error *e)
{
	struct registration registration = REGISTRATION_NONE;
	int r = registry_open(true, e);
	unsigned number = 0;
	mode_t before;

	if (r < 0)
		return r;
	registration.registry = r;
	before = umask(077);
	for (int tries = 0; tries < TRIES; tries++) {
		if (name)
			snprintf(registration.name, sizeof(registration.name), "%s", name);
		else
			registry_generate_name(program, number, registration.name);
		r = try_to_add(registration.name, &registration);
		if (r == -EEXIST && !name)
			number++;
		else if (r != -EAGAIN)
			break;
		registration.directory = fd_close(registration.directory);
		registration.listener = fd_close(registration.listener);
		if (r == -EAGAIN && tries > 10)
			nanosleep(&(struct timespec){.tv_nsec = 100 * 1000}, NULL);
	}
	umask(before);
	if (r == 0) {
		visit(registration.registry, SWEEP_FEW, NULL);
		*ret = registration;
		return 0;
	}
	if (r == -EEXIST) {
		error_set(e, EEXIST, "--name %s: a sandbox of that name is running", name);
		error_remedy(e, "choose another name, or end it: hutch stop %s", name);
	} else {
		error_errno(e, -r, "registering the sandbox %s", registration.name);
	}
	if (registration.directory >= 0)
		registry_remove(&registration);
	registry_forget(&registration);
	return r;
}

void registry_forget(struct registration *registration)
{
	fd_close(registration->listener);
	fd_close(registration->directory);
	fd_close(registration->registry);
	*registration = REGISTRATION_NONE;
}

void registry_remove(struct registration *registration)
{
	if (registration->registry < 0)
		return;
	unlinkat(registration->directory, SOCKET_NAME, 0);
	unlinkat(registration->registry, registration->name, AT_REMOVEDIR);
	registry_forget(registration);
}

void registry_peer_close(struct registry_peer *peer)
{
	fd_close(peer->fd);
	fd_close(peer->pidfd);
	*peer = REGISTRY_PEER_NONE;
}

static int no_such(const char *name, struct error *e)
{
	error_set(e, ENOENT, "%.100s: no sandbox of that name is running", name);
	return error_remedy(e, "hutch ps lists those that are");
}

/* Whether @process is in the same user namespace as we: whoever is in a sandbox is not. */
static bool same_user_namespace(pid_t process)
{
	struct stat ours, theirs;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", process);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

int registry_connect(int registry, const char *name, struct registry_peer *ret, struct error *e)
{
	_cleanup_fd_ int directory = -1, fd = -1, pidfd = -1;
	struct sockaddr_un address;
	struct pollfd end = {.fd = -1};
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!registry_valid_name(name))
		return no_such(name, e);
	directory = openat(registry, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return no_such(name, e);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(e, errno, "%s: making a socket", name);
	address = address_in(directory);
	/* Without waiting: a launcher that is stopped takes no connection, once its queue is full.
	 */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return no_such(name, e);
		return error_errno(e, errno, "%s: connecting to its launcher", name);
	}
	fcntl(fd, F_SETFL, 0);
	end.fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return error_errno(e, errno, "%s: asking who listens", name);
	pidfd = sys_pidfd_open(peer.pid, 0);
	/* It listens still, so the number was not given to another process meanwhile. */
	if (pidfd < 0 || poll(&end, 1, 0) != 0)
		return no_such(name, e);
	if (peer.uid != geteuid() || !same_user_namespace(peer.pid))
		return error_set(e, EPERM, "%s: who listens there is no launcher of yours", name);
	*ret = (struct registry_peer){TAKE_FD(fd), peer.pid, TAKE_FD(pidfd)};
	return 0;
}
