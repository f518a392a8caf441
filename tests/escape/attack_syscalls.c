// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on the filters: calls that no sandboxed program has business with, and ways past a
 * filter (other architectures, calls changed after the filter saw them, layers of one's own).
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
	long nr;
	const char *name;
};

#define CALL(name)                \
	{                         \
		SYS_##name, #name \
	}

/* Never wanted, whatever the profile. Numbers without a name in the headers of today are written
 * out */
static const struct call denied[] = {
	CALL(perf_event_open),
	CALL(bpf),
	CALL(userfaultfd),
	CALL(kexec_load),
#ifdef SYS_kexec_file_load
	CALL(kexec_file_load),
#endif
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(quotactl),
	{443, "quotactl_fd"},
	CALL(swapon),
	CALL(swapoff),
	CALL(reboot),
	CALL(nfsservctl),
	CALL(acct),
	CALL(add_key),
	CALL(request_key),
	CALL(keyctl),
	CALL(settimeofday),
	CALL(clock_settime),
	CALL(clock_adjtime),
	CALL(syslog),
	CALL(vhangup),
	CALL(io_uring_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
	CALL(open_by_handle_at),
	CALL(fanotify_init),
	CALL(kcmp),
	CALL(lookup_dcookie),
#ifdef __x86_64__
	CALL(iopl),
	CALL(ioperm),
	CALL(create_module),
	CALL(get_kernel_syms),
	CALL(query_module),
	CALL(uselib),
	CALL(_sysctl),
	CALL(afs_syscall),
	CALL(tuxcall),
	CALL(security),
	CALL(getpmsg),
	CALL(putpmsg),
	CALL(vserver),
	CALL(epoll_ctl_old),
	CALL(epoll_wait_old),
#endif
};

/* What a program needs that makes sandboxes of its own; a profile may allow these */
static const struct call mounting[] = {
	CALL(mount), CALL(umount2), CALL(pivot_root),  CALL(chroot),
	CALL(setns), CALL(unshare), CALL(sethostname), CALL(setdomainname),
};

/* The new calls for mounts and processes: "not there" makes programs fall back on those a filter
 * can see into */
static const struct call absent[] = {
	{428, "open_tree"},     {429, "move_mount"}, {430, "fsopen"},
	{431, "fsconfig"},      {432, "fsmount"},    {433, "fspick"},
	{442, "mount_setattr"}, {435, "clone3"},     {467, "open_tree_attr"},
};

static int call_with_nonsense(void *nr)
{
	return refusal(syscall(*(long *)nr, -1L, -1L, -1L, -1L, -1L, -1L));
}

/* A call that the kernel gets to see answers with EFAULT, EBADF, EINVAL: then the filter has let it
 * through */
static int try_calls(const struct call *calls, size_t n, int other)
{
	struct tally t = {0};

	for (size_t i = 0; i < n; i++) {
		int err = in_child(call_with_nonsense, (void *)&calls[i].nr);

		if (err != ENOSYS && err != KILLED && err != other) {
			remark("%s got through to: %s", calls[i].name, strerrorname_np(err));
			err = 0;
		}
		tally_add(&t, err, calls[i].name);
	}
	return tally_result(&t, 0);
}

static int e60_denied(void)
{
	return try_calls(denied, sizeof(denied) / sizeof(*denied), EPERM);
}

static int e60_mounting(void)
{
	return try_calls(mounting, sizeof(mounting) / sizeof(*mounting), EPERM);
}

static int e60_new_calls(void)
{
	return try_calls(absent, sizeof(absent) / sizeof(*absent), ENOSYS);
}

/* Numbers that no kernel knows yet: a filter that names what is bad would let the next kernel's
 * calls through */
static int e60_unknown(void)
{
	struct tally t = {0};

	for (long nr = 475; nr < 512; nr++) {
		int err = in_child(call_with_nonsense, &nr);

		tally_add(&t, err == EPERM || err == ENOSYS || err == KILLED ? err : 0,
			  "a number unknown");
	}
	return tally_result(&t, 0);
}

struct walk {
	long nr;
	int refused, passed;
};

/* From a number on, until one ends the process */
static int walk_on(void *data)
{
	/* These end, stop or block the caller, or write everything to disk; they say nothing about
	 * a filter */
	static const long skip[] = {SYS_exit, SYS_exit_group, SYS_pause,      SYS_rt_sigreturn,
				    SYS_fork, SYS_vfork,      SYS_sync,       SYS_clone,
				    SYS_kill, SYS_tkill,      SYS_sched_yield};
	struct walk *walk = data;

	for (; walk->nr < 512; walk->nr++) {
		bool leave_out = false;
		int err;

		for (size_t i = 0; i < sizeof(skip) / sizeof(*skip); i++)
			leave_out |= skip[i] == walk->nr;
		if (leave_out)
			continue;
		alarm(5); /* one may wait */
		err = call_with_nonsense(&walk->nr);
		if (err == ENOSYS || err == EPERM)
			walk->refused++;
		else
			walk->passed++;
	}
	return 0;
}

/* Every number there is, with nonsense: what gets through is told, and none may bring the machine
 * down */
static int e60_all(void)
{
	struct walk *walk = mmap(NULL, sizeof(*walk), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (walk == MAP_FAILED)
		impossible("mmap: %m");
	while (walk->nr < 512) {
		int err = in_child(walk_on, walk);

		if (walk->nr == 512)
			break;
		walk->refused += err == KILLED;
		walk->passed += err != KILLED;
		walk->nr++;
	}
	/* The kernel of today alone gives some 170 of these no chance */
	remark("%d calls refused, %d reach the kernel", walk->refused, walk->passed);
	return NO_EFFECT;
}

static int e60_perf(void)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE,
				    .size = sizeof(a),
				    .config = PERF_COUNT_SW_TASK_CLOCK,
				    .exclude_kernel = 1};

	return refusal(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}

static int e60_userfaultfd(void)
{
	return refusal(syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */));
}

#ifdef __x86_64__
static int getpid_32(void *unused)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20L) : "memory");
	return ret < 0 ? (int)-ret : 0;
}

static int unshare_32(void *unused)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(310L), "b"((long)CLONE_NEWUSER) : "memory");
	return ret < 0 ? (int)-ret : 0;
}

static int e68_int80(void)
{
	struct tally t = {0};

	tally_add(&t, in_child(getpid_32, NULL), "getpid");
	tally_add(&t, in_child(unshare_32, NULL), "unshare");
	return tally_result(&t, 0);
}

static int call_x32(void *nr)
{
	return refusal(syscall(*(long *)nr | 0x40000000, CLONE_NEWUSER));
}

static int e68_x32(void)
{
	struct tally t = {0};

	tally_add(&t, in_child(call_x32, &(long){SYS_getpid}), "getpid");
	tally_add(&t, in_child(call_x32, &(long){SYS_unshare}), "unshare");
	return tally_result(&t, 0);
}
#else
static int e68_int80(void)
{
	impossible("this machine has no second system call table");
}

static int e68_x32(void)
{
	impossible("this machine has no second system call table");
}
#endif

/* A filter of one's own that allows everything: the strictest answer still counts */
static int e69_own_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		remark("no filter of one's own: %s", strerrorname_np(errno));
	return refusal(unshare(CLONE_NEWUSER));
}

static int e69_own_landlock(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE};
	struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (fd >= 0) {
		rule.parent_fd = open("/", O_PATH | O_CLOEXEC);
		syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
			remark("no rules of one's own: %s", strerrorname_np(errno));
	}
	return read_something(canary("secret"));
}

static void *thread(void *arg)
{
	return arg;
}

/* Not an attack: a C library that meets a refused clone3 must still have threads and children */
static int e71_threads(void)
{
	pthread_t id;
	pid_t pid;
	char name[] = "true", *argv[] = {name, NULL};
	int err = pthread_create(&id, NULL, thread, NULL);

	if (err)
		return err;
	pthread_join(id, NULL);
	err = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, argv + 1);
	if (err)
		return err;
	waitpid(pid, NULL, 0);
	return 0;
}

static int e71_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	return refusal(pid);
}

struct rewritten {
	struct clone_args args;
	atomic_bool enough;
};

static void *rewrite(void *arg)
{
	struct rewritten *r = arg;

	while (!atomic_load(&r->enough))
		__atomic_xor_fetch(&r->args.flags, CLONE_NEWUSER, __ATOMIC_RELAXED);
	return NULL;
}

/* What a call points to is looked at before the call and used by it; in between, another thread
 * writes there. A supervisor that decides by the first look is deceived */
static int e70_rewrite(void)
{
	static struct rewritten r;
	struct tally t = {0};
	struct stat own, child;
	char path[64];
	pthread_t id;
	long pid;

	r.args = (struct clone_args){.exit_signal = SIGCHLD};
	if (stat("/proc/self/ns/user", &own) < 0)
		impossible("/proc/self/ns/user: %m");
	if (pthread_create(&id, NULL, rewrite, &r))
		impossible("no threads");
	for (int i = 0; i < 400 && !t.worked; i++) {
		pid = syscall(SYS_clone3, &r.args, sizeof(r.args));
		if (!pid) {
			pause();
			_exit(0);
		}
		if (pid < 0) {
			tally_add(&t, errno, "clone3");
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%ld/ns/user", pid);
		if (stat(path, &child) == 0 && child.st_ino != own.st_ino)
			tally_add(&t, 0, "a namespace that the first look did not see");
		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, 0);
	}
	atomic_store(&r.enough, true);
	pthread_join(id, NULL);
	return tally_result(&t, NO_EFFECT);
}

/* The number of a call, changed by a tracer after its entry was seen */
static int e72_change_number(void)
{
#ifdef __x86_64__
	struct user_regs_struct r;
	int status, err;
	pid_t pid = fork();

	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(errno);
		raise(SIGSTOP);
		syscall(SYS_getppid, CLONE_NEWUSER);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0)
		impossible("waitpid: %m");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0 ||
		    !WIFSTOPPED(status))
			break;
		if (ptrace(PTRACE_GETREGS, pid, NULL, &r) < 0)
			break;
		if (r.orig_rax != SYS_getppid)
			continue;
		r.orig_rax = SYS_unshare;
		r.rdi = CLONE_NEWUSER;
		if (ptrace(PTRACE_SETREGS, pid, NULL, &r) < 0 ||
		    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0)
			break;
		if (!WIFSTOPPED(status))
			return KILLED;
		if (ptrace(PTRACE_GETREGS, pid, NULL, &r) < 0)
			break;
		err = (long)r.rax < 0 ? (int)-(long)r.rax : 0;
		kill(pid, SIGKILL);
		return err;
	}
	err = errno;
	kill(pid, SIGKILL);
	impossible("tracing: %s", strerrorname_np(err));
#else
	impossible("written for x86-64 only");
#endif
}

const struct attempt attempts_syscalls[] = {
	{"e60-denied", e60_denied, "", "reach calls that nobody needs", HARMLESS},
	{"e60-mounting", e60_mounting, "", "reach calls that only a sandbox needs",
	 HARMLESS | BY_NESTED},
	{"e60-new-calls", e60_new_calls, "", "reach the new calls for mounts and clone3",
	 HARMLESS | BY_NESTED},
	{"e60-unknown", e60_unknown, "", "reach calls that only newer kernels have"},
	{"e60-all", e60_all, "", "every number, with nonsense"},
	{"e60-perf", e60_perf, "", "measure by perf", HARMLESS},
	{"e60-userfaultfd", e60_userfaultfd, "", "stop the kernel in the middle of a copy",
	 HARMLESS},
	{"e68-int80", e68_int80, "", "call as a 32-bit program", HARMLESS},
	{"e68-x32", e68_x32, "", "call by x32's numbers", HARMLESS},
	{"e69-own-filter", e69_own_filter, "", "weaken the filter by another",
	 HARMLESS | BY_NESTED},
	{"e69-own-landlock", e69_own_landlock, "", "weaken Landlock by other rules",
	 HARMLESS | BY_SECRET},
	{"e70-rewrite", e70_rewrite, "", "change what a call points to once it was looked at",
	 HARMLESS | BY_NESTED},
	{"e71-threads", e71_threads, "", "have threads and children (must work)"},
	{"e71-clone3", e71_clone3, "", "call clone3", HARMLESS | BY_NESTED},
	{"e72-change-number", e72_change_number, "", "change a call after the filter saw it",
	 HARMLESS},
	{0},
};
