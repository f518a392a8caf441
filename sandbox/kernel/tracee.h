// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Looking into another process of the same user, as one may that is allowed to trace it (an
 * ancestor, where Yama restricts that; nobody, where it has made itself undumpable). The process
 * stands still meanwhile, or what is read may be torn; and its number may have become another's,
 * which the caller finds out afterwards (notifier_let()).
 */

/* Read @length bytes at @address. 0 or -errno; -EFAULT where not all of them are there. */
int tracee_read(pid_t pid, uint64_t address, void *to, size_t length);

/* Read a string that ends with a NUL byte. Its length, or -errno; -ENAMETOOLONG where @size bytes
 * have none. */
ssize_t tracee_string(pid_t pid, uint64_t address, char *ret, size_t size);

/* Where the link /proc/PID/NAME leads ("cwd", "exe", "fd/3"). Its length or -errno. */
ssize_t tracee_link(pid_t pid, const char *name, char *ret, size_t size);

/* Whether paths mean for it what they mean for us: the same root directory of the same mount
 * namespace. */
bool tracee_sees_our_root(pid_t pid);

/* The kind of its socket @fd (SOCK_STREAM, SOCK_DGRAM, …), or -errno. */
int tracee_socket_kind(pid_t pid, int fd);
