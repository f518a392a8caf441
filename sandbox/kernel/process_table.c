// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/process_table.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "PID (name) state parent …"; the name may have anything in it, also ")". */
static bool parse(const char *text, struct process_entry *entry)
{
	unsigned long long user, system, resident;
	long long children_user, children_system;
	const char *rest = strrchr(text, ')');
	uint64_t tick = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	int parent;

	if (!rest || sscanf(text, "%d", &entry->pid) != 1 ||
	    sscanf(rest,
		   ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d %*d "
		   "%*d %*u %*u %llu",
		   &entry->state, &parent, &user, &system, &children_user, &children_system,
		   &resident) != 7)
		return false;
	entry->parent = parent;
	entry->cpu = (user + system) * tick;
	entry->children_cpu = (uint64_t)(children_user + children_system) * tick;
	entry->memory = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct process_entry *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int process_table_read(struct process_table *ret)
{
	DIR *directory = opendir("/proc");
	struct dirent *name;

	if (!directory)
		return -errno;
	while ((name = readdir(directory))) {
		char path[300], text[1024];
		struct process_entry entry;
		_cleanup_fd_ int fd = -1;
		ssize_t length;

		if (name->d_name[0] < '1' || name->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "%s/stat", name->d_name);
		fd = openat(dirfd(directory), path, O_RDONLY | O_CLOEXEC);
		length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (length <= 0)
			continue; /* it has ended */
		text[length] = '\0';
		if (parse(text, &entry))
			*vector_add(&ret->list) = entry;
	}
	closedir(directory);
	if (ret->list.count)
		qsort(ret->list.items, ret->list.count, sizeof(*ret->list.items), compare);
	return 0;
}

const struct process_entry *process_table_find(const struct process_table *table, pid_t pid)
{
	const struct process_entry key = {.pid = pid};

	return table->list.count
		       ? bsearch(&key, table->list.items, table->list.count, sizeof(key), compare)
		       : NULL;
}

int process_table_depth(const struct process_table *table, pid_t pid, pid_t ancestor)
{
	/* The look is not of one moment: numbers given again could make a circle. */
	for (int depth = 0; depth < 4096; depth++) {
		const struct process_entry *entry;

		if (pid == ancestor)
			return depth;
		entry = process_table_find(table, pid);
		if (!entry || entry->parent <= 0)
			return -1;
		pid = entry->parent;
	}
	return -1;
}

void process_table_free(struct process_table *table)
{
	vector_free(&table->list);
}
