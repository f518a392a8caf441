// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_store.h"

#include "base/fd.h"
#include "base/json.h"
#include "engine/session_copy.h"
#include "kernel/tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_NAME     "session"
#define FORMAT        1
#define SIZE_LIMIT    (1024 * 1024)
#define NANOSECONDS_A 1000000000LL

bool session_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._+@-");

	return length && !name[length] && length <= 64 && name[0] != '.' && name[0] != '-';
}

char *session_new_name(const char *root)
{
	time_t now = time(NULL);
	struct tm parts;
	char text[32];

	localtime_r(&now, &parts);
	strftime(text, sizeof(text), "%b%d-%H%M", &parts);
	for (char *at = text; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	for (int number = 1;; number++) {
		char *name = number == 1 ? xstrdup(text) : xasprintf("%s.%d", text, number);
		_cleanup_free_ char *path = xasprintf("%s/%s", root, name);

		if (access(path, F_OK) < 0)
			return name;
		free(name);
	}
}

static struct json_object *text(const char *value)
{
	/* Paths may be any bytes; as in JSON only text may stand, they are escaped. */
	_cleanup_free_ char *escaped = string_escape(value ? value : "");

	return json_object_new_string(escaped);
}

static struct json_object *layer_json(const struct session_layer *layer)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "id", json_object_new_string(layer->id));
	json_object_object_add(object, "path", text(layer->path));
	json_object_object_add(object, "device",
			       json_object_new_int64((int64_t)layer->identity.device));
	json_object_object_add(object, "inode",
			       json_object_new_int64((int64_t)layer->identity.inode));
	json_object_object_add(object, "copied", json_object_new_boolean(layer->copied));
	return object;
}

int session_write(const struct session *session, const char *name, const char *data, size_t length,
		  struct error *e)
{
	_cleanup_free_ char *new = xasprintf("%s.new", name);
	_cleanup_fd_ int fd = -1;
	int r;

	unlinkat(session->fd, new, 0);
	fd = openat(session->fd, new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : fd_write_all(fd, data, length);
	if (r == 0 && renameat(session->fd, new, session->fd, name) < 0)
		r = -errno;
	return r < 0 ? error_errno(e, -r, "writing %s/%s", session->directory, name) : 0;
}

int session_save(const struct session *session, struct error *e)
{
	struct json_object *object = json_object_new_object(), *layers = json_object_new_array();
	const char *data;
	int r;

	json_object_object_add(object, "format", json_object_new_int(FORMAT));
	json_object_object_add(object, "created", json_object_new_int64(session->created));
	json_object_object_add(object, "used", json_object_new_int64(session->used));
	json_object_object_add(object, "applied", json_object_new_int64(session->applied));
	json_object_object_add(object, "start",
			       json_object_new_int64(session->start.tv_sec * NANOSECONDS_A +
						     session->start.tv_nsec));
	json_object_object_add(object, "command", text(session->command));
	vector_each (layer, &session->layers)
		json_object_array_add(layers, layer_json(layer));
	json_object_object_add(object, "layers", layers);
	data = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY);
	r = session_write(session, FILE_NAME, data, strlen(data), e);
	json_object_put(object);
	return r;
}

static int64_t number_of(struct json_object *object, const char *key)
{
	return json_object_get_int64(json_object_object_get(object, key));
}

static char *unescaped(struct json_object *object, const char *key)
{
	const char *value = json_object_get_string(json_object_object_get(object, key));

	return string_unescape(value ? value : "");
}

static void read_layers(struct json_object *list, struct session *session)
{
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *object = json_object_array_get_idx(list, i);
		struct session_layer *layer = vector_add(&session->layers);

		layer->id = unescaped(object, "id");
		layer->path = unescaped(object, "path");
		layer->identity.device = (uint64_t)number_of(object, "device");
		layer->identity.inode = (uint64_t)number_of(object, "inode");
		layer->identity.mode = S_IFDIR;
		layer->copied = json_object_get_boolean(json_object_object_get(object, "copied"));
	}
}

static int read_session(struct session *session, struct error *e)
{
	_cleanup_fd_ int fd = openat(session->fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *data = NULL, *name = NULL;
	struct json_object *object;
	size_t length;
	int64_t start;
	int r;

	name = xasprintf("%s/%s", session->directory, FILE_NAME);
	if (fd < 0)
		return error_errno(e, errno, "%s", name);
	r = fd_read_all(fd, name, SIZE_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	object = json_tokener_parse(data);
	if (!object || number_of(object, "format") != FORMAT) {
		json_object_put(object);
		error_set(e, EINVAL, "%s: not written by this version of hutch", name);
		return error_remedy(e, "hutch discard %s", session->name);
	}
	session->created = number_of(object, "created");
	session->used = number_of(object, "used");
	session->applied = number_of(object, "applied");
	start = number_of(object, "start");
	session->start.tv_sec = start / NANOSECONDS_A;
	session->start.tv_nsec = start % NANOSECONDS_A;
	session->command = unescaped(object, "command");
	read_layers(json_object_object_get(object, "layers"), session);
	json_object_put(object);
	return 0;
}

static int make_parents(const char *path)
{
	_cleanup_free_ char *part = xstrdup(path);

	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int invalid_name(const char *name, struct error *e)
{
	error_set(e, EINVAL, "%.100s: not a name for a session", name);
	return error_remedy(e, "letters, digits and ._+@-, at most 64, neither dot nor dash first");
}

static int busy(const char *name, struct error *e)
{
	error_set(e, EBUSY, "%s: the session is in use", name);
	return error_remedy(e, "leave its shell first");
}

static int open_directory(const char *root, struct session *session, struct error *e)
{
	_cleanup_strv_ struct strv names = {0};
	const char *nearest;

	session->fd = open(session->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (session->fd >= 0)
		return 0;
	if (errno != ENOENT)
		return error_errno(e, errno, "%s", session->directory);
	error_set(e, ENOENT, "%s: no such session", session->name);
	session_names(root, &names);
	nearest = string_nearest(session->name, (const char *const *)names.items, names.count);
	if (nearest)
		return error_remedy(e, "did you mean \"%s\"?", nearest);
	return error_remedy(e, "`hutch sessions` lists them; --keep %s begins one", session->name);
}

int session_create(const char *root, const char *name, struct session *ret, struct error *e)
{
	int r;

	if (!session_name_valid(name))
		return invalid_name(name, e);
	ret->name = xstrdup(name);
	ret->directory = xasprintf("%s/%s", root, name);
	r = make_parents(root);
	if (r < 0)
		return error_errno(e, -r, "making %s", root);
	if (mkdir(ret->directory, 0700) < 0) {
		if (errno != EEXIST)
			return error_errno(e, errno, "making %s", ret->directory);
		error_set(e, EEXIST, "%s: there is such a session already", name);
		return error_remedy(e, "hutch shell %s goes on in it; hutch discard %s", name,
				    name);
	}
	r = open_directory(root, ret, e);
	if (r == 0 && flock(ret->fd, LOCK_EX | LOCK_NB) < 0)
		r = busy(name, e);
	if (r == 0 && mkdirat(ret->fd, "layers", 0700) < 0)
		r = error_errno(e, errno, "making %s/layers", ret->directory);
	ret->created = ret->used = time(NULL);
	return r == 0 ? session_save(ret, e) : r;
}

int session_open(const char *root, const char *name, struct session *ret, struct error *e)
{
	int r;

	if (!session_name_valid(name))
		return invalid_name(name, e);
	ret->name = xstrdup(name);
	ret->directory = xasprintf("%s/%s", root, name);
	r = open_directory(root, ret, e);
	if (r == 0 && flock(ret->fd, LOCK_EX | LOCK_NB) < 0)
		r = busy(name, e);
	return r == 0 ? read_session(ret, e) : r;
}

int session_look(const char *root, const char *name, struct session *ret, bool *ret_busy,
		 struct error *e)
{
	int r;

	if (!session_name_valid(name))
		return invalid_name(name, e);
	ret->name = xstrdup(name);
	ret->directory = xasprintf("%s/%s", root, name);
	r = open_directory(root, ret, e);
	if (r < 0)
		return r;
	*ret_busy = flock(ret->fd, LOCK_SH | LOCK_NB) < 0;
	flock(ret->fd, LOCK_UN);
	return read_session(ret, e);
}

static int compare_used(const void *left, const void *right)
{
	const struct session *a = left, *b = right;

	return a->used < b->used ? -1 : a->used > b->used ? 1 : strcmp(a->name, b->name);
}

void session_names(const char *root, struct strv *ret)
{
	VECTOR(struct session) found = {0};
	DIR *directory = opendir(root);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		struct session *session;
		struct error e;
		bool is_busy;

		if (!session_name_valid(entry->d_name))
			continue;
		session = vector_add(&found);
		session->fd = -1;
		/* One that cannot be read is named too: it is there, and may be discarded. */
		(void)!session_look(root, entry->d_name, session, &is_busy, &e);
	}
	if (directory)
		closedir(directory);
	if (found.count)
		qsort(found.items, found.count, sizeof(found.items[0]), compare_used);
	vector_each (session, &found) {
		strv_add(ret, session->name);
		session_close(session);
	}
	vector_free(&found);
}

static struct session_layer *find_layer(const struct session *session, const char *id)
{
	vector_each (layer, &session->layers)
		if (streq(layer->id, id))
			return layer;
	return NULL;
}

static int make_layer(const struct session *session, const char *id, mode_t mode)
{
	_cleanup_fd_ int layers = openat(session->fd, "layers", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int layer = -1;

	if (layers < 0)
		return -errno;
	if (mkdirat(layers, id, 0700) < 0 && errno != EEXIST)
		return -errno;
	layer = openat(layers, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (layer < 0)
		return -errno;
	if (mkdirat(layer, "work", 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mkdirat(layer, "upper", 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* It is what the session sees of the tree's own directory. */
	return fchmodat(layer, "upper", mode & 07777, 0) < 0 ? -errno : 0;
}

int session_add_layers(struct session *session, const struct plan *plan, struct error *e)
{
	uint64_t left = plan->copy_limit;

	vector_each (mount, &plan->mounts) {
		const char *id = mount->aside ? strrchr(mount->aside, '/') + 1 : NULL;
		struct session_layer *layer;
		int r;

		if (!id)
			continue;
		r = make_layer(session, id, mount->mode);
		if (r < 0)
			return error_errno(e, -r, "making %s", mount->aside);
		r = mount->copy ? session_copy(plan, mount, &left, e) : 0;
		if (r < 0)
			return r;
		layer = find_layer(session, id);
		if (!layer) {
			layer = vector_add(&session->layers);
			layer->id = xstrdup(id);
			layer->path = xstrdup(mount->source);
		}
		layer->identity = mount->identity;
		layer->copied = mount->copy != COPY_NONE;
	}
	return 0;
}

/* overlayfs's own directory is not for others, and made again. */
static int copy_layer(const struct session *session, const struct session *base,
		      const struct session_layer *layer)
{
	_cleanup_free_ char *path = xasprintf("layers/%s", layer->id);
	_cleanup_fd_ int from =
		openat(base->fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_fd_ int to = -1;
	int r = from < 0 ? -errno : 0;

	if (r == 0 && mkdirat(session->fd, path, 0700) < 0)
		r = -errno;
	if (r < 0)
		return r;
	to = openat(session->fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || mkdirat(to, "work", 0700) < 0)
		return -errno;
	r = layer->copied ? tree_copy(from, "lower", to, "lower", 0) : 0;
	return r < 0 ? r : tree_copy(from, "upper", to, "upper", TREE_RAW);
}

int session_copy_layers(struct session *session, const struct session *base, struct error *e)
{
	vector_each (layer, &base->layers) {
		struct session_layer *copy = vector_add(&session->layers);
		int r;

		copy->id = xstrdup(layer->id);
		copy->path = xstrdup(layer->path);
		copy->identity = layer->identity;
		copy->copied = layer->copied;
		r = copy_layer(session, base, layer);
		if (r < 0)
			return error_errno(e, -r, "copying the changes of %s", base->name);
	}
	session->start = base->start;
	/* What that one's own apply left on the host is known to this one, too. */
	(void)!tree_copy(base->fd, "seen", session->fd, "seen", 0);
	(void)!tree_copy(base->fd, "began", session->fd, "began", 0);
	return session_save(session, e);
}

static void forget_layers(struct session *session)
{
	vector_each (layer, &session->layers) {
		free(layer->id);
		free(layer->path);
	}
	vector_free(&session->layers);
}

int session_empty(struct session *session, struct error *e)
{
	int r = tree_remove(session->fd, "layers");

	if (r == 0 && mkdirat(session->fd, "layers", 0700) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(e, -r, "emptying %s/layers", session->directory);
	unlinkat(session->fd, "seen", 0);
	unlinkat(session->fd, "began", 0);
	forget_layers(session);
	session->applied = 0;
	session->start = (struct timespec){0};
	return session_save(session, e);
}

int session_discard(struct session *session, struct error *e)
{
	_cleanup_free_ char *root = xstrdup(session->directory);
	_cleanup_free_ char *old = xasprintf(".%s.%d", session->name, getpid());
	_cleanup_fd_ int parent = -1;
	int r;

	*strrchr(root, '/') = '\0';
	parent = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return error_errno(e, errno, "%s", root);
	/* Gone at once, even where removing takes long or is broken off. */
	if (renameat(parent, session->name, parent, old) < 0)
		return error_errno(e, errno, "removing %s", session->directory);
	r = tree_remove(parent, old);
	return r < 0 ? error_errno(e, -r, "removing %s/%s", root, old) : 0;
}

int session_open_tree(const struct session_layer *layer, struct error *e)
{
	_cleanup_fd_ int fd = open(layer->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct file_identity found;

	if (fd < 0)
		return error_errno(e, errno, "%s", layer->path);
	if (path_identify(fd, &found) == 0 &&
	    (path_same_file(&found, &layer->identity) ||
	     (layer->copied && found.inode == layer->identity.inode && path_is_mount_root(fd))))
		return TAKE_FD(fd);
	error_set(e, ESTALE, "%s: not the directory that it was when the session began",
		  layer->path);
	return error_remedy(e, "is it mounted?");
}

static int open_part(const struct session *session, const struct session_layer *layer,
		     const char *name)
{
	_cleanup_fd_ int layers = openat(session->fd, "layers", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int directory = -1;

	if (layers < 0)
		return -errno;
	if (strchr(layer->id, '/') || streq(layer->id, ".."))
		return -EINVAL;
	directory = openat(layers, layer->id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return directory < 0 ? -errno : tree_open_directory(directory, name);
}

int session_open_upper(const struct session *session, const struct session_layer *layer)
{
	return open_part(session, layer, "upper");
}

int session_open_copy(const struct session *session, const struct session_layer *layer)
{
	return open_part(session, layer, "lower");
}

void session_close(struct session *session)
{
	forget_layers(session);
	free(session->name);
	free(session->directory);
	free(session->command);
	fd_close(session->fd);
	*session = SESSION_NONE;
}

bool session_time_is_later(const struct timespec *time, const struct timespec *start)
{
	return time->tv_sec > start->tv_sec ||
	       (time->tv_sec == start->tv_sec &&
		(time->tv_nsec >= start->tv_nsec || time->tv_nsec == 0));
}
