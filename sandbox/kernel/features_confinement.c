// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock, seccomp and keyrings: each is put on in a child, which then tries what it forbids. That
 * a system call exists says nothing about whether it is enforced.
 */
#include "kernel/features.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Landlock ABI 6 (Linux 6.12); headers may be older. */
struct ruleset {
	uint64_t files, network, scoped;
};
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL          (1ULL << 1)
#define ABI_SCOPES            6

static int failed(const char *name, const char **step)
{
	*step = name;
	return -errno;
}

static int enforce(const struct ruleset *rules, size_t size, const char **step)
{
	int fd = (int)syscall(SYS_landlock_create_ruleset, rules, size, 0);

	if (fd < 0)
		return failed("landlock_create_ruleset", step);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("no_new_privs", step);
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return failed("landlock_restrict_self", step);
	return 0;
}

static int try_landlock_files(void *data, const char **step)
{
	struct ruleset rules = {.files = LANDLOCK_ACCESS_FS_READ_DIR};
	int ret = enforce(&rules, sizeof(rules.files), step);

	if (ret < 0)
		return ret;
	*step = "a directory could still be read";
	if (open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0)
		return -EBADE;
	return errno == EACCES ? 0 : -errno;
}

static int try_landlock_scopes(void *data, const char **step)
{
	struct ruleset rules = {.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(sa_family_t);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret;

	/* A name of the kernel's choice, in the abstract space. */
	if (listener < 0 || client < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(listener, 1) < 0)
		return failed("an abstract socket", step);
	length = sizeof(address);
	if (getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return failed("an abstract socket", step);
	ret = enforce(&rules, sizeof(rules), step);
	if (ret < 0)
		return ret;
	*step = "an abstract socket of another could still be reached";
	if (connect(client, (struct sockaddr *)&address, length) == 0)
		return -EBADE;
	if (errno != EPERM)
		return -errno;
	*step = "another process could still be signalled";
	if (kill(getppid(), 0) == 0)
		return -EBADE;
	return errno == EPERM ? 0 : -errno;
}

/* getppid(2) answers ENOTTY: nothing else does that. */
static struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const struct sock_fprog filter = {
	.len = sizeof(program) / sizeof(program[0]),
	.filter = program,
};

static int try_seccomp(void *data, const char **step)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("no_new_privs", step);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		return failed("seccomp", step);
	*step = "a forbidden system call went through";
	return syscall(SYS_getppid) == -1 && errno == ENOTTY ? 0 : -EBADE;
}

static int try_seccomp_notify(void *data, const char **step)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("no_new_privs", step);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &filter) < 0)
		return failed("a listener", step);
	return 0;
}

static int try_keyring(void *data, const char **step)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return failed("keyctl", step);
	return 0;
}

void features_probe_confinement(struct features *f)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	f->landlock_abi = abi > 0 ? (int)abi : 0;
	if (f->landlock_abi) {
		probe_try(&f->landlock_files, try_landlock_files, NULL);
	} else {
		f->landlock_files = (struct probe){.tried = true, .code = errno};
		snprintf(f->landlock_files.step, sizeof(f->landlock_files.step),
			 "landlock_create_ruleset");
	}
	if (f->landlock_abi >= ABI_SCOPES)
		probe_try(&f->landlock_scopes, try_landlock_scopes, NULL);
	else
		probe_skip(&f->landlock_scopes, "this Landlock has no scopes");
	probe_try(&f->seccomp, try_seccomp, NULL);
	probe_try(&f->seccomp_notify, try_seccomp_notify, NULL);
	probe_try(&f->keyring, try_keyring, NULL);
}
