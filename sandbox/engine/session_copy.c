// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * An overlay cannot be laid over everything (plan/aside.c); over a copy it can. The copy is never
 * written to: it is what the session saw, so that later, what the host changed since can be told by
 * comparing instead of by times, which such file systems take from other machines' clocks.
 *
 * It is made under another name and gets its own when it is whole; so a copy that is there is whole.
 * Of what is covered in the sandbox (secrets, other mounts), the name alone is copied, for something
 * to be mounted on. Each file counts as a block more than its contents are.
 */
#include "engine/session_copy.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK 4096

struct copying {
	const struct plan *plan;
	const struct plan_mount *mount;
	dev_t device;
	uint64_t left;
	size_t files, unread;
	char *first; /* of those that could not be read */
};

static volatile sig_atomic_t broken_off;

static void note_signal(int number)
{
	broken_off = number;
}

/* Whether something is mounted on it in the sandbox, so that what it has will not be seen. */
static bool is_covered(const struct copying *copying, const char *path)
{
	const char *top = copying->mount->destination;
	size_t length = strlen(streq(top, "/") ? "" : top);

	vector_each (mount, &copying->plan->mounts) {
		const char *rest = mount->destination;

		if (mount->kind == MOUNT_AGAIN || mount->kind == MOUNT_REMOUNT ||
		    mount->kind == MOUNT_CHMOD || mount->fallback ||
		    strncmp(rest, top, length) != 0 || rest[length] != '/')
			continue;
		if (streq(rest + length + 1, path))
			return true;
	}
	return false;
}

static int take(void *data, const char *path, const struct stat *status)
{
	struct copying *copying = data;
	uint64_t size = BLOCK;

	if (broken_off)
		return -EINTR;
	if (S_ISSOCK(status->st_mode) || S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
		return TREE_NOTHING;
	/* Files of an overlay are on whatever devices. */
	if (is_covered(copying, path) ||
	    (S_ISDIR(status->st_mode) && status->st_dev != copying->device))
		return S_ISLNK(status->st_mode) ? TREE_NOTHING : TREE_EMPTY;
	if (S_ISDIR(status->st_mode) && copying->mount->copy == COPY_FILES)
		return TREE_EMPTY;
	if (S_ISREG(status->st_mode))
		size += (uint64_t)status->st_size;
	if (size > copying->left)
		return -EFBIG;
	copying->left -= size;
	copying->files++;
	return TREE_WHOLE;
}

/* One that cannot be read is told of; what stands in the way of all of them ends the copying. */
static int failed(void *data, const char *path, int code)
{
	struct copying *copying = data;

	switch (-code) {
	case EACCES:
	case EPERM:
	case EIO:
	case ENOENT: /* it went meanwhile */
	case ESTALE:
	case EOPNOTSUPP:
		if (!copying->unread++)
			copying->first = string_escape(path);
		return 0;
	default:
		return code;
	}
}

static int copy(struct copying *copying, int layer, struct error *e)
{
	const struct tree_filter filter = {take, failed, copying};
	const struct plan_mount *mount = copying->mount;
	_cleanup_fd_ int source = open(mount->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct file_identity found;
	struct stat status;
	int r;

	if (source < 0 || fstat(source, &status) < 0)
		return error_errno(e, errno, "%s", mount->origin);
	if (path_identify(source, &found) < 0 || !path_same_file(&found, &mount->identity)) {
		error_set(e, ESTALE, "%s: the directory changed meanwhile", mount->origin);
		return error_remedy(e, "run it again");
	}
	copying->device = status.st_dev;
	r = tree_remove(layer, "lower.part");
	if (r == 0)
		r = tree_copy_filtered(source, ".", layer, "lower.part", 0, &filter);
	if (r == 0 && renameat(layer, "lower.part", layer, "lower") < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)!tree_remove(layer, "lower.part");
	if (r == -EFBIG) {
		error_set(e, EFBIG, "%s: copying %s: more than --copy-limit allows", mount->origin,
			  mount->source);
		return error_remedy(e, "--copy-limit SIZE, or --copy only what is needed of it");
	}
	error_errno(e, -r, "%s: copying %s", mount->origin, mount->source);
	return r == -ENOSPC || r == -EDQUOT
		       ? error_remedy(e, "make room on the file system of %s", mount->aside)
		       : r;
}

static void say(const struct copying *copying, uint64_t bytes)
{
	const char *path = copying->mount->source;

	log_line("%s: %s copied into the session: %zu files, %llu MB", path,
		 copying->mount->copy == COPY_FILES ? "files in it" : "it is", copying->files,
		 (unsigned long long)(bytes >> 20));
	if (copying->unread)
		log_line("%s: %zu could not be read, and are not in the session: %s%s", path,
			 copying->unread, copying->first, copying->unread > 1 ? ", …" : "");
}

int session_copy(const struct plan *plan, const struct plan_mount *mount, uint64_t *left,
		 struct error *e)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = note_signal};
	struct sigaction before[sizeof(signals) / sizeof(signals[0])];
	struct copying copying = {.plan = plan, .mount = mount, .left = *left};
	_cleanup_fd_ int layer = open(mount->aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (layer < 0)
		return error_errno(e, errno, "%s", mount->aside);
	if (faccessat(layer, "lower", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, &before[i]);
	r = copy(&copying, layer, e);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &before[i], NULL);
	if (r == 0)
		say(&copying, *left - copying.left);
	*left = copying.left;
	free(copying.first);
	return r;
}
