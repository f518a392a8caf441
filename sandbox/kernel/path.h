// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Walking paths where others may plant symbolic links: everything goes through openat2(2).
 */

/* Which file it is: what must still be the same when it is opened again. */
struct file_identity {
	uint64_t device, inode;
	mode_t mode; /* type and permissions */
};

/*
 * Open @path as seen from the directory @root, which ".." and absolute symbolic links never leave
 * (RESOLVE_IN_ROOT), refusing links such as /proc/self/root (RESOLVE_NO_MAGICLINKS). @flags as for
 * open(2). Returns the descriptor (always close-on-exec) or -errno. Async-signal-safe.
 */
int path_open_in(int root, const char *path, int flags);

/* Open @path on the host with O_PATH, following symbolic links but not the magic ones. Descriptor
 * or -errno. */
int path_open_host(const char *path);

/* An open directory leads out of a sandbox (openat(fd, "../..")), and so may a descriptor that only
 * names a file. */
bool path_leads_out(int fd);

/* Who the open file is. 0 or -errno. Async-signal-safe. */
int path_identify(int fd, struct file_identity *ret);

/* Whether the open directory is the top of a mount; false where the kernel does not tell. */
bool path_is_mount_root(int fd);

/* Same type and same inode on the same file system. */
bool path_same_file(const struct file_identity *a, const struct file_identity *b);

/*
 * Make the directory @path below @root, missing parents too, with permissions @parents, and return
 * an O_PATH descriptor of it, or -errno. What exists stays as it is. Symbolic links on the way
 * resolve inside @root; one that points to something missing has its target made.
 * Async-signal-safe.
 */
int path_make_directory(int root, const char *path, mode_t mode, mode_t parents);

/* The same for an empty regular file of permissions @mode. */
int path_make_file(int root, const char *path, mode_t mode, mode_t parents);

/* Make the symbolic link @path with the contents @target, and missing parents. One that says the
 * same is fine. */
int path_make_symlink(int root, const char *path, const char *target, mode_t parents);

/* Set the permissions of what is at @path below @root, which must be there. */
int path_chmod(int root, const char *path, mode_t mode);
