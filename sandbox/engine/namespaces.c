// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/namespaces.h"

#include "base/fd.h"
#include "engine/channel.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

const struct namespace_kind namespace_table[EXEC_NAMESPACES] = {
	[EXEC_USER] = {"self/ns/user", CLONE_NEWUSER},
	[EXEC_IPC] = {"self/ns/ipc", CLONE_NEWIPC},
	[EXEC_UTS] = {"self/ns/uts", CLONE_NEWUTS},
	[EXEC_NET] = {"self/ns/net", CLONE_NEWNET},
	[EXEC_CGROUP] = {"self/ns/cgroup", CLONE_NEWCGROUP},
	[EXEC_PID] = {"self/ns/pid", CLONE_NEWPID},
	[EXEC_MOUNT] = {"self/ns/mnt", CLONE_NEWNS},
	[EXEC_PROGRAM_USER] = {NULL, CLONE_NEWUSER},
};

void namespaces_send(int channel, pid_t program)
{
	for (int i = 0; i < EXEC_NAMESPACES; i++) {
		struct message message = {.kind = MESSAGE_NAMESPACE, .namespace = i};
		char path[48];
		int fd;

		if (namespace_table[i].name)
			snprintf(path, sizeof(path), "/proc/%s", namespace_table[i].name);
		else
			snprintf(path, sizeof(path), "/proc/%d/ns/user", program);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		channel_send(channel, &message, fd);
		fd_close(fd);
	}
}
