// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller's session: terminal, runtime directory, and two settings that matter to a shared
 * terminal and to processes of one user.
 */
#include "kernel/features.h"

#include "base/fd.h"
#include "kernel/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int try_ptmx(void *data, const char **step)
{
	int master, slave;
	int ret = pty_open(AT_FDCWD, "/dev/ptmx", &master, &slave, NULL);

	*step = "opening a terminal";
	return ret;
}

/* XDG Base Directory Specification: a directory of the user's, 0700, and of nobody else's. */
static const char *fault_of(const char *path, unsigned uid)
{
	struct stat st;

	if (path[0] != '/')
		return "is not an absolute path";
	if (stat(path, &st) < 0)
		return errno == ENOENT ? "does not exist" : "is out of reach";
	if (!S_ISDIR(st.st_mode))
		return "is no directory";
	if (st.st_uid != uid)
		return "belongs to another user";
	if (st.st_mode & 0022)
		return "can be written by others";
	if (access(path, W_OK) < 0)
		return "can't be written";
	return "";
}

void features_probe_session(struct features *f)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	probe_try(&f->ptmx, try_ptmx, NULL);
	for (int fd = 0; fd < 3; fd++)
		if (isatty(fd))
			f->terminals |= 1 << fd;
	f->legacy_tiocsti = (int)features_read_number("/proc/sys/dev/tty/legacy_tiocsti", -1);
	f->ptrace_scope = (int)features_read_number("/proc/sys/kernel/yama/ptrace_scope", -1);
	if (runtime && runtime[0]) {
		snprintf(f->runtime_dir, sizeof(f->runtime_dir), "%s", runtime);
		snprintf(f->runtime_fault, sizeof(f->runtime_fault), "%s",
			 fault_of(runtime, f->uid));
	}
}
