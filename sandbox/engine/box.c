// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The group that was delegated is divided into sup/, where launchers are, and box-N/, one a
 * sandbox. Limits are on the boxes, so that a launcher is never what memory is taken from. The
 * kernel hands controllers down only from groups without processes of their own; so a launcher that
 * is in the group itself goes to sup/ first. Other processes there are not ours to move: then the
 * plan does not choose this group (plan/limits.c). sup/ stays for as long as the group does, since
 * who is in it cannot go back.
 *
 * A launcher holds a lock (flock(2)) on its box's directory for as long as it lives. A box that
 * nobody holds a lock on is one whose launcher was killed: whoever makes a box next to it removes
 * it.
 *
 * The kernel takes values in silence that it rounds or that mean something else to it, and systemd
 * limits of controllers that it does not have: so each is read back.
 */
#include "engine/box.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/scope.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often something is tried that others, who do the same, may be in the way of. */
enum { TRIES = 100, PAUSE = 5000000 /* ns */ };

static void sweep_one(int parent, const char *name)
{
	_cleanup_fd_ int box = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (box < 0 || flock(box, LOCK_EX | LOCK_NB) < 0)
		return;
	log_step("cgroup %s: nobody's any more, removed", name);
	cgroup_kill(box);
	cgroup_wait_empty(box, 1000);
	cgroup_remove(parent, name);
}

/* Remove what killed launchers left behind. */
static void sweep(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (startswith(entry->d_name, "box-"))
			sweep_one(parent, entry->d_name);
	closedir(directory);
}

/* Go out of the way, into sup/. */
static int leave(int parent)
{
	_cleanup_fd_ int sup = cgroup_make(parent, "sup");

	return sup < 0 ? sup : cgroup_enter(sup, 0);
}

static int hand_down(int parent, const char *path, const struct plan_control *control,
		     struct error *e)
{
	int r = 0;

	for (int i = 0; i < TRIES && !cgroup_hands_down(parent, control->controller); i++) {
		r = cgroup_hand_down(parent, control->controller);
		if (r != -EBUSY)
			break;
		/* Another launcher that starts here at the same moment goes out of the way too. */
		if (i == 0)
			r = leave(parent);
		else
			nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
	}
	if (cgroup_hands_down(parent, control->controller))
		return 0;
	return error_errno(e, r < 0 ? -r : EBUSY, "%s: handing down the %s controller of %s",
			   control->origin, control->controller, path);
}

/* "8:0 rbps=1048576 wbps=max …": whether the line of that device has the wanted words. */
static bool device_line_has(const char *text, const char *wanted)
{
	_cleanup_free_ char *copy = xstrdup(text);
	size_t device = strcspn(wanted, " ");
	char *rest = copy, *line, *word;

	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, wanted, device + 1) != 0)
			continue;
		while ((word = strsep(&line, " ")))
			if (streq(word, wanted + device + 1))
				return true;
	}
	return false;
}

static bool holds(const struct plan_control *control, const char *text)
{
	unsigned long long page = (unsigned long long)sysconf(_SC_PAGESIZE);

	if (streq(control->file, "io.max"))
		return device_line_has(text, control->value);
	if (streq(control->controller, "memory"))
		return strtoull(text, NULL, 10) ==
			       strtoull(control->value, NULL, 10) / page * page &&
		       !startswith(text, "max");
	return startswith(text, control->value) &&
	       strchr("\n", text[strlen(control->value)]) != NULL;
}

/* 0; 1 where this kernel has no such file, and the control is optional; or -errno. */
static int apply(const struct box *box, const struct plan_control *control, struct error *e)
{
	char text[1024];
	int r = cgroup_write(box->fd, control->file, control->value);

	if (r == -ENOENT && control->optional)
		return 1;
	if (r < 0)
		return error_errno(e, -r, "%s: writing %s of %s", control->origin, control->file,
				   box->path);
	r = cgroup_read(box->fd, control->file, text, sizeof(text));
	if (r < 0)
		return error_errno(e, -r, "%s: reading %s of %s", control->origin, control->file,
				   box->path);
	if (holds(control, text))
		return 0;
	return error_set(e, EINVAL, "%s: not in force: %s says \"%s\", not \"%s\"", control->origin,
			 control->file, text, control->value);
}

/* A new group that this process holds the lock of. */
static int make_locked(struct box *box)
{
	for (int i = 0; i < TRIES; i++) {
		struct stat ours, there;

		snprintf(box->name, sizeof(box->name), i ? "box-%d.%d" : "box-%d", getpid(), i);
		if (mkdirat(box->parent, box->name, 0755) < 0) {
			if (errno == EEXIST)
				continue;
			return -errno;
		}
		box->fd = openat(box->parent, box->name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* Until it is locked, it may be taken for a dead one's. */
		if (box->fd >= 0 && flock(box->fd, LOCK_EX | LOCK_NB) == 0 &&
		    fstat(box->fd, &ours) == 0 &&
		    fstatat(box->parent, box->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    ours.st_ino == there.st_ino)
			return 0;
		box->fd = fd_close(box->fd);
	}
	return -EAGAIN;
}

int box_make(struct box *box, const struct plan *plan, struct strv *notes, struct error *e)
{
	char parent[PATH_MAX];
	int r = 0;

	if (plan->box == BOX_NONE)
		return 0;
	if (plan->box == BOX_SCOPE) {
		r = scope_join(parent, sizeof(parent), notes, e);
		if (r < 0)
			return error_wrap(e, "%s", plan->controls.items[0].origin);
	} else {
		snprintf(parent, sizeof(parent), "%s", plan->box_parent);
	}
	box->parent = cgroup_open(parent);
	if (box->parent < 0)
		return error_errno(e, -box->parent, "opening the cgroup %s", parent);
	sweep(box->parent);
	for (size_t i = 0; r == 0 && i < plan->controls.count; i++)
		r = hand_down(box->parent, parent, &plan->controls.items[i], e);
	if (r < 0)
		return r;
	r = make_locked(box);
	if (r < 0)
		return error_errno(e, -r, "making a cgroup in %s", parent);
	snprintf(box->path, sizeof(box->path), "%.400s/%s", parent, box->name);
	for (size_t i = 0; r >= 0 && i < plan->controls.count; i++) {
		r = apply(box, &plan->controls.items[i], e);
		box->left_out |= (uint64_t)(r > 0) << (i % 64);
	}
	log_step("cgroup %s, %zu limits", box->path, plan->controls.count);
	return r < 0 ? r : 0;
}

void box_forget(const struct box *box)
{
	fd_close(box->fd);
	fd_close(box->parent);
}

void box_remove(struct box *box)
{
	if (box->fd >= 0) {
		if (cgroup_populated(box->fd)) {
			cgroup_kill(box->fd);
			cgroup_wait_empty(box->fd, 1000);
		}
		cgroup_remove(box->parent, box->name);
	}
	box->fd = fd_close(box->fd);
	box->parent = fd_close(box->parent);
}
