// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on files: seeing what is not shared, writing what is shared read-only, and every way
 * around a path.
 */
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int e01_secret(void)
{
	return read_something(canary("secret"));
}

static int e01_home(void)
{
	return read_something(canary("home"));
}

/* Climbing above the root, and then down to the secret from wherever that led */
static int e01_dotdot(void)
{
	char path[4096] = "";

	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return errno;
	for (int i = 0; i < 64; i++)
		strcat(path, "../");
	strncat(path, canary("secret") + 1, sizeof(path) - strlen(path) - 1);
	return read_something(path);
}

/* The roots and working directories of all processes in sight are doors into what they see */
static int e01_proc_root(void)
{
	static const char *const doors[] = {"root", "cwd"};
	struct tally t = {0};
	char path[4096];
	struct dirent *d;
	DIR *dir = opendir("/proc");

	if (!dir)
		return errno;
	while ((d = readdir(dir))) {
		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		for (size_t i = 0; i < 2; i++) {
			snprintf(path, sizeof(path), "/proc/%.20s/%s/../../../../..%s", d->d_name,
				 doors[i], canary("secret"));
			tally_add(&t, read_something(path), path);
		}
	}
	closedir(dir);
	return tally_result(&t, ENOENT);
}

static int jail_break(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY), err;

	if (fd < 0)
		impossible("opening /: %m");
	mkdir("/tmp/hutch-attack-jail", 0700);
	err = chroot("/tmp/hutch-attack-jail") < 0 ? errno : 0;
	unlinkat(fd, "tmp/hutch-attack-jail", AT_REMOVEDIR);
	if (err || fchdir(fd) < 0)
		return err ? err : errno;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return errno;
	return read_something(canary("secret") + 1);
}

static int e02_chroot(void)
{
	return jail_break();
}

static int e02_chroot_nested(void)
{
	int err = enter_nested();

	return err ? err : jail_break();
}

/* Same inode in a writable place: then what is read-only here is writable there */
static int e07_link(void)
{
	static const char *const from[] = {"/etc/passwd", "/usr/bin/env"};
	static const char *const to[] = {"/tmp/e07", "/dev/shm/e07", "scratch/e07"};
	struct tally t = {0};

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 3; j++) {
			if (access(from[i], F_OK) < 0)
				continue;
			unlink(to[j]);
			if (!strncmp(to[j], "scratch", 7) && access("scratch", F_OK) < 0)
				continue;
			tally_add(&t, refusal(link(from[i], to[j])), to[j]);
			unlink(to[j]);
		}
	}
	return tally_result(&t, EXDEV);
}

/* Moving a shared file away from under its protection */
static int e07_rename(void)
{
	struct tally t = {0};

	if (!named_file)
		impossible("no file named");
	tally_add(&t, refusal(rename(named_file, "/tmp/e07")), "rename");
	tally_add(&t,
		  refusal(syscall(SYS_renameat2, AT_FDCWD, named_file, AT_FDCWD, "/tmp/e07", 2)),
		  "exchange");
	return tally_result(&t, 0);
}

/* A protected directory two levels below a writable one: rename its parent, make the path anew */
static int e08_rename_parent(void)
{
	char parent[4096], moved[4096 + 8];
	const char *island = canary("island");
	struct tally t = {0};
	int err;

	strncpy(parent, island, sizeof(parent) - 1);
	parent[sizeof(parent) - 1] = 0;
	while (strcmp(parent, canary("project"))) {
		snprintf(moved, sizeof(moved), "%s.moved", parent);
		err = refusal(rename(parent, moved));
		tally_add(&t, err, parent);
		if (!err)
			break;
		*strrchr(parent, '/') = 0;
	}
	return tally_result(&t, 0);
}

/* The same for the two names at once, and by removing */
static int e08_replace(void)
{
	const char *island = canary("island");
	char parent[4096];
	struct tally t = {0};

	snprintf(parent, sizeof(parent), "%s", island);
	*strrchr(parent, '/') = 0;
	mkdir("scratch/other", 0700);
	tally_add(&t,
		  refusal(syscall(SYS_renameat2, AT_FDCWD, parent, AT_FDCWD, "scratch/other", 2)),
		  "exchange of the parent");
	tally_add(&t,
		  refusal(syscall(SYS_renameat2, AT_FDCWD, island, AT_FDCWD, "scratch/other", 2)),
		  "exchange");
	tally_add(&t, refusal(rename("scratch/other", island)), "rename over it");
	tally_add(&t, refusal(rmdir(island)), "rmdir");
	rmdir("scratch/other");
	return tally_result(&t, 0);
}

static int e08_write_island(void)
{
	char path[4096];
	struct tally t = {0};
	int fd;

	snprintf(path, sizeof(path), "%s/hook", canary("island"));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	tally_add(&t, refusal(fd), "open");
	tally_add(&t, refusal(truncate(path, 0)), "truncate");
	tally_add(&t, refusal(unlink(path)), "unlink");
	tally_add(&t, refusal(chmod(path, 0755)), "chmod");
	snprintf(path, sizeof(path), "%s/new", canary("island"));
	tally_add(&t, refusal(mkdir(path, 0700)), "mkdir");
	return tally_result(&t, 0);
}

/* A file whose very existence would do harm (.envrc, a tool's configuration), not there at launch
 */
static int create_every_way(const char *path)
{
	struct tally t = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	tally_add(&t, fd < 0 ? errno : write(fd, "x", 1) == 1 ? 0 : errno, "open(O_CREAT)");
	tally_add(&t, refusal(mkdir(path, 0700)), "mkdir");
	tally_add(&t, refusal(symlink("/etc/passwd", path)), "symlink");
	tally_add(&t, refusal(mknod(path, S_IFIFO | 0600, 0)), "mkfifo");
	fd = open("scratch/e09", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		impossible("scratch/e09: %m");
	close(fd);
	tally_add(&t, refusal(link("scratch/e09", path)), "link");
	tally_add(&t, refusal(rename("scratch/e09", path)), "rename");
	unlink("scratch/e09");
	return tally_result(&t, 0);
}

static int e09_create_absent(void)
{
	return create_every_way(canary("absent"));
}

/* The same where the directory that would hold it is absent, too */
static int e09_create_absent_deep(void)
{
	const char *path = canary("absentdeep");
	char parent[4096];
	struct tally t = {0};
	int err;

	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = 0;
	err = mkdir(parent, 0700) < 0 && errno != EEXIST ? errno : 0;
	if (err)
		return err;
	tally_add(&t, create_every_way(path), "inside");
	mkdir("scratch/e09d", 0700);
	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = 0;
	tally_add(&t,
		  refusal(syscall(SYS_renameat2, AT_FDCWD, "scratch/e09d", AT_FDCWD, parent, 2)),
		  "exchange of the parent");
	rmdir("scratch/e09d");
	return tally_result(&t, 0);
}

/* Files left where the next program of the user would find them. Made in private places: the
 * canaries judge */
static int e09_plant(void)
{
	static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm", "/run", NULL};
	char path[4096];
	struct tally t = {0};
	const char *dir;
	int fd;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		dir = places[i] ? places[i] : getenv("HOME");
		if (!dir)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, canary("plant"));
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		tally_add(&t, fd < 0 ? errno : NO_EFFECT, path);
	}
	return tally_result(&t, 0);
}

/* The program and the files named on the command line are shared for reading only */
/* Root of a single id is told that it worked; what counts is whether anything changed. */
static int change_owner(const char *path)
{
	struct stat before, after;

	if (stat(path, &before) < 0 || chown(path, getuid(), getgid()) < 0 ||
	    stat(path, &after) < 0)
		return errno;
	return before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
			       before.st_ctim.tv_nsec == after.st_ctim.tv_nsec
		       ? ENODATA
		       : 0;
}

static int e16_named_file(void)
{
	const struct timespec times[2] = {{0}, {0}};
	struct tally t = {0};
	int fd;

	if (!named_file)
		impossible("no file named");
	if (read_something(named_file))
		impossible("%s is not even readable: %m", named_file);
	fd = open(named_file, O_WRONLY | O_CLOEXEC);
	tally_add(&t, refusal(fd), "open");
	tally_add(&t, refusal(truncate(named_file, 1)), "truncate");
	tally_add(&t, refusal(chmod(named_file, 0666)), "chmod");
	tally_add(&t, refusal(utimensat(AT_FDCWD, named_file, times, 0)), "utimensat");
	tally_add(&t, change_owner(named_file), "chown");
	return tally_result(&t, 0);
}

static int e16_own_program(void)
{
	struct tally t = {0};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		impossible("/proc/self/exe: %m");
	self[n] = 0;
	tally_add(&t, refusal(chmod(self, 0755)), "chmod");
	tally_add(&t, refusal(chmod("/proc/self/exe", 0755)), "chmod of the link");
	tally_add(&t, refusal(utimensat(AT_FDCWD, self, NULL, 0)), "utimensat");
	return tally_result(&t, 0);
}

static int e16_system(void)
{
	static const char *const dirs[] = {"/", "/usr", "/usr/bin", "/etc", "/var", "/sys", "/dev"};
	char path[64];
	struct tally t = {0};
	int fd;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/e16", dirs[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		/* The root and /dev are the sandbox's own: a file there is nobody's harm */
		if (fd >= 0 && (!strcmp(dirs[i], "/") || !strcmp(dirs[i], "/dev"))) {
			remark("%s is writable", dirs[i]);
			unlink(path);
			continue;
		}
		tally_add(&t, refusal(fd), path);
	}
	return tally_result(&t, 0);
}

/* A real home may hold millions of files. It comes last, and is looked through for as long as an attempt may take. */
enum { WALK_SECONDS = 5 };
static struct tally walk_tally;
static time_t walk_end;

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, err = 0;

	if (strlen(path) >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		err = errno == EPROTOTYPE || errno == EAGAIN ? 0 : errno;
	close(fd);
	return err;
}

static int connect_socket(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (S_ISSOCK(st->st_mode))
		tally_add(&walk_tally, connect_to(path), path);
	return seconds_now() > walk_end;
}

/* Every socket of every service in sight, and the one that surely is there */
static int e22_sockets(void)
{
	static const char *const places[] = {"/run", "/tmp", "/var/run", "/var/lib", "/dev", NULL};

	walk_end = seconds_now() + WALK_SECONDS;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *dir = places[i] ? places[i] : getenv("HOME");

		if (dir)
			nftw(dir, connect_socket, 32, FTW_PHYS);
	}
	tally_add(&walk_tally, connect_to(canary("socket")), canary("socket"));
	return tally_result(&walk_tally, 0);
}

/* A read-only mount does not stop a writer to a FIFO: the file system is not changed by it */
static int e23_fifo(void)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/fifo", canary("island"));
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno != ENXIO)
		return errno;
	return fd < 0 ? 0 : write(fd, "x", 1) == 1 ? 0 : errno;
}

/* What was handed over for reading, opened again for writing */
static int e27_reopen(void)
{
	struct tally t = {0};
	static const char *const names[] = {"/proc/self/fd/0", "/dev/stdin",
					    "/proc/thread-self/fd/0", "/dev/fd/0"};

	if ((fcntl(0, F_GETFL) & O_ACCMODE) != O_RDONLY)
		impossible("standard input is not opened for reading only");
	for (size_t i = 0; i < 4; i++)
		tally_add(&t, refusal(open(names[i], O_RDWR | O_CLOEXEC)), names[i]);
	return tally_result(&t, 0);
}

static int e28_hidden(void)
{
	const char *hidden = canary("hidden");
	char key[4096];
	struct tally t = {0};
	DIR *dir;
	struct dirent *d;

	snprintf(key, sizeof(key), "%s/key", hidden);
	tally_add(&t, read_something(key), key);
	snprintf(key, sizeof(key), "/proc/self/root%s/key", hidden);
	tally_add(&t, read_something(key), key);
	snprintf(key, sizeof(key), "%s/../hidden/key", hidden);
	tally_add(&t, read_something(key), key);
	dir = opendir(hidden);
	if (!dir) {
		tally_add(&t, errno, "opendir");
		return tally_result(&t, 0);
	}
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			tally_add(&t, 0, d->d_name);
	return tally_result(&t, 0);
}

/* A descriptor that only names a file, opened again for writing */
static int e73_reopen_path(void)
{
	char link[64];
	struct tally t = {0};
	int fd;

	if (!named_file)
		impossible("no file named");
	fd = open(named_file, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	tally_add(&t, refusal(open(link, O_WRONLY | O_CLOEXEC)), "open");
	tally_add(&t, refusal(truncate(link, 0)), "truncate");
	tally_add(&t, refusal(chmod(link, 0666)), "chmod");
	tally_add(&t, refusal(linkat(AT_FDCWD, link, AT_FDCWD, "/tmp/e73", AT_SYMLINK_FOLLOW)),
		  "link");
	unlink("/tmp/e73");
	return tally_result(&t, 0);
}

const struct attempt attempts_files[] = {
	{"e01-secret", e01_secret, "", "read the user's file by its path", HARMLESS | BY_SECRET},
	{"e01-home", e01_home, "", "read a file of the user's home", HARMLESS | BY_HOME},
	{"e01-dotdot", e01_dotdot, "", "climb above the root", HARMLESS | BY_SECRET},
	{"e01-proc-root", e01_proc_root, "", "go through /proc/PID/root and cwd",
	 HARMLESS | BY_SECRET},
	{"e02-chroot", e02_chroot, "", "break out by chroot and fchdir", HARMLESS},
	{"e02-chroot-nested", e02_chroot_nested, "",
	 "the same with rights in a namespace of its own", HARMLESS | BY_SECRET},
	{"e07-link", e07_link, "", "hard link from a read-only into a writable place", HARMLESS},
	{"e07-rename", e07_rename, "named", "move a shared file into a writable place",
	 HARMLESS | BY_NAMED},
	{"e08-rename-parent", e08_rename_parent, "", "rename the parents of a protected directory",
	 HARMLESS | IN_A_PROJECT},
	{"e08-replace", e08_replace, "", "exchange or remove a protected directory",
	 HARMLESS | IN_A_PROJECT},
	{"e08-write-island", e08_write_island, "", "write below a protected directory",
	 HARMLESS | IN_A_PROJECT},
	{"e09-create-absent", e09_create_absent, "", "create a protected file absent at launch",
	 HARMLESS | IN_A_PROJECT},
	{"e09-create-absent-deep", e09_create_absent_deep, "",
	 "the same below a directory absent, too", HARMLESS | IN_A_PROJECT},
	{"e09-plant", e09_plant, "", "leave files in the home and in the temporary places",
	 HARMLESS | BY_HOME},
	{"e16-named-file", e16_named_file, "named", "change a file shared for reading",
	 HARMLESS | BY_NAMED},
	/* Which may lie in the home. */
	{"e16-own-program", e16_own_program, "", "change the program itself", HARMLESS | BY_HOME},
	{"e16-system", e16_system, "", "create files in the system's directories", HARMLESS},
	{"e22-sockets", e22_sockets, "", "connect to every socket in sight",
	 HARMLESS | ONLY_INSIDE | BY_SOCKET},
	{"e23-fifo", e23_fifo, "", "write to a FIFO in a read-only directory"},
	{"e27-reopen", e27_reopen, "stdin", "open standard input again for writing",
	 HARMLESS | BY_NESTED},
	{"e28-hidden", e28_hidden, "", "look into a hidden directory", HARMLESS | IN_A_PROJECT},
	{"e73-reopen-path", e73_reopen_path, "named",
	 "turn a descriptor that only names a file into a writable one", HARMLESS | BY_NAMED},
	{0},
};
