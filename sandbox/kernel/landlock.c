// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/landlock.h"

#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>

/* Newer than Debian 12's headers; the numbers are the kernel's ABI (linux/landlock.h). */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset_attributes {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

#define READ \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

#define WRITE_FILE \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

#define WRITE                                                                          \
	(WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                  \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                  \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

/* The rights of which a kernel of that ABI knows. */
static uint64_t known(int abi, uint64_t rights)
{
	if (abi < 2)
		rights &= ~LANDLOCK_ACCESS_FS_REFER;
	if (abi < 3)
		rights &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi < 5)
		rights &= ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

int landlock_abi_unscoped(int abi)
{
	return abi < LANDLOCK_ABI_SCOPES ? abi : LANDLOCK_ABI_SCOPES - 1;
}

int landlock_create(int abi, bool files)
{
	const struct ruleset_attributes attributes = {
		.handled_access_fs = files ? known(abi, READ | WRITE) : 0,
		.scoped = abi >= LANDLOCK_ABI_SCOPES
				  ? LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL
				  : 0,
	};
	size_t size = abi >= LANDLOCK_ABI_SCOPES ? sizeof(attributes)
						 : sizeof(attributes.handled_access_fs);
	long fd = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);

	return fd < 0 ? -errno : (int)fd;
}

int landlock_allow(int ruleset, int abi, int fd, enum landlock_access access)
{
	static const uint64_t rights[] = {
		[LANDLOCK_LIST] = LANDLOCK_ACCESS_FS_READ_DIR,
		[LANDLOCK_READ] = READ,
		[LANDLOCK_WRITE] = READ | WRITE,
	};
	struct landlock_path_beneath_attr rule = {
		.parent_fd = fd,
		.allowed_access = known(abi, rights[access]),
	};
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISDIR(status.st_mode)) /* the kernel refuses rights of directories on a file */
		rule.allowed_access &=
			known(abi, LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
					   WRITE_FILE);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int landlock_allow_again(int ruleset, int abi, int fd)
{
	static const uint64_t rights[] = {
		[O_RDONLY] = LANDLOCK_ACCESS_FS_READ_FILE,
		[O_WRONLY] = WRITE_FILE,
		[O_RDWR] = LANDLOCK_ACCESS_FS_READ_FILE | WRITE_FILE,
	};
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	int flags = fcntl(fd, F_GETFL);
	struct stat status;

	if (flags < 0 || fstat(fd, &status) < 0)
		return -errno;
	/* Landlock has no right to append: with that to write, all that was there could go. */
	if ((flags & (O_PATH | O_APPEND)) || (flags & O_ACCMODE) == O_ACCMODE ||
	    S_ISDIR(status.st_mode))
		return 0;
	rule.allowed_access = known(abi, rights[flags & O_ACCMODE]);
	/* EBADFD: not on a file system that paths lead to, so no rule applies to it. */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 &&
	    errno != EBADFD)
		return -errno;
	return 0;
}

int landlock_enforce(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
