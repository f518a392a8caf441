// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads and children, as a C library makes them: prints "ok". */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void *count(void *argument)
{
	__atomic_add_fetch((int *)argument, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	char *arguments[] = {"true", NULL};
	pthread_t threads[8];
	int counter = 0, status;
	pid_t child;

	for (int i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, count, &counter) != 0)
			return 1;
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	if (counter != 8)
		return 2;
	child = fork();
	if (child == 0)
		_exit(7);
	if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
		return 3;
	if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ) != 0)
		return 4;
	if (waitpid(child, &status, 0) != child || status != 0)
		return 5;
	if (system("true") != 0)
		return 6;
	puts("ok");
	return 0;
}
