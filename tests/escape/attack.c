// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-attempts NAME [FILE]: makes one attempt to get out of the sandbox it runs in; --list names
 * them all, --check those that `hutch check` makes. It is also the one who looks after the host
 * meanwhile (canary.c), and who lends a terminal (terminal.c).
 *
 * Exit status: the errno of the refusal; 0: the attack worked; 255: the attempt could not be made.
 * Since a launcher that fails also ends with some small number, the verdict is printed as well, and
 * the runner wants both.
 */
#include "attack.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *named_file;

static const struct attempt *const topics[] = {
	attempts_files,       attempts_kernel,   attempts_mounts,
	attempts_process,     attempts_services, attempts_terminal,
	attempts_credentials, attempts_network,  attempts_syscalls,
};

void remark(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "attack: ");
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}

void impossible(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "attack: impossible: ");
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(IMPOSSIBLE);
}

static const char *canary_find(const char *key)
{
	const char *words = getenv("ATTACK");
	size_t len = strlen(key);

	while (words && *words) {
		if (!strncmp(words, key, len) && words[len] == '=') {
			char *value = strdup(words + len + 1);

			value[strcspn(value, " ")] = 0;
			return value;
		}
		words = strchr(words, ' ');
		if (words)
			words++;
	}
	return NULL;
}

bool canary_given(const char *key)
{
	return canary_find(key);
}

const char *canary(const char *key)
{
	const char *value = canary_find(key);

	if (!value)
		impossible("the host has no canary \"%s\"", key);
	return value;
}

long canary_number(const char *key)
{
	return strtol(canary(key), NULL, 0);
}

int refusal(long result)
{
	return result < 0 ? errno : 0;
}

void tally_add(struct tally *t, int err, const char *what)
{
	static int told;

	if (!err) {
		t->worked = true;
		remark("worked: %s", what);
		return;
	}
	if (t->refusal != err && told++ < 20)
		remark("%s: %s", what, strerrorname_np(err));
	t->refusal = err;
}

int tally_result(const struct tally *t, int nothing)
{
	if (t->worked)
		return 0;
	return t->refusal ? t->refusal : nothing;
}

int in_child(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		impossible("fork: %m");
	if (!pid) {
		alarm(5);
		_exit(fn(arg));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			impossible("waitpid: %m");
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

int enter_nested(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int err;

	if (unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		return errno;
	err = write_text("/proc/self/setgroups", "deny");
	if (err && err != ENOENT)
		remark("setgroups: %s", strerrorname_np(err));
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	err = write_text("/proc/self/uid_map", map);
	if (err)
		return err;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return write_text("/proc/self/gid_map", map);
}

int read_something(const char *path)
{
	char buf[64];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	n = read(fd, buf, sizeof(buf));
	err = n < 0 ? errno : n ? 0 : NO_EFFECT;
	close(fd);
	return err;
}

int file_holds(const char *file, const char *text)
{
	static char buf[1 << 20];
	size_t have = 0;
	ssize_t n;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (have < sizeof(buf) && (n = read(fd, buf + have, sizeof(buf) - have)) > 0)
		have += (size_t)n;
	close(fd);
	return memmem(buf, have, text, strlen(text)) != NULL;
}

/* What sandbox/commands/check.c reads: what an attempt needs, its flags by name, and what it does */
static int list_for_check(void)
{
	static const char *const names[] = {
		"harmless", "only-inside", "project", "network", "host-network", "nested",  "range",
		"secret",   "home",        "named",   "socket",  "device",       "terminal"};

	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		for (const struct attempt *a = topics[i]; a->name; a++) {
			if (!a->check)
				continue;
			printf("%s\t%s\t", a->name, *a->needs ? a->needs : "-");
			for (size_t bit = 0; bit < sizeof(names) / sizeof(*names); bit++)
				if (a->check & 1u << bit)
					printf("%s,", names[bit]);
			printf("\t%s\n", a->text);
		}
	return 0;
}

static int list(void)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		for (const struct attempt *a = topics[i]; a->name; a++)
			printf("%s\t%s\t%s\n", a->name, *a->needs ? a->needs : "-", a->text);
	return 0;
}

static const struct attempt *find(const char *name)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		for (const struct attempt *a = topics[i]; a->name; a++)
			if (!strcmp(a->name, name))
				return a;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct attempt *a;
	const char *verdict;
	int err;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if (argc == 2 && !strcmp(argv[1], "--check"))
		return list_for_check();
	if (argc > 1 && !strcmp(argv[1], "--canary"))
		return canary_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "--terminal"))
		return terminal_main(argc - 1, argv + 1);
	a = argc < 2 ? NULL : find(argv[1]);
	if (!a)
		impossible("usage: hutch-attempts --list | --check | NAME [FILE]");
	named_file = argv[2];

	alarm(10);
	err = a->run();
	if (err == IMPOSSIBLE)
		return err;
	verdict = err ? strerrorname_np(err) : "WORKED";
	if (!verdict)
		impossible("%s gave %d, which is no errno", a->name, err);
	dprintf(STDOUT_FILENO, "attack: %s %s %d\n", a->name, verdict, err);
	return err;
}
