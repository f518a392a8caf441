// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trees that a session may leave, and trees of the host below: the input is a list of operations, three bytes each. What is
 * read of them names what is there, and the host is not touched.
 */
#include "fuzz.h"

#include "place.h"

#include "base/fd.h"
#include "engine/session_changes.h"
#include "engine/session_renames.h"
#include "engine/session_select.h"
#include "kernel/tree.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static const char *const names[] = {
	"a",         "b",       "a/b",  "a/b/c",  ".git",           ".git/hooks",
	"a/.bashrc", "\x1b[2J", "\xff", "n\nm",   "a/\xe2\x80\xae", ".ssh",
	"b/a",       "b/d",     "x.so", "a/b/c/d"};
static const char *const values[] = {"y", "x", "", "/", "../..", "a", "/a/b", "trusted"};
static const char *const attributes[] = {"user.overlay.opaque",   "user.overlay.whiteout",
					 "user.overlay.redirect", "user.overlay.origin",
					 "user.overlay.metacopy", "user.else",
					 "user.overlay.opaque",   "user.overlay.protattr"};

static void set_attribute(int tree, const char *name, const char *attribute, const char *value)
{
	int fd = openat(tree, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		fsetxattr(fd, attribute, value, strlen(value), 0);
	fd_close(fd);
}

/* The directory that @path is in, and its name there; no link on the way is followed, or what is done there would be done to
 * the machine that this runs on. -1: no such directory. It is @tree itself or one more descriptor. */
static int parent_of(int tree, const char *path, const char **ret_name)
{
	*ret_name = path;
	return strchr(path, '/') ? tree_open_parent(tree, path, ret_name) : tree;
}

static void operate_in(int tree, const char *name, int other, const char *other_name,
		       const uint8_t *bytes)
{
	int fd;

	switch (bytes[0] % 9) {
	case 0:
	case 1:
		mkdirat(tree, name, bytes[2] & 1 ? 0700 : 0755);
		break;
	case 2:
		fd = openat(tree, name,
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			    0600);
		if (fd >= 0 && write(fd, bytes + 2, 1) < 0)
			abort();
		fd_close(fd);
		break;
	case 3:
		symlinkat(values[bytes[2] % 8][0] ? values[bytes[2] % 8] : ".", tree, name);
		break;
	case 4:
		if (bytes[0] & 0x40)
			mkfifoat(tree, name, 0600);
		else
			mknodat(tree, name, S_IFCHR, makedev(0, 0));
		break;
	case 5:
		linkat(tree, name, other, other_name, 0);
		break;
	case 6:
		renameat(tree, name, other, other_name);
		break;
	case 7:
		fchmodat(tree, name, bytes[2] << 4 & 07777, AT_SYMLINK_NOFOLLOW);
		break;
	default:
		set_attribute(tree, name, attributes[bytes[2] % 8], values[bytes[2] / 8 % 8]);
	}
}

static void operate(int tree, const uint8_t *bytes)
{
	const char *name, *other_name;
	int parent = parent_of(tree, names[bytes[1] % 16], &name);
	int other = parent_of(tree, names[bytes[1] / 16], &other_name);

	if (parent >= 0 && other >= 0)
		operate_in(parent, name, other, other_name, bytes);
	if (parent != tree)
		fd_close(parent);
	if (other != tree)
		fd_close(other);
}

static int make(int place, const char *path)
{
	int fd;

	if (mkdirat(place, path, 0700) < 0 && errno != EEXIST)
		abort();
	fd = openat(place, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

/* The session's directory, and in it that of its layer 0: made once. */
static int make_session(int place, int *ret_layer)
{
	static int session = -1, layer = -1;

	if (session < 0) {
		session = make(place, "session");
		close(make(session, "layers"));
		layer = make(session, "layers/0");
	}
	*ret_layer = layer;
	return session;
}

static void check(const struct session *session, struct changes *changes)
{
	vector_each (change, &changes->list) {
		_cleanup_free_ char *path = change_path(session, change);
		struct stat status;

		if (change->kind >= CHANGE_KINDS || change->layer || strstr(change->path, "..") ||
		    path[0] != '/' ||
		    (change->renamed != SIZE_MAX && change->renamed >= changes->list.count))
			abort();
		if (change->kind == CHANGE_ADDED
			    ? change->old_one.st_mode || !change->new_one.st_mode
			    : !change->old_one.st_mode || lstat(path, &status) < 0)
			abort();
	}
	for (size_t i = 0; i < changes->problems.count; i++)
		if (!*changes->problems.items[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], tree[96];
	int place = place_of_fuzzing(path);
	struct session_layer layer = {.id = (char *)"0", .path = tree};
	struct session session = {.fd = -1, .directory = path, .name = (char *)"s"};
	_cleanup_changes_ struct changes changes = {0};
	struct strv only = {0}, except = {0};
	struct error e = {0};
	struct stat status;
	int upper, host, layer_directory;

	if (size > 3 * 48)
		size = 3 * 48;
	snprintf(tree, sizeof(tree), "%s/host", path);
	session.fd = make_session(place, &layer_directory);
	upper = make(layer_directory, "upper");
	host = make(place, "host");
	fstat(host, &status);
	layer.identity.device = status.st_dev;
	layer.identity.inode = status.st_ino;
	layer.identity.mode = S_IFDIR;
	*(struct session_layer *)vector_add(&session.layers) = layer;
	for (; size >= 3; data += 3, size -= 3) {
		if (data[0] & 0x80)
			operate(host, data);
		if (!(data[0] & 0x80) || data[0] & 0x20)
			operate(upper, data);
	}
	if (changes_read(&session, path, &changes, &e) < 0 && !e.text[0])
		abort();
	changes_find_renames(&session, &changes);
	check(&session, &changes);
	strv_add(&only, "*a*");
	strv_add(&except, "b/d");
	changes_select(&session, &changes, &only, &except, path);
	strv_free(&only);
	strv_free(&except);
	vector_free(&session.layers);
	close(upper);
	close(host);
	if (tree_remove(layer_directory, "upper") < 0 || tree_remove(place, "host") < 0)
		abort();
	return 0;
}
