// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on the kernel through what it shows as files: its settings, its memory, devices, inodes
 * by number, rings.
 */
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct tally walk_tally;

static int open_for_writing(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int fd;

	if (!S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	tally_add(&walk_tally, refusal(fd), path);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int e17_proc_write(void)
{
	static const char *const places[] = {
		"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",
		"/proc/fs",  "/proc/acpi",          "/proc/scsi", "/proc/mtrr"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		nftw(places[i], open_for_writing, 32, FTW_PHYS);
	return tally_result(&walk_tally, ENOENT);
}

static int e17_sys_write(void)
{
	nftw("/sys", open_for_writing, 32, FTW_PHYS);
	return tally_result(&walk_tally, ENOENT);
}

/* What the kernel tells of itself and of everybody's work */
static int e18_kernel_read(void)
{
	static const char *const files[] = {"/proc/kcore",
					    "/proc/kmsg",
					    "/proc/keys",
					    "/proc/timer_list",
					    "/proc/sched_debug",
					    "/proc/latency_stats",
					    "/proc/sysrq-trigger",
					    "/dev/kmsg",
					    "/dev/mem",
					    "/dev/port",
					    "/sys/kernel/vmcoreinfo"};
	static const char *const dirs[] = {
		"/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security", "/sys/firmware",
		"/proc/acpi",        "/proc/scsi",          "/sys/fs/bpf"};
	struct tally t = {0};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		tally_add(&t, read_something(files[i]), files[i]);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		DIR *dir = opendir(dirs[i]);
		struct dirent *d;
		int entries = 0;

		if (!dir) {
			tally_add(&t, errno, dirs[i]);
			continue;
		}
		while ((d = readdir(dir)))
			entries += d->d_name[0] != '.';
		closedir(dir);
		tally_add(&t, entries ? 0 : NO_EFFECT, dirs[i]);
	}
	return tally_result(&t, 0);
}

/* Root of a single id is told that it worked; what counts is whether there is a device. */
static int make_device(const char *path, mode_t type, dev_t device)
{
	if (mknod(path, type | 0600, device) < 0)
		return errno;
	return access(path, F_OK) == 0 ? 0 : ENODATA;
}

static int e19_mknod(void)
{
	struct tally t = {0};

	tally_add(&t, make_device("/tmp/mem", S_IFCHR, makedev(1, 1)), "mem");
	tally_add(&t, make_device("/tmp/disk", S_IFBLK, makedev(8, 0)), "disk");
	tally_add(&t, make_device("/tmp/vda", S_IFBLK, makedev(254, 0)), "disk");
	/* Character device 0:0 is a whiteout, which no right is needed for */
	return tally_result(&t, 0);
}

static bool harmless_device(const char *path)
{
	static const char *const names[] = {
		"/dev/null", "/dev/zero",  "/dev/full",   "/dev/random", "/dev/urandom", "/dev/tty",
		"/dev/ptmx", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/console"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(path, names[i]))
			return true;
	return !strncmp(path, "/dev/pts/", 9);
}

static int open_device(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int fd;

	if ((!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode)) || harmless_device(path))
		return 0;
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	tally_add(&walk_tally, refusal(fd), path);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* The nodes are the host's: their permissions and times are, too */
static int change_device(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if ((!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode)) || !strncmp(path, "/dev/pts/", 9))
		return 0;
	tally_add(&walk_tally, refusal(chmod(path, st->st_mode & 07777)), path);
	tally_add(&walk_tally, refusal(utimensat(AT_FDCWD, path, NULL, 0)), path);
	return 0;
}

static int e19_device_change(void)
{
	nftw("/dev", change_device, 32, FTW_PHYS);
	return tally_result(&walk_tally, ENOENT);
}

static int e19_devices(void)
{
	nftw("/dev", open_device, 32, FTW_PHYS);
	return tally_result(&walk_tally, ENOENT);
}

/* A file handle names an inode of the disk without any path: the root of ext4 is inode 2 */
static int e20_handle(void)
{
	union {
		struct file_handle fh;
		char room[sizeof(struct file_handle) + 128];
	} h = {.fh = {.handle_bytes = 128}};
	int mount_id, fd, err;

	fd = open("/usr", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		impossible("/usr: %m");
	if (name_to_handle_at(AT_FDCWD, "/usr", &h.fh, &mount_id, 0) < 0) {
		err = errno;
		remark("name_to_handle_at: %s, forging one", strerrorname_np(err));
		h.fh = (struct file_handle){.handle_bytes = 8, .handle_type = 1};
	}
	memcpy(h.fh.f_handle, &(uint32_t){2}, 4);
	memset(h.fh.f_handle + 4, 0, 4);
	return refusal(open_by_handle_at(fd, &h.fh, O_RDONLY));
}

/* The ring opens files in the kernel's name, past every seccomp filter */
static int e21_io_uring(void)
{
	struct io_uring_params p = {0};
	struct io_uring_sqe *sqes;
	char *sq, *cq;
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p), res;

	if (fd < 0)
		return errno;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_CQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED)
		return errno;
	sqes[0] = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
					.fd = AT_FDCWD,
					.addr = (uintptr_t)canary("secret"),
					.open_flags = O_RDONLY};
	*(uint32_t *)(void *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(void *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return errno;
	res = ((struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes))->res;
	return res < 0 ? -res : 0;
}

const struct attempt attempts_kernel[] = {
	{"e17-proc-write", e17_proc_write, "", "open the kernel's settings in /proc for writing",
	 HARMLESS},
	{"e17-sys-write", e17_sys_write, "", "open the kernel's settings in /sys for writing",
	 HARMLESS},
	{"e18-kernel-read", e18_kernel_read, "", "read what the kernel tells of itself", HARMLESS},
	{"e19-mknod", e19_mknod, "", "make device files", HARMLESS},
	{"e19-devices", e19_devices, "", "open devices that were never promised",
	 HARMLESS | BY_DEVICE},
	{"e19-device-change", e19_device_change, "", "change permissions and times of devices",
	 HARMLESS},
	{"e20-handle", e20_handle, "", "open an inode by a forged handle", HARMLESS},
	{"e21-io-uring", e21_io_uring, "", "have io_uring open a file", HARMLESS | BY_SECRET},
	{0},
};
