// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_began.h"

#include "base/fd.h"
#include "kernel/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_LIMIT (1024UL * 1024 * 1024)

/* Of those that nobody has touched yet: what a project and the directories of a home have, read in
 * some 50 ms, and half a megabyte. */
enum { AHEAD = 20000 };

struct packed {
	uint64_t layer, inode, path_length, names_length;
};

static int compare(const void *left, const void *right)
{
	const struct began_directory *a = left, *b = right;

	if (a->layer != b->layer)
		return a->layer < b->layer ? -1 : 1;
	return strcmp(a->path, b->path);
}

/* Both with their NUL at the end. */
static bool is_text(const char *text, size_t length)
{
	return length && text[length - 1] == '\0';
}

void began_read(const struct session *session, struct began *ret)
{
	_cleanup_fd_ int fd = openat(session->fd, "began", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t left, at = 0;

	if (fd < 0 || fd_read_all(fd, "began", SIZE_LIMIT, &ret->data, &left, NULL) < 0)
		return;
	while (left - at >= sizeof(struct packed)) {
		const char *text = ret->data + at + sizeof(struct packed);
		struct packed packed;
		size_t rest;

		memcpy(&packed, ret->data + at, sizeof(packed));
		rest = left - at - sizeof(packed);
		if (packed.path_length > rest || packed.names_length > rest - packed.path_length ||
		    !is_text(text, packed.path_length) ||
		    (packed.names_length &&
		     !is_text(text + packed.path_length, packed.names_length)))
			break;
		*vector_add(&ret->list) = (struct began_directory){
			.layer = packed.layer,
			.path = text,
			.inode = packed.inode,
			.names = text + packed.path_length,
			.length = packed.names_length,
		};
		at += sizeof(packed) + packed.path_length + packed.names_length;
	}
	ret->length = at;
	if (ret->list.count)
		qsort(ret->list.items, ret->list.count, sizeof(struct began_directory), compare);
}

void began_free(struct began *began)
{
	vector_each (directory, &began->list)
		vector_free(&directory->index);
	vector_free(&began->list);
	free(began->data);
	began->data = NULL;
}

struct began_directory *began_find(const struct began *began, size_t layer, const char *path)
{
	const struct began_directory wanted = {.layer = layer, .path = path};

	return began->list.count ? bsearch(&wanted, began->list.items, began->list.count,
					   sizeof(wanted), compare)
				 : NULL;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool began_has(struct began_directory *directory, const char *name)
{
	if (!directory->index.count)
		for (size_t at = 0; at < directory->length; at += strlen(directory->names + at) + 1)
			*vector_add(&directory->index) = directory->names + at;
	return directory->index.count &&
	       bsearch(&name, directory->index.items, directory->index.count, sizeof(name),
		       compare_names);
}

/* A directory whose turn will come. */
struct waiting {
	char *path;
	bool same_parent; /* nothing in the one above it changed since the session began */
};

enum state {
	ANOTHER, /* it may not be the one that was there */
	CHANGED, /* names in it may have come and gone */
	AS_IT_WAS,
};

struct walk {
	const struct session *session;
	const struct began *before;
	size_t layer;
	int host, guide;  /* the host's tree, and the one whose directories are gone through */
	const char *skip; /* a path that was gone through already; or NULL */
	size_t left;      /* names */
	VECTOR(struct waiting) queue;
	struct strbuf out;
};

static int open_in(int top, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return sys_openat2(top, *path ? path : ".", &how);
}

/* The names in the directory, and of those which may be directories; @fd stays open. */
static int list(int fd, struct strv *names, struct strv *directories)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!directory) {
		fd_close(again);
		return -EIO;
	}
	while ((entry = directory_next(directory, &r))) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		strv_add(names, entry->d_name);
		if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
			strv_add(directories, entry->d_name);
	}
	closedir(directory);
	return r;
}

static void write_down(struct walk *walk, const char *path, ino_t inode, struct strv *names)
{
	struct packed packed = {walk->layer, inode, strlen(path) + 1, 0};

	if (names->count > walk->left) {
		walk->left = 0;
		return;
	}
	walk->left -= names->count;
	strv_sort(names);
	for (size_t i = 0; i < names->count; i++)
		packed.names_length += strlen(names->items[i]) + 1;
	strbuf_append(&walk->out, (const char *)&packed, sizeof(packed));
	strbuf_append(&walk->out, path, packed.path_length);
	for (size_t i = 0; i < names->count; i++)
		strbuf_append(&walk->out, names->items[i], strlen(names->items[i]) + 1);
}

static void add_waiting(struct walk *walk, const char *above, const char *name, bool same_parent)
{
	char *path = *above ? xasprintf("%s/%s", above, name) : xstrdup(name);

	if (walk->skip && streq(path, walk->skip))
		free(path);
	else
		*vector_add(&walk->queue) = (struct waiting){path, same_parent};
}

/* Write the directory down where it is as it was, and queue those in it if @descend. */
static enum state visit(struct walk *walk, const struct waiting *waiting, bool descend)
{
	_cleanup_fd_ int host = open_in(walk->host, waiting->path), guide = -1;
	_cleanup_strv_ struct strv names = {0}, directories = {0}, unused = {0};
	const struct timespec *start = &walk->session->start;
	const struct began_directory *known = began_find(walk->before, walk->layer, waiting->path);
	struct stat status, after;
	bool changed;

	if (host < 0 || fstat(host, &status) < 0)
		return ANOTHER;
	changed = session_time_is_later(&status.st_ctim, start);
	if (changed && !waiting->same_parent && !(known && known->inode == status.st_ino))
		return ANOTHER;
	if (list(host, &names, &directories) < 0)
		return ANOTHER;
	if (!changed && !known && fstat(host, &after) == 0 &&
	    !session_time_is_later(&after.st_ctim, start))
		write_down(walk, waiting->path, status.st_ino, &names);
	if (descend && walk->guide != walk->host) {
		strv_free(&directories);
		guide = open_in(walk->guide, waiting->path);
		if (guide < 0 || list(guide, &unused, &directories) < 0)
			return ANOTHER;
	}
	for (size_t i = 0; descend && i < directories.count; i++)
		add_waiting(walk, waiting->path, directories.items[i], !changed);
	return changed ? CHANGED : AS_IT_WAS;
}

/* The directories of the guide from @top on, the upper ones first. */
static void go_through(struct walk *walk, const char *top, bool same_parent)
{
	*vector_add(&walk->queue) = (struct waiting){xstrdup(top), same_parent};
	for (size_t i = 0; i < walk->queue.count && walk->left; i++) {
		const struct waiting now = walk->queue.items[i];

		visit(walk, &now, true);
	}
	vector_each (waiting, &walk->queue)
		free(waiting->path);
	vector_free(&walk->queue);
}

static void save(const struct session *session, const struct began *before, const struct walk *walk)
{
	_cleanup_strbuf_ struct strbuf all = {0};
	struct error ignored;

	if (!walk->out.length)
		return;
	if (before->length)
		strbuf_append(&all, before->data, before->length);
	strbuf_append(&all, walk->out.text, walk->out.length);
	session_write(session, "began", all.text, all.length, &ignored);
}

void began_note_touched(const struct session *session)
{
	struct began before = {0};
	struct walk walk = {.session = session, .before = &before, .left = SIZE_MAX};
	struct error ignored;

	began_read(session, &before);
	for (; walk.layer < session->layers.count; walk.layer++) {
		const struct session_layer *layer = &session->layers.items[walk.layer];
		_cleanup_fd_ int host = -1, upper = -1;

		if (layer->copied)
			continue;
		walk.host = host = session_open_tree(layer, &ignored);
		walk.guide = upper = session_open_upper(session, layer);
		if (host >= 0 && upper >= 0)
			go_through(&walk, "", true);
	}
	save(session, &before, &walk);
	strbuf_free(&walk.out);
	began_free(&before);
}

/* The path of @directory below the layer's tree; NULL where it is not in it. */
static const char *below_tree(const struct session_layer *layer, const char *directory)
{
	const char *rest = streq(layer->path, "/") ? directory : startswith(directory, layer->path);

	return !rest || (*rest && *rest != '/') ? NULL : *rest ? rest + 1 : rest;
}

/* The directory @path and what is in it, after those that it is in. */
static void go_around(struct walk *walk, const char *path)
{
	enum state state = AS_IT_WAS;

	for (const char *end = path; end && *path && state != ANOTHER; end = strchr(end + 1, '/')) {
		_cleanup_free_ char *above = xstrndup(path, (size_t)(end - path));

		state = visit(walk, &(struct waiting){above, state == AS_IT_WAS}, false);
	}
	if (state != ANOTHER)
		go_through(walk, path, state == AS_IT_WAS);
}

/* Of one layer, what is around @directory; or, the @rest, all else. */
static void go_ahead_in(struct walk *walk, const char *directory, bool rest)
{
	const struct session_layer *layer = &walk->session->layers.items[walk->layer];
	const char *path = below_tree(layer, directory);
	struct error ignored;
	_cleanup_fd_ int host = layer->copied ? -1 : session_open_tree(layer, &ignored);

	if (host < 0)
		return;
	walk->host = walk->guide = host;
	walk->skip = rest ? path : NULL;
	if (!rest && path)
		go_around(walk, path);
	else if (rest && !(path && !*path))
		go_through(walk, "", true);
}

static void go_ahead(const struct session *session, const char *directory)
{
	struct began before = {0};
	struct walk walk = {.session = session, .before = &before, .left = AHEAD};

	began_read(session, &before);
	for (int rest = 0; rest < 2; rest++)
		for (walk.layer = 0; walk.layer < session->layers.count; walk.layer++)
			go_ahead_in(&walk, directory, rest);
	save(session, &before, &walk);
	strbuf_free(&walk.out);
	began_free(&before);
}

pid_t began_start(const struct session *session, const char *directory)
{
	pid_t launcher = getpid(), child = fork();

	if (child)
		return child < 0 ? 0 : child;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != launcher)
		_exit(1);
	/* Who waits for a prompt is served first. */
	sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
	nanosleep(&(struct timespec){.tv_nsec = 300L * 1000 * 1000}, NULL);
	go_ahead(session, directory);
	_exit(0);
}
