// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * racer A B           exchanges the names A and B again and again, until it is terminated or its
 *                     parent ends, and says how often; for races with whoever looks at a path twice.
 * racer --in TOP A B  the same with A in every directory of TOP, also in one that comes only now,
 *                     and B beside TOP; says how often both were there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void on_term(int number)
{
	ended = 1;
}

static int exchange(int a, const char *a_name, int b, const char *b_name)
{
	return (int)syscall(SYS_renameat2, a, a_name, b, b_name, 2 /* RENAME_EXCHANGE */);
}

/* In one directory: there, and back. */
static unsigned exchange_in(int top, const char *directory, const char *name, const char *link)
{
	int fd = openat(top, directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	unsigned count = 0;

	if (fd < 0)
		return 0;
	for (int i = 0; i < 200 && exchange(fd, name, AT_FDCWD, link) == 0; i++)
		count++;
	if (count % 2)
		count += exchange(fd, name, AT_FDCWD, link) == 0;
	close(fd);
	return count;
}

static bool race(const char *a, const char *b, unsigned long *count)
{
	while (!ended) {
		if (exchange(AT_FDCWD, a, AT_FDCWD, b) < 0)
			return false;
		++*count;
	}
	return true;
}

static void race_in(const char *top, const char *name, const char *link, unsigned long *count)
{
	while (!ended) {
		int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *list = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *entry;

		while (list && !ended && (entry = readdir(list)))
			if (entry->d_name[0] != '.')
				*count += exchange_in(dirfd(list), entry->d_name, name, link);
		if (list)
			closedir(list);
	}
}

int main(int argc, char **argv)
{
	unsigned long count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, on_term);
	if (argc == 5 && !strcmp(argv[1], "--in")) {
		race_in(argv[2], argv[3], argv[4], &count);
	} else if (argc != 3) {
		fprintf(stderr, "usage: racer A B | --in TOP A B\n");
		return 1;
	} else if (!race(argv[1], argv[2], &count)) {
		perror("racer");
		return 1;
	}
	printf("%lu\n", count);
	return 0;
}
