// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Unpacking is slow and is done once. Which image a file was unpacked to is remembered under a hash
 * of what --root says, together with what identifies the file's state (device, inode, size, times);
 * a look at both is all that a later start costs. A file that changed is unpacked again.
 *
 * Decisions. A program that is named runs as it is, without the image's entrypoint in front: the
 * command line says what runs. An image that names no user runs as the caller (`--uid root` for one
 * who is root in there). A numeric user is that id inside; a name is looked up in the image's own
 * /etc/passwd.
 */
#include "plan/image.h"

#include "plan/image_store.h"
#include "plan/rules.h"

#include "base/fd.h"
#include "base/sha256.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { PASSWD_LIMIT = 1024 * 1024 };

/* What --root says, taken apart. */
struct reference {
	const char *kind; /* as hutch-image calls it */
	char *path;       /* absolute */
	char *tag;        /* NULL: the only image */
	char *state;      /* the file whose state decides: the archive, or the layout's index */
};

static void reference_done(struct reference *reference)
{
	free(reference->path);
	free(reference->tag);
	free(reference->state);
}

#define _cleanup_reference_ __attribute__((cleanup(reference_done)))

/* PATH[:TAG]: the tag is what stands behind the last colon, where no file has the whole as its
 * name. */
static void split_tag(const char *text, const struct host *host, struct reference *ret)
{
	const char *base = host->directory ? host->directory : "/";
	const char *colon = strrchr(text, ':');
	struct stat status;

	ret->path = path_absolute(base, text);
	if (!colon || strchr(colon, '/') || stat(ret->path, &status) == 0)
		return;
	free(ret->path);
	{
		_cleanup_free_ char *path = xstrndup(text, (size_t)(colon - text));

		ret->path = path_absolute(base, path);
	}
	ret->tag = xstrdup(colon + 1);
}

static int parse(const char *text, const struct host *host, struct reference *ret, struct error *e)
{
	const char *rest;
	struct stat status;

	if ((rest = startswith(text, "docker-archive:"))) {
		ret->kind = "docker-archive";
		split_tag(rest, host, ret);
		ret->state = xstrdup(ret->path);
		return 0;
	}
	if ((rest = startswith(text, "oci:"))) {
		ret->kind = "oci";
		split_tag(rest, host, ret);
		ret->state = xasprintf("%s/index.json", ret->path);
		return 0;
	}
	ret->kind = "tar";
	ret->path = path_absolute(host->directory ? host->directory : "/", text);
	ret->state = xstrdup(ret->path);
	if (stat(ret->path, &status) < 0)
		return error_errno(e, errno, "%s", text);
	return S_ISDIR(status.st_mode) ? -EISDIR : 0;
}

/* The state of the file, in one line. */
static int describe(const struct reference *reference, char **ret, struct error *e)
{
	struct stat s;

	if (stat(reference->state, &s) < 0)
		return error_errno(e, errno, "%s", reference->state);
	*ret = xasprintf("%llx:%llx %lld %lld.%09ld %lld.%09ld", (unsigned long long)s.st_dev,
			 (unsigned long long)s.st_ino, (long long)s.st_size,
			 (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
			 (long long)s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
	return 0;
}

static void key_of(const struct reference *reference, char ret[static SHA256_SIZE * 2 + 1])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_begin(&hash);
	sha256_add_text(&hash, reference->kind);
	sha256_add_text(&hash, reference->path);
	sha256_add_text(&hash, reference->tag ? reference->tag : "");
	sha256_end(&hash, digest);
	sha256_hex(digest, ret);
}

/* Which image that was unpacked to, where its state is still the same and the image is there. */
static char *remembered(const char *store, const char *key, const char *state)
{
	_cleanup_free_ char *path = xasprintf("%s/sources/%s", store, key), *text = NULL;
	_cleanup_free_ char *id = NULL, *root = NULL;
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct error unused;
	const char *rest;
	size_t length;
	struct stat status;

	if (fd < 0 || fd_read_all(fd, path, 64 * 1024, &text, &length, &unused) < 0)
		return NULL;
	rest = startswith(text, state);
	if (!rest || *rest++ != '\n' || !startswith(rest, "sha256:"))
		return NULL;
	id = xstrndup(rest, strcspn(rest, "\n"));
	root = xasprintf("%s/roots/sha256-%s", store, id + strlen("sha256:"));
	return stat(root, &status) == 0 ? TAKE_PTR(id) : NULL;
}

/* The one image whose id begins with @prefix. */
static int by_prefix(const char *store, const char *prefix, char **ret_id, struct error *e)
{
	_cleanup_strv_ struct strv ids = {0};
	const char *digits = startswith(prefix, "sha256:") ? prefix + 7 : prefix, *found = NULL;
	size_t count = 0;
	int r = images_list(store, &ids, e);

	for (size_t i = 0; r == 0 && i < ids.count; i++)
		if (*digits && startswith(ids.items[i] + 7, digits)) {
			found = ids.items[i];
			count++;
		}
	if (r < 0)
		return r;
	if (count != 1) {
		error_set(e, count ? EINVAL : ENOENT, "%s images begin with %s",
			  count ? "several" : "no", prefix);
		return error_remedy(e, "hutch image list");
	}
	*ret_id = xstrdup(found);
	return 0;
}

static int ask_to_unpack(const struct reference *reference, const char *store, const char *key,
			 const char *state, uint64_t limit, char **ret_id, struct error *e)
{
	_cleanup_strv_ struct strv arguments = {0};
	struct json_object *answer = NULL, *id;
	int r;

	strv_add(&arguments, "import");
	strv_add(&arguments, store);
	strv_take(&arguments, xasprintf("%llu", (unsigned long long)limit));
	strv_add(&arguments, key);
	strv_add(&arguments, state);
	strv_add(&arguments, reference->kind);
	strv_add(&arguments, reference->path);
	if (reference->tag)
		strv_add(&arguments, reference->tag);
	r = image_helper(&arguments, &answer, e);
	if (r < 0)
		return r;
	if (json_object_object_get_ex(answer, "id", &id))
		*ret_id = xstrdup(json_object_get_string(id));
	else
		r = error_set(e, EPROTO, "hutch-image ended without an answer");
	json_object_put(answer);
	return r;
}

int image_unpack(const char *text, const struct host *host, uint64_t limit, char **ret_id,
		 struct error *e)
{
	_cleanup_reference_ struct reference reference = {0};
	_cleanup_free_ char *store = images_path(host->home), *state = NULL;
	char key[SHA256_SIZE * 2 + 1];
	const char *prefix = startswith(text, "image:");
	int r;

	if (prefix)
		return by_prefix(store, prefix, ret_id, e);
	r = parse(text, host, &reference, e);
	if (r == 0)
		r = describe(&reference, &state, e);
	if (r < 0)
		return r;
	key_of(&reference, key);
	*ret_id = remembered(store, key, state);
	return *ret_id ? 0 : ask_to_unpack(&reference, store, key, state, limit, ret_id, e);
}

/* What the image says comes from here, for messages. */
#define IMAGE_FILE "image.json"

/* Where the next setting of the image stands: above those of the default profile and of the image
 * before it, below all others. */
static size_t place_of_image(const struct request *request)
{
	size_t i = 0;

	while (i < request->settings.count) {
		const struct origin *origin = &request->settings.items[i].origin;

		if (origin->layer != LAYER_DEFAULT &&
		    !(origin->file && streq(origin->file, IMAGE_FILE) && !origin->line))
			break;
		i++;
	}
	return i;
}

static struct setting *insert(struct request *request, enum setting_id id, const char *name,
			      const char *text)
{
	size_t place = place_of_image(request);
	struct setting *list;

	vector_add(&request->settings);
	list = request->settings.items;
	memmove(list + place + 1, list + place,
		(request->settings.count - 1 - place) * sizeof(*list));
	list[place] = (struct setting){
		.id = id,
		.name = name,
		.text = xstrdup(text),
		.origin = {.layer = LAYER_PROFILE, .file = xstrdup(IMAGE_FILE)},
	};
	return &list[place];
}

static void add_variables(struct request *request, const struct image *image)
{
	for (size_t i = 0; i < image->environment.count; i++) {
		const char *text = image->environment.items[i], *equals = strchr(text, '=');
		struct setting *setting;

		/* The home is the sandbox's own. */
		if (!equals || equals == text || startswith(text, "HOME="))
			continue;
		setting = insert(request, SETTING_ENV, "env", text);
		setting->pair.name = xstrndup(text, (size_t)(equals - text));
		setting->pair.value = xstrdup(equals + 1);
	}
}

/* The user and group that the image's /etc/passwd has for a name; 0 where it does not. */
static bool look_up(const struct image *image, const char *name, char **ret_uid, char **ret_gid)
{
	_cleanup_fd_ int root = open(image->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd =
		root < 0 ? -1 : path_open_in(root, "/etc/passwd", O_RDONLY | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct error unused;
	char *rest, *line;
	size_t length;

	if (fd < 0 || fd_read_all(fd, "passwd", PASSWD_LIMIT, &text, &length, &unused) < 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *user = strsep(&line, ":"), *uid, *gid;

		strsep(&line, ":");
		uid = strsep(&line, ":");
		gid = strsep(&line, ":");
		if (!gid || !streq(user, name) || !*uid || uid[strspn(uid, "0123456789")] ||
		    gid[strspn(gid, "0123456789")])
			continue;
		*ret_uid = xstrdup(uid);
		*ret_gid = xstrdup(gid);
		return true;
	}
	return false;
}

static int add_user(struct request *request, const struct image *image, struct error *e)
{
	_cleanup_free_ char *name = NULL, *uid = NULL, *gid = NULL;
	const char *colon;

	if (!image->user || !*image->user)
		return 0;
	colon = strchr(image->user, ':');
	name = colon ? xstrndup(image->user, (size_t)(colon - image->user)) : xstrdup(image->user);
	if (name[strspn(name, "0123456789")] == '\0')
		uid = xstrdup(name);
	else if (!look_up(image, name, &uid, &gid)) {
		error_set(e, ENOENT, "the image's user %s is not in its /etc/passwd", name);
		return error_remedy(e, "say which: --uid self, --uid root or a number");
	}
	if (strlen(uid) > 9)
		return error_set(e, EINVAL, "the image's user %s is no user id", uid);
	insert(request, SETTING_UID, "uid", uid);
	if (gid && strlen(gid) <= 9)
		insert(request, SETTING_GID, "gid", gid);
	return 0;
}

static void add_directory(struct request *request, const struct image *image)
{
	_cleanup_fd_ int root = -1, fd = -1;

	if (!image->directory || image->directory[0] != '/')
		return;
	root = open(image->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : path_open_in(root, image->directory, O_PATH | O_DIRECTORY);
	if (fd >= 0)
		insert(request, SETTING_CHDIR, "chdir", image->directory);
}

static void add_program(struct request *request, const struct image *image)
{
	if (request->arguments.count)
		return;
	for (size_t i = 0; i < image->entrypoint.count; i++)
		strv_add(&request->arguments, image->entrypoint.items[i]);
	for (size_t i = 0; i < image->command.count; i++)
		strv_add(&request->arguments, image->command.items[i]);
}

/* What the default profile hides are this host's secrets; the image's files are its own. */
static void show_all(struct request *request)
{
	size_t kept = 0;

	for (size_t i = 0; i < request->settings.count; i++) {
		struct setting *setting = &request->settings.items[i];

		if (setting->id == SETTING_HIDE && setting->origin.layer == LAYER_DEFAULT)
			setting_free(setting);
		else
			request->settings.items[kept++] = *setting;
	}
	request->settings.count = kept;
}

/* --root says the image's directory from here on, and an overlay lies on it: nobody writes to the
 * image, and everybody can. */
static void set_root(struct request *request, const struct image *image)
{
	struct setting *overlay = insert(request, SETTING_OVERLAY, "overlay", "/");

	overlay->path.path = xstrdup(image->root);
	overlay->path.destination = xstrdup("/");
	vector_each (setting, &request->settings)
		if (setting->id == SETTING_ROOT) {
			free(setting->text);
			setting->text = xstrdup(image->root);
		}
}

int image_apply(struct request *request, const struct host *host, int *ret_lock, struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_ROOT);
	const struct setting *limit = request_last(request, SETTING_IMAGE_LIMIT);
	_cleanup_free_ char *id = NULL, *origin = NULL, *store = NULL;
	struct image image = {0};
	int r;

	if (!setting)
		return 0;
	origin = setting_origin(setting);
	r = image_unpack(setting->text, host, limit ? limit->number : IMAGE_LIMIT, &id, e);
	if (r == -EISDIR)
		return 0;
	store = images_path(host->home);
	if (r == 0)
		r = image_read(store, id, &image, ret_lock, e);
	if (r == 0)
		r = add_user(request, &image, e);
	if (r < 0) {
		image_free(&image);
		return error_wrap(e, "%s", origin);
	}
	show_all(request);
	set_root(request, &image);
	add_variables(request, &image);
	add_directory(request, &image);
	add_program(request, &image);
	image_free(&image);
	return 0;
}
