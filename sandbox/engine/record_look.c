// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a call is about to do.
 *
 * The outcome of a call is not known: it is let go, and how it ended is told to its caller alone. So
 * what can be foreseen to fail is left out (reading what is not there, writing what may not be
 * written), as each search along a path would otherwise leave a dozen names behind; and whether
 * something is made or only opened shows in what is there before.
 *
 * A path is kept as the program says it, put behind the directory it is relative to, because that is
 * the name by which it will look again. ".." is followed on the host: behind a symbolic link it
 * leads elsewhere than the text says.
 */
#include "engine/record_look.h"

#include "base/string.h"
#include "engine/record_calls.h"
#include "kernel/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Take empty components and "." out, and each ".." by asking what is above. False where that is not
 * to be known. */
static bool tidy(char path[2 * PATH_MAX])
{
	char *end = path, *at = path;

	while (*at) {
		size_t length;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (length == 2 && at[0] == '.' && at[1] == '.') {
			char real[PATH_MAX], *slash;
			_cleanup_free_ char *rest = xstrdup(at + length);

			*end = '\0';
			if (end > path && !realpath(path, real))
				return false;
			slash = end > path ? strrchr(real, '/') : NULL;
			length = slash ? (size_t)(slash - real) : 0;
			if (length + strlen(rest) >= sizeof(((struct sight *)NULL)->path))
				return false;
			memcpy(path, real, length);
			end = path + length;
			strcpy(end, rest);
			at = end;
		} else if (length == 1 && at[0] == '.') {
			at += length;
		} else if (length) {
			*end++ = '/';
			memmove(end, at, length);
			end += length;
			at += length;
		}
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
	return true;
}

/* The path at @address, relative to descriptor @directory; 0, or -errno where it can't be had. */
static int read_path(pid_t pid, int directory, uint64_t address, bool empty_too,
		     char ret[2 * PATH_MAX])
{
	char name[32] = "cwd", text[PATH_MAX];
	ssize_t length = tracee_string(pid, address, text, sizeof(text)), base = 0;

	if (length < 0)
		return (int)length;
	if (!length && !empty_too)
		return -ENOENT;
	if (text[0] != '/') {
		if (directory != AT_FDCWD)
			snprintf(name, sizeof(name), "fd/%d", directory);
		base = tracee_link(pid, name, ret, PATH_MAX);
		if (base < 0)
			return (int)base;
		/* "socket:[1]"; or a directory that was removed. */
		if (ret[0] != '/' ||
		    (base > 10 && streq(ret + base - 10, " (deleted)") && access(ret, F_OK) < 0))
			return -ENOENT;
		if (length)
			ret[base++] = '/';
	}
	memcpy(ret + base, text, (size_t)length + 1);
	return tidy(ret) ? 0 : -ENOENT;
}

/* Whether names in the directory of @path can be made and removed. */
static bool names_allowed(const char *path)
{
	_cleanup_free_ char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);

	return access(directory, W_OK) == 0;
}

/* Take off what can be foreseen to fail, and see what is there. */
static void see(const struct onlooker *onlooker, struct sight *sight, unsigned access_wanted,
		bool link)
{
	const struct touched *known = recording_find(onlooker->recording, sight->path);
	struct stat status;

	/* The usual case: a loop over the same files. */
	sight->access = access_wanted;
	sight->existed = true;
	if (known && (known->access & access_wanted) == access_wanted)
		return;
	sight->existed = (link ? lstat(sight->path, &status) : stat(sight->path, &status)) == 0;
	sight->type = sight->existed ? status.st_mode & S_IFMT : 0;
	if ((access_wanted & ACCESS_CREATE) && sight->existed)
		sight->access &= ~(unsigned)ACCESS_CREATE;
	if ((sight->access & ACCESS_NAMES) && !names_allowed(sight->path))
		sight->access &= ~(unsigned)ACCESS_NAMES;
	if (!sight->existed)
		sight->access &= ACCESS_CREATE | ACCESS_REPLACE;
	if ((sight->access & ACCESS_READ) && !link && access(sight->path, R_OK) < 0)
		sight->access &= ~(unsigned)ACCESS_READ;
	if ((sight->access & (ACCESS_EXECUTE | ACCESS_ENTER)) && access(sight->path, X_OK) < 0)
		sight->access &= ~(unsigned)(ACCESS_EXECUTE | ACCESS_ENTER);
	if ((sight->access & ACCESS_WRITE) && !link && access(sight->path, W_OK) < 0 &&
	    status.st_uid != geteuid())
		sight->access &= ~(unsigned)ACCESS_WRITE;
}

/* What open(2) with @flags wants. */
static unsigned wanted_by(uint64_t flags)
{
	unsigned wanted = (flags & O_ACCMODE) == O_WRONLY ? 0 : ACCESS_READ;

	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		wanted |= ACCESS_WRITE;
	if (flags & O_CREAT)
		wanted |= ACCESS_CREATE;
	if (flags & O_PATH)
		return flags & O_DIRECTORY ? ACCESS_ENTER : ACCESS_READ;
	return wanted;
}

static void see_opened(const struct onlooker *onlooker, struct sight *sight, uint64_t flags)
{
	unsigned wanted = wanted_by(flags);
	size_t length = strlen(sight->path);

	if ((flags & O_TMPFILE) == O_TMPFILE && length + 2 < sizeof(sight->path)) {
		/* A file without a name: the directory must be one that takes files. */
		strcpy(sight->path + length, length > 1 ? "/*" : "*");
		see(onlooker, sight, ACCESS_CREATE, false);
		return;
	}
	/* An open that must make the file, of one that is there, fails. */
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		wanted = ACCESS_CREATE;
	see(onlooker, sight, wanted, false);
	/* One that may make it, of one that is there, writes. */
	if (sight->access == ACCESS_CREATE && (flags & O_ACCMODE) == O_RDONLY)
		sight->access |= ACCESS_READ;
}

/* "#!PROGRAM" at the beginning of an executed file: the kernel opens that one itself. */
static void see_interpreter(const struct onlooker *onlooker, const char *path, struct sight *ret)
{
	char line[256], *name, *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	line[length > 0 ? length : 0] = '\0';
	if (line[0] != '#' || line[1] != '!')
		return;
	name = line + 2 + strspn(line + 2, " \t");
	end = name + strcspn(name, " \t\r\n");
	*end = '\0';
	if (name[0] != '/')
		return;
	strcpy(ret->path, name);
	if (tidy(ret->path))
		see(onlooker, ret, ACCESS_EXECUTE, false);
}

static void look_at_address(struct onlooker *onlooker, pid_t pid, int fd, uint64_t address,
			    uint64_t length, bool bound)
{
	struct contacted *contact = &onlooker->contact;
	struct sockaddr_un *local = (struct sockaddr_un *)&contact->address;
	struct sight *sight = &onlooker->sights[0];
	size_t head = offsetof(struct sockaddr_un, sun_path);
	ssize_t base;
	int kind;

	if (length < sizeof(sa_family_t) || length > sizeof(contact->address))
		return;
	memset(&contact->address, 0, sizeof(contact->address));
	if (tracee_read(pid, address, &contact->address, length) < 0) {
		onlooker->unread = true;
		return;
	}
	if (contact->address.ss_family == AF_INET || contact->address.ss_family == AF_INET6) {
		kind = tracee_socket_kind(pid, fd);
		contact->length = (socklen_t)length;
		contact->bound = bound;
		contact->kind = kind > 0 ? kind : 0;
		return;
	}
	if (contact->address.ss_family != AF_UNIX || length <= head)
		return;
	if (!local->sun_path[0] && local->sun_path[1] != '/') {
		contact->length = (socklen_t)length;
		contact->bound = bound;
		contact->kind = 0;
		return;
	}
	/* An abstract name that is a path stands for that path: an X server has both. */
	local = (struct sockaddr_un *)&contact->address;
	if (local->sun_path[0] == '/' || !local->sun_path[0]) {
		const char *path = local->sun_path + !local->sun_path[0];

		snprintf(sight->path, sizeof(sight->path), "%.*s",
			 (int)(length - head - !local->sun_path[0]), path);
	} else {
		base = tracee_link(pid, "cwd", sight->path, PATH_MAX);
		if (base < 0)
			return;
		snprintf(sight->path + base, sizeof(sight->path) - (size_t)base, "/%.*s",
			 (int)(length - head), local->sun_path);
	}
	if (tidy(sight->path) && !bus_watch_has(onlooker->bus, sight->path))
		see(onlooker, sight, bound ? ACCESS_CREATE : ACCESS_CONNECT, false);
}

/* i386 before Linux 4.3: all calls of sockets are one, with the arguments in memory. */
static void look_at_sockets(struct onlooker *onlooker, pid_t pid, const struct seccomp_data *data)
{
	enum { BIND = 2, CONNECT = 3, SENDTO = 11 };
	uint32_t arguments[6] = {0};
	bool sends = data->args[0] == SENDTO;

	if (data->args[0] != BIND && data->args[0] != CONNECT && !sends)
		return;
	if (tracee_read(pid, data->args[1], arguments, (sends ? 6 : 3) * sizeof(uint32_t)) < 0)
		onlooker->unread = true;
	else if (arguments[sends ? 4 : 1])
		look_at_address(onlooker, pid, (int)arguments[0], arguments[sends ? 4 : 1],
				arguments[sends ? 5 : 2], data->args[0] == BIND);
}

static void look_at_paths(struct onlooker *onlooker, pid_t pid, const struct recorded_call *call,
			  const struct seccomp_data *data)
{
	uint64_t flags = call->flags < 0 ? O_CREAT | O_WRONLY | O_TRUNC : data->args[call->flags];
	bool empty = call->shape == CALL_EXECUTE && call->flags >= 0 && (flags & AT_EMPTY_PATH);

	if (call->shape == CALL_HOW && tracee_read(pid, flags, &flags, sizeof(flags)) < 0) {
		onlooker->unread = true;
		return;
	}
	for (int i = 0; i < 2 && call->path[i] >= 0; i++) {
		struct sight *sight = &onlooker->sights[i];
		int directory =
			call->directory[i] < 0 ? AT_FDCWD : (int)data->args[call->directory[i]];
		int r;

		/* utimensat(2) of a descriptor, which was opened before. */
		if (!data->args[call->path[i]])
			continue;
		r = read_path(pid, directory, data->args[call->path[i]], empty, sight->path);
		if (r == -EPERM || r == -EACCES || r == -ESRCH)
			onlooker->unread = true;
		if (r < 0)
			continue;
		if (call->shape == CALL_OPEN || call->shape == CALL_HOW)
			see_opened(onlooker, sight, flags);
		else
			see(onlooker, sight, call->access[i], call->link);
		if (call->shape == CALL_EXECUTE && sight->access)
			see_interpreter(onlooker, sight->path, &onlooker->sights[1]);
	}
}

static void look(struct onlooker *onlooker, const struct recorded_call *call, pid_t pid,
		 const struct seccomp_data *data)
{
	if (call->shape == CALL_ADDRESS)
		look_at_address(onlooker, pid, (int)data->args[0], data->args[call->path[0]],
				data->args[call->path[0] + 1], call->bound);
	else if (call->shape == CALL_SOCKETS)
		look_at_sockets(onlooker, pid, data);
	else
		look_at_paths(onlooker, pid, call, data);
}

/* Put the name of the program that makes the call into .by. */
static void look_who(struct onlooker *onlooker, pid_t pid)
{
	const char *slash;

	if (tracee_link(pid, "exe", onlooker->by, sizeof(onlooker->by)) < 0) {
		strcpy(onlooker->by, "?");
	} else if (streq(onlooker->by, onlooker->self)) {
		snprintf(onlooker->by, sizeof(onlooker->by), "%s", onlooker->program);
	} else {
		slash = strrchr(onlooker->by, '/');
		if (slash)
			memmove(onlooker->by, slash + 1, strlen(slash));
	}
}

static bool is_new(const struct onlooker *onlooker, const struct sight *sight)
{
	return sight->access && !recording_find(onlooker->recording, sight->path);
}

void onlooker_look(struct onlooker *onlooker, const struct seccomp_notif *request)
{
	const struct seccomp_data *data = &request->data;
	const struct recorded_call *call = recorded_call_find(data->arch, data->nr);
	pid_t pid = (pid_t)request->pid;

	onlooker->sights[0].access = onlooker->sights[1].access = 0;
	onlooker->contact.length = 0;
	onlooker->questioned = !call;
	onlooker->unread = onlooker->elsewhere = false;
	if (!call)
		/* From now on a path may mean something else to who made the call. */
		onlooker->roots_differ |= recorded_call_nests(data);
	else if (onlooker->roots_differ && !tracee_sees_our_root(pid))
		onlooker->elsewhere = true;
	else
		look(onlooker, call, pid, data);
	/* Now, as an execve changes it. */
	if (onlooker->questioned || onlooker->contact.length ||
	    is_new(onlooker, &onlooker->sights[0]) || is_new(onlooker, &onlooker->sights[1]))
		look_who(onlooker, pid);
}

void onlooker_keep(struct onlooker *onlooker, const struct seccomp_notif *request)
{
	struct recording *recording = onlooker->recording;

	recording->calls++;
	recording->unread += onlooker->unread;
	recording->elsewhere += onlooker->elsewhere;
	if (onlooker->questioned)
		recording_question(recording, &request->data, onlooker->by);
	if (onlooker->contact.length) {
		onlooker->contact.by = onlooker->by;
		recording_contact(recording, &onlooker->contact);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct sight *sight = &onlooker->sights[i];

		if (sight->access)
			recording_touch(recording, sight->path, sight->access, sight->existed,
					sight->type, onlooker->by);
	}
}
