// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on mounts: taking away what covers or protects something, also with all rights in a user
 * namespace that the program makes for itself.
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MS_RDONLY  1
#define MS_REMOUNT 32
#define MS_BIND    4096
#define MS_REC     16384
#define MNT_DETACH 2
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define NR_statmount 457
#define NR_listmount 458

/* Calls FN for the target of every mount but / */
static int each_mount(int (*fn)(const char *target), const char *what)
{
	struct tally t = {0};
	char line[8192], target[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %*s %*s %4095s", target) != 1 || !strcmp(target, "/"))
			continue;
		tally_add(&t, fn(target), target);
	}
	fclose(f);
	return tally_result(&t, ENOENT);
}

static int detach(const char *target)
{
	return refusal(syscall(SYS_umount2, target, MNT_DETACH));
}

static int remount(const char *target)
{
	return refusal(syscall(SYS_mount, NULL, target, NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int clear_flags(const char *target)
{
	struct mount_attr a = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};

	return refusal(syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &a, sizeof(a)));
}

static int e03_umount(void)
{
	return each_mount(detach, "umount");
}

static int e03_umount_nested(void)
{
	int err = enter_nested();

	return err ? err : each_mount(detach, "umount");
}

static int e04_remount(void)
{
	return each_mount(remount, "remount");
}

static int e04_remount_nested(void)
{
	int err = enter_nested();

	if (err)
		return err;
	/* What was writable may be remounted as it is; only an answer of success on a read-only one
	 * counts */
	struct tally t = {0};
	char line[8192], target[4096], options[512];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %4095s %511s", target, options) == 2 &&
		    !strncmp(options, "ro", 2))
			tally_add(&t, remount(target), target);
	fclose(f);
	return tally_result(&t, ENOENT);
}

static int e04_setattr(void)
{
	return each_mount(clear_flags, "mount_setattr");
}

static int e04_setattr_nested(void)
{
	int err = enter_nested();

	return err ? err : each_mount(clear_flags, "mount_setattr");
}

/* A copy of the tree without its submounts would show what they cover */
static int look_under(void)
{
	struct tally t = {0};
	int fd;

	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | O_CLOEXEC);
	tally_add(&t, refusal(fd), "open_tree");
	mkdir("/tmp/hutch-attack-under", 0700);
	tally_add(&t,
		  refusal(syscall(SYS_mount, "/", "/tmp/hutch-attack-under", NULL, MS_BIND, NULL)),
		  "mount");
	tally_add(&t,
		  refusal(syscall(SYS_mount, "/proc", "/tmp/hutch-attack-under", NULL, MS_BIND,
				  NULL)),
		  "mount of /proc");
	while (syscall(SYS_umount2, "/tmp/hutch-attack-under", MNT_DETACH) == 0)
		;
	rmdir("/tmp/hutch-attack-under");
	return tally_result(&t, 0);
}

static int e05_look_under(void)
{
	return look_under();
}

static int e05_look_under_nested(void)
{
	int err = enter_nested();

	return err ? err : look_under();
}

static int mount_fresh(void *arg)
{
	struct tally t = {0};

	mkdir("/tmp/hutch-attack-fresh", 0700);
	tally_add(&t,
		  refusal(syscall(SYS_mount, "proc", "/tmp/hutch-attack-fresh", "proc", 0, NULL)),
		  "proc");
	tally_add(&t,
		  refusal(syscall(SYS_mount, "sysfs", "/tmp/hutch-attack-fresh", "sysfs", 0, NULL)),
		  "sysfs");
	while (syscall(SYS_umount2, "/tmp/hutch-attack-fresh", MNT_DETACH) == 0)
		;
	rmdir("/tmp/hutch-attack-fresh");
	return tally_result(&t, 0);
}

/* A fresh proc or sysfs would come without the masks */
static int e05_fresh_proc_nested(void)
{
	int err = enter_nested();

	if (err)
		return err;
	if (unshare(CLONE_NEWPID | CLONE_NEWNET) < 0)
		return errno;
	return in_child(mount_fresh, NULL);
}

static int e05_pivot_root(void)
{
	int err;

	mkdir("/tmp/hutch-attack-pivot", 0700);
	err = refusal(
		syscall(SYS_pivot_root, "/tmp/hutch-attack-pivot", "/tmp/hutch-attack-pivot"));
	rmdir("/tmp/hutch-attack-pivot");
	return err;
}

static int e05_new_mounts(void)
{
	struct tally t = {0};

	tally_add(&t, refusal(syscall(SYS_fsopen, "tmpfs", 0)), "fsopen");
	tally_add(&t, refusal(syscall(SYS_fspick, AT_FDCWD, "/", 0)), "fspick");
	tally_add(&t, refusal(syscall(SYS_move_mount, AT_FDCWD, "/usr", AT_FDCWD, "/tmp", 0)),
		  "move_mount");
	return tally_result(&t, 0);
}

/* The mounts of the host's namespace, asked for by its number */
static int e24_listmount(void)
{
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, param, mnt_ns_id;
	} req = {.size = sizeof(req),
		 .mnt_id = UINT64_MAX,
		 .mnt_ns_id = (uint64_t)canary_number("mntid")};
	uint64_t ids[64];

	return refusal(syscall(NR_listmount, &req, ids, 64, 0));
}

/* One mount of the host, by the number that this kernel gave it first */
static int e24_statmount(void)
{
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, param, mnt_ns_id;
	} req = {.size = sizeof(req),
		 .mnt_id = (uint64_t)canary_number("rootmnt"),
		 .param = 2 /* STATMOUNT_MNT_BASIC */,
		 .mnt_ns_id = (uint64_t)canary_number("mntid")};
	char buf[4096];

	return refusal(syscall(NR_statmount, &req, buf, sizeof(buf), 0));
}

const struct attempt attempts_mounts[] = {
	{"e03-umount", e03_umount, "", "unmount everything", HARMLESS},
	{"e03-umount-nested", e03_umount_nested, "",
	 "the same with rights in a namespace of its own", HARMLESS},
	{"e04-remount", e04_remount, "", "remount everything writable", HARMLESS},
	{"e04-remount-nested", e04_remount_nested, "",
	 "the same with rights in a namespace of its own", HARMLESS},
	{"e04-setattr", e04_setattr, "", "make everything writable by mount_setattr", HARMLESS},
	{"e04-setattr-nested", e04_setattr_nested, "",
	 "the same with rights in a namespace of its own", HARMLESS},
	{"e05-look-under", e05_look_under, "", "look under the mounts through a copy of the tree",
	 HARMLESS},
	{"e05-look-under-nested", e05_look_under_nested, "",
	 "the same with rights in a namespace of its own", HARMLESS},
	{"e05-fresh-proc-nested", e05_fresh_proc_nested, "", "mount a proc or sysfs without masks",
	 HARMLESS},
	{"e05-pivot-root", e05_pivot_root, "", "change the root", HARMLESS},
	{"e05-new-mounts", e05_new_mounts, "", "use the new mount calls", HARMLESS},
	{"e24-listmount", e24_listmount, "", "list the mounts of the host", HARMLESS},
	{"e24-statmount", e24_statmount, "", "look at a mount of the host", HARMLESS},
	{0},
};
