// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on identity: more rights by namespaces, ids, capabilities, setuid programs, keys and
 * System V's objects.
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int unshare_flags(void *flags)
{
	return refusal(unshare(*(int *)flags));
}

static int e26_setuid(void)
{
	char su[] = "su", root[] = "root", *const argv[] = {su, root, NULL};
	char path[64], line[256];
	uid_t own = geteuid(), effective = own;
	bool started = false;
	int in[2], gain = 0;
	pid_t pid;

	if (access("/usr/bin/su", X_OK) < 0)
		impossible("no su here");
	if (!own && !getenv("HUTCH"))
		remark("already root: only another id would be a gain");
	if (pipe(in) < 0 || (pid = fork()) < 0)
		impossible("%m");
	if (!pid) {
		/* It waits for a password that never comes */
		dup2(in[0], 0);
		close(1);
		close(2);
		setsid();
		execv("/usr/bin/su", argv);
		_exit(127);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	for (int i = 0; i < 200 && !gain; i++) {
		FILE *f = fopen(path, "re");

		while (f && fgets(line, sizeof(line), f)) {
			if (!strncmp(line, "Name:\tsu\n", 9))
				started = true;
			if (started && sscanf(line, "Uid: %*u %u", &effective) == 1 &&
			    effective != own)
				gain = 1;
		}
		if (f)
			fclose(f);
		if (started && i > 20)
			break;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	kill(pid, SIGKILL);
	if (!started)
		impossible("su never started");
	return gain ? 0 : EPERM;
}

static int e52_unshare_user(void)
{
	return unshare_flags(&(int){CLONE_NEWUSER});
}

static int e52_unshare_all(void)
{
	static const int flags[] = {CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET, CLONE_NEWIPC,
				    CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWTIME};
	struct tally t = {0};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		tally_add(&t, in_child(unshare_flags, (void *)&flags[i]), "unshare");
	return tally_result(&t, 0);
}

static int e52_clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return refusal(pid);
}

/* The flags are an unsigned long of which the kernel takes the lower 32 bits */
static int e52_clone_user_high(void)
{
	long pid =
		syscall(SYS_clone, (1UL << 32) | CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return refusal(pid);
}

static int e52_clone3_user(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	return refusal(pid);
}

static int e52_setns_init(void)
{
	static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
	struct tally t = {0};
	char path[64];
	struct stat own, st;
	int fd;

	for (size_t i = 0; i < 7; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		stat(path, &own);
		snprintf(path, sizeof(path), "/proc/1/ns/%s", names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && setns(fd, 0) < 0)
			fd = -1;
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == own.st_ino)
			continue;
		tally_add(&t, refusal(fd), path);
	}
	return tally_result(&t, ENOENT);
}

static int e52_setns_own(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return refusal(setns(fd, 0));
}

/* NS_GET_PARENT, NS_GET_USERNS: from one's own namespace to the one above */
static int e52_parent_namespace(void)
{
	struct tally t = {0};
	static const char *const names[] = {"/proc/self/ns/user", "/proc/self/ns/pid",
					    "/proc/self/ns/net", "/proc/self/ns/mnt"};
	int fd, up;

	for (size_t i = 0; i < 4; i++) {
		fd = open(names[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		for (unsigned long request = 0xb701; request <= 0xb702; request++) {
			up = (int)syscall(SYS_ioctl, fd, request, 0);
			if (up >= 0 && setns(up, 0) < 0)
				up = -1;
			tally_add(&t, refusal(up), names[i]);
		}
	}
	return tally_result(&t, ENOENT);
}

/* Whoever owns the mounts may change them: that must be the namespace above one's own */
static int e52_own_mounts(void)
{
	static const char *const names[] = {"mnt", "pid", "net", "ipc", "uts", "cgroup"};
	struct tally t = {0};
	struct stat own, owner;
	char path[64];
	int fd, up;

	if (stat("/proc/self/ns/user", &own) < 0)
		impossible("/proc/self/ns/user: %m");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		up = fd < 0 ? fd : (int)syscall(SYS_ioctl, fd, 0xb701 /* NS_GET_USERNS */, 0);
		if (up >= 0 && fstat(up, &owner) == 0 && owner.st_ino != own.st_ino)
			continue;
		tally_add(&t, refusal(up), path);
	}
	return tally_result(&t, EPERM);
}

static int e52_host_namespaces(void)
{
	static const char *const names[] = {"user", "mnt", "pid", "ipc", "uts", "cgroup"};
	struct tally t = {0};
	struct stat st;
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (stat(path, &st) < 0)
			continue;
		snprintf(path, sizeof(path), "%sns", names[i]);
		tally_add(&t, (long)st.st_ino == canary_number(path) ? 0 : ENOENT, names[i]);
	}
	return tally_result(&t, ENOENT);
}

static int e52_raise_limit(void)
{
	struct tally t = {0};
	static const char *const files[] = {"/proc/sys/user/max_user_namespaces",
					    "/proc/sys/user/max_mnt_namespaces",
					    "/proc/sys/kernel/unprivileged_userns_clone"};

	for (size_t i = 0; i < 3; i++)
		tally_add(&t, refusal(open(files[i], O_WRONLY | O_CLOEXEC)), files[i]);
	return tally_result(&t, 0);
}

static int write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? errno : refusal(write(fd, text, strlen(text)));
}

static int e53_uid_map(void)
{
	struct tally t = {0};

	tally_add(&t, write_map("/proc/self/uid_map", "0 0 4294967295\n"), "uid_map");
	tally_add(&t, write_map("/proc/self/gid_map", "0 0 4294967295\n"), "gid_map");
	tally_add(&t, write_map("/proc/self/setgroups", "allow"), "setgroups");
	return tally_result(&t, 0);
}

/* More than its own id, in a namespace of its own */
static int e53_uid_map_nested(void)
{
	struct tally t = {0};

	if (unshare(CLONE_NEWUSER) < 0)
		return errno;
	tally_add(&t, write_map("/proc/self/uid_map", "0 0 4294967295\n"), "all");
	tally_add(&t, write_map("/proc/self/uid_map", "0 0 2\n"), "two");
	tally_add(&t, write_map("/proc/self/gid_map", "0 0 2\n"), "two groups");
	return tally_result(&t, 0);
}

/* Whether more than one id is mapped here. */
static bool has_range(void)
{
	unsigned inside, outside, count = 0;
	char line[128];
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool range = false;

	while (f && fgets(line, sizeof(line), f))
		range |= sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 && count > 1;
	if (f)
		fclose(f);
	return range && getuid() == 0;
}

static int e54_capabilities(void)
{
	/* Those over files and users of a range of ids reach nothing else. */
	const unsigned long long over_ids =
		has_range() ? 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER |
				      1ULL << CAP_FSETID | 1ULL << CAP_KILL | 1ULL << CAP_SETGID |
				      1ULL << CAP_SETUID
			    : 0;
	char line[256], name[16];
	unsigned long long set, all = 0;
	struct tally t = {0};
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Cap%15[A-Za-z]: %llx", name, &set) == 2) {
			tally_add(&t, set & ~over_ids ? 0 : EPERM, line);
			all |= set;
		}
	fclose(f);
	return tally_result(&t, 0) == EPERM && all ? ENODATA : tally_result(&t, 0);
}

static int e54_capset(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN, 0}, {0}};

	return refusal(syscall(SYS_capset, &h, d));
}

static int e54_ambient(void)
{
	return refusal(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0));
}

static int e54_securebits(void)
{
	return refusal(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0));
}

static int e54_no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

static int e55_group(void)
{
	return read_something(canary("group"));
}

static int e56_setuid(void)
{
	struct tally t = {0};
	uid_t own = getuid();

	for (uid_t uid = 0; uid < 3; uid++) {
		if (uid == own)
			continue;
		tally_add(&t,
			  setresgid(uid, uid, uid) < 0 ? errno
			  : getgid() == uid            ? 0
						       : ENODATA,
			  "setresgid");
		tally_add(&t,
			  setresuid(uid, uid, uid) < 0 ? errno
			  : getuid() == uid            ? 0
						       : ENODATA,
			  "setresuid");
	}
	return tally_result(&t, 0);
}

static int e57_keyring(void)
{
	const char *description = canary("key");
	static const int rings[] = {KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING,
				    KEY_SPEC_USER_SESSION_KEYRING};
	struct tally t = {0};

	tally_add(&t, refusal(syscall(SYS_request_key, "user", description, NULL, 0)),
		  "request_key");
	for (size_t i = 0; i < 3; i++)
		tally_add(&t,
			  refusal(syscall(SYS_keyctl, KEYCTL_SEARCH, rings[i], "user", description,
					  0)),
			  "search");
	tally_add(&t, refusal(syscall(SYS_keyctl, KEYCTL_READ, canary_number("keyid"), NULL, 0)),
		  "read");
	return tally_result(&t, 0);
}

static int e58_shm(void)
{
	struct tally t = {0};
	int id = (int)canary_number("shm");
	void *p = shmat(id, NULL, 0);

	tally_add(&t, p == (void *)-1 ? errno : 0, "shmat");
	tally_add(&t, refusal(shmctl(id, IPC_STAT, &(struct shmid_ds){0})), "IPC_STAT");
	tally_add(&t, refusal(shmget((key_t)canary_number("shmkey"), 1, 0)), "shmget");
	return tally_result(&t, 0);
}

static int e58_mq(void)
{
	return refusal(mq_open(canary("mq"), O_RDONLY));
}

static int e59_hostname(void)
{
	struct tally t = {0};

	tally_add(&t, refusal(sethostname("attacked", 8)), "sethostname");
	tally_add(&t, refusal(setdomainname("attacked", 8)), "setdomainname");
	return tally_result(&t, 0);
}

static int e59_clock(void)
{
	struct timespec now;
	struct tally t = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	tally_add(&t, refusal(clock_settime(CLOCK_REALTIME, &now)), "clock_settime");
	return tally_result(&t, 0);
}

const struct attempt attempts_credentials[] = {
	{"e26-setuid", e26_setuid, "", "become root by a setuid program", HARMLESS | ONLY_INSIDE},
	{"e52-unshare-user", e52_unshare_user, "", "make a user namespace", HARMLESS | BY_NESTED},
	{"e52-unshare-all", e52_unshare_all, "", "make any other namespace", HARMLESS},
	{"e52-clone-user", e52_clone_user, "", "make a user namespace by clone",
	 HARMLESS | BY_NESTED},
	{"e52-clone-user-high", e52_clone_user_high, "",
	 "the same with a bit above the filter's sight", HARMLESS | BY_NESTED},
	{"e52-clone3-user", e52_clone3_user, "", "make a user namespace by clone3",
	 HARMLESS | BY_NESTED},
	{"e52-setns-init", e52_setns_init, "", "enter pid 1's namespaces", HARMLESS},
	{"e52-setns-own", e52_setns_own, "", "enter one's own namespace again", HARMLESS},
	{"e52-parent-namespace", e52_parent_namespace, "", "enter the namespaces above one's own",
	 HARMLESS},
	{"e52-own-mounts", e52_own_mounts, "", "find that one's own namespace owns the others",
	 HARMLESS},
	{"e52-host-namespaces", e52_host_namespaces, "", "find oneself in a namespace of the host",
	 HARMLESS},
	{"e52-raise-limit", e52_raise_limit, "", "raise the limits of namespaces", HARMLESS},
	{"e53-uid-map", e53_uid_map, "", "map more ids", HARMLESS},
	{"e53-uid-map-nested", e53_uid_map_nested, "", "map more ids in a namespace of one's own",
	 HARMLESS},
	{"e54-capabilities", e54_capabilities, "", "find a capability in any set", HARMLESS},
	{"e54-capset", e54_capset, "", "take a capability", HARMLESS},
	{"e54-ambient", e54_ambient, "", "raise an ambient capability", HARMLESS},
	{"e54-securebits", e54_securebits, "", "change the secure bits", HARMLESS},
	{"e54-no-new-privs", e54_no_new_privs, "", "find that programs may gain rights", HARMLESS},
	{"e55-group", e55_group, "", "read by a group of the user", HARMLESS},
	{"e56-setuid", e56_setuid, "", "become another id", HARMLESS | BY_RANGE},
	{"e57-keyring", e57_keyring, "", "find a key of the user", HARMLESS},
	{"e58-shm", e58_shm, "", "attach the host's shared memory", HARMLESS},
	{"e58-mq", e58_mq, "", "open the host's message queue", HARMLESS},
	{"e59-hostname", e59_hostname, "", "change the host's name", HARMLESS},
	{"e59-clock", e59_clock, "", "set the clock", HARMLESS},
	{0},
};
