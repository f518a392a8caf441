// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/sys.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Mounts as descriptors (open_tree(2), fsopen(2), mount_setattr(2), move_mount(2)).
 *
 * A mount is made detached, gets its attributes while nobody can reach it, and is attached last. So
 * there is no moment in which it is writable, and nothing has to be looked up in mountinfo. All are
 * async-signal-safe and return -errno.
 */

/* What every mount inside a sandbox gets unless a device is meant to work there. */
#define MOUNT_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/*
 * A detached copy of the mount at @path (relative to @directory; "" for @directory itself), with
 * those below it where @recursive. The descriptor, or -errno.
 */
int mount_clone(int directory, const char *path, bool recursive);

/*
 * Set and clear MOUNT_ATTR_* on the mount, in all mounts below it too where @recursive, and cut it
 * off from mounts that the host makes later (MS_PRIVATE; with MS_SLAVE, as bubblewrap has it, late
 * mounts appear, writable).
 */
int mount_set(int mount, uint64_t set, uint64_t clear, bool recursive);

/* Attach the detached @mount on the file or directory that @target (O_PATH) is. */
int mount_attach(int mount, int target);

/*
 * A new file system of @type, detached. @options are pairs "key", "value" (value NULL for a flag),
 * ending with NULL.
 * @attributes are MOUNT_ATTR_*.
 */
int mount_new(const char *type, const char *const *options, uint64_t attributes);

/* Make the mounted directory that @root is the root of this mount namespace, and drop the old one.
 */
int mount_become_root(int root);
