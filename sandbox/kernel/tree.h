// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Files and whole trees of them, handled by directory descriptor and single name, so that no
 * symbolic link is ever followed. All return 0 or -errno.
 */

/* How deep a tree may be: each level costs descriptors and stack. */
enum { TREE_DEPTH = 900 };

/*
 * Open the directory or the regular file @name in @parent to read; one that is closed to its own
 * owner is made readable for that moment. The descriptor or -errno.
 */
int tree_open_directory(int parent, const char *name);
int tree_open_file(int parent, const char *name, const struct stat *status);

/*
 * Open (O_PATH) the directory that @path below @top is in, through no link and no mount, and say what
 * its last component is, "." where @path is empty. The descriptor or -errno.
 */
int tree_open_parent(int top, const char *path, const char **ret_name);

/* Remove @name in @parent with all below it, also what is closed to its owner; fine where it is not
 * there. */
int tree_remove(int parent, const char *name);

/* What is copied beside the contents. */
enum tree_copy {
	TREE_RAW = 1 << 0, /* as it is: whiteouts and the attributes of overlayfs too */
};

/*
 * Copy @from_name in @from to the new @to_name in @to: contents with holes kept, permissions, owner
 * where that is allowed, extended attributes, times, and hard links within the tree. Sockets
 * and, but for whiteouts with TREE_RAW, devices are left out. -ELOOP where it is too deep.
 */
int tree_copy(int from, const char *from_name, int to, const char *to_name, unsigned how);

/* What is to become of a file. */
enum tree_take {
	TREE_NOTHING,
	TREE_WHOLE,
	TREE_EMPTY, /* its name and attributes: a directory or file without contents */
};

struct tree_filter {
	/* Asked about each file before it is copied, by its path below the top (enum tree_take);
	 * -errno ends the copying. */
	int (*take)(void *data, const char *path, const struct stat *status);
	/* Told of one that could not be copied: 0 to go on without it, -errno to end. */
	int (*failed)(void *data, const char *path, int code);
	void *data;
};

/* The same, of what @filter (NULL: of all) lets be copied. */
int tree_copy_filtered(int from, const char *from_name, int to, const char *to_name, unsigned how,
		       const struct tree_filter *filter);

/*
 * The same for one file or link, or for a directory without what is in it. @status is lstat(2) of
 * it. A directory gets its permissions and times from tree_set_attributes(), after what is in it.
 */
int tree_copy_one(int from, const char *from_name, const struct stat *status, int to,
		  const char *to_name, unsigned how);

/* Make the new @to_name, an empty directory or file with the attributes of @from_name. */
int tree_copy_empty(int from, const char *from_name, const struct stat *status, int to,
		    const char *to_name);

/* Give @to_name the owner, permissions, extended attributes and times of @from_name. */
int tree_set_attributes(int from, const char *from_name, const struct stat *status, int to,
			const char *to_name, unsigned how);

/*
 * Whether two regular files have the same contents; what cannot be read counts as different.
 * @status is that of the first, which tree_open_file() opens.
 */
bool tree_same_contents(int a, const char *a_name, const struct stat *status, int b,
			const char *b_name);

/* How many files and bytes (of disk) @name in @parent and all below it are. */
void tree_measure(int parent, const char *name, uint64_t *files, uint64_t *bytes);
