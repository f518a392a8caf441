// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linked into the launcher of the tests with --wrap: the n-th allocation of a process fails, libraries' and the C library's
 * included. ALLOCATION=N and, for all programs of that name, nothing else; without it, REACHED names a file that gets how
 * many there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static long count, wanted = -1;
static int told = -1;
static pid_t first;

/* Before main, without allocating. */
__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("ALLOCATION"), *file = getenv("REACHED");

	first = getpid();
	wanted = number ? atol(number) : 0;
	if (file)
		told = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (told >= 0 && told < 512) {
		int high = fcntl(told, F_DUPFD_CLOEXEC, 512);

		close(told);
		told = high;
	}
	unsetenv("ALLOCATION");
	unsetenv("REACHED");
	count = 0;
}

static int fails(void)
{
	if (wanted < 0)
		return 0;
	count++;
	if (told >= 0 && getpid() == first && (wanted == 0 || count == wanted)) {
		char line[32];
		int length = snprintf(line, sizeof(line), "%010ld\n", count);

		if (pwrite(told, line, (size_t)length, 0) < 0)
			return 0;
	}
	return count == wanted;
}

void *__wrap_malloc(size_t size)
{
	if (!fails())
		return __real_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *__wrap_calloc(size_t number, size_t size)
{
	if (!fails())
		return __real_calloc(number, size);
	errno = ENOMEM;
	return NULL;
}

void *__wrap_realloc(void *pointer, size_t size)
{
	if (!fails())
		return __real_realloc(pointer, size);
	errno = ENOMEM;
	return NULL;
}
