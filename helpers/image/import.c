// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * First the descriptions are read: which layers, in which order, with which digests. Then the layers
 * that the store lacks are unpacked by a confined process (worker.c) into staging directories, and
 * move to layers/ only where their digests are the ones described. Last the layers are laid over
 * each other into roots/, with hard links; an image of one layer is that layer.
 */
#include "import.h"

#include "manifest.h"
#include "merge.h"
#include "worker.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { TEXT_LIMIT = 16 * 1024 * 1024 };

/* The blob of that digest in an OCI layout. */
static int open_blob(int layout, const char *digest, struct error *e)
{
	_cleanup_free_ char *path = xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));
	int fd = path_open_in(layout, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;

	if (fd < 0)
		return error_errno(e, -fd, "%s", path);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		fd_close(fd);
		return error_set(e, EINVAL, "%s: no regular file", path);
	}
	return fd;
}

static int check_digest(const char *what, const char *found, const char *said, struct error *e)
{
	if (streq(found, said))
		return 0;
	error_set(e, EBADMSG, "%s: its digest is %s, not %s", what, found, said);
	return error_remedy(e, "the image is damaged or was changed: fetch it again");
}

/* A description, whose digest is what it is known by. */
static int read_blob(int layout, const char *digest, char **ret_text, struct error *e)
{
	_cleanup_fd_ int fd = open_blob(layout, digest, e);
	_cleanup_free_ char *text = NULL;
	char found[DIGEST_SIZE];
	size_t length;
	int r;

	if (fd < 0)
		return fd;
	r = fd_read_all(fd, digest, TEXT_LIMIT, &text, &length, e);
	if (r < 0)
		return r;
	manifest_digest(text, length, found);
	r = check_digest("a description", found, digest, e);
	if (r == 0)
		*ret_text = TAKE_PTR(text);
	return r;
}

static int describe_oci(int layout, const char *tag, struct image *image, struct error *e)
{
	_cleanup_fd_ int fd = path_open_in(layout, "index.json", O_RDONLY | O_NONBLOCK);
	_cleanup_free_ char *index = NULL, *nested = NULL, *manifest = NULL, *config = NULL;
	char digest[DIGEST_SIZE];
	bool again = false;
	size_t length;
	int r;

	if (fd < 0) {
		error_errno(e, -fd, "index.json");
		return error_remedy(e, "an OCI layout is a directory with index.json and blobs/");
	}
	r = fd_read_all(fd, "index.json", TEXT_LIMIT, &index, &length, e);
	if (r == 0)
		r = manifest_index(index, tag, digest, &again, e);
	if (r == 0 && again) {
		r = read_blob(layout, digest, &nested, e);
		if (r == 0)
			r = manifest_index(nested, NULL, digest, &again, e);
	}
	if (r == 0)
		r = read_blob(layout, digest, &manifest, e);
	if (r == 0)
		r = manifest_oci(manifest, image, e);
	if (r == 0)
		r = read_blob(layout, image->config_name, &config, e);
	return r == 0 ? manifest_config(config, image, e) : r;
}

static int describe_docker(int file, const char *tag, struct image *image, struct error *e)
{
	_cleanup_free_ char *manifest = NULL, *config = NULL;
	int r = worker_read_member(file, "manifest.json", &manifest, e);

	if (r == -ENOENT)
		error_remedy(e,
			     "that is what `docker save` writes; a plain root file system needs no "
			     "\"docker-archive:\"");
	if (r == 0)
		r = manifest_docker(manifest, tag, image, e);
	if (r == 0)
		r = worker_read_member(file, image->config_name, &config, e);
	if (r < 0)
		return r;
	manifest_digest(config, strlen(config), image->id);
	return manifest_config(config, image, e);
}

/* The root directory of a tree: most archives don't say how it is. */
static int make_root(int parent, const char *name, struct error *e)
{
	if (mkdirat(parent, name, 0700) < 0 || fchmodat(parent, name, 0755, 0) < 0)
		return error_errno(e, errno, "making a directory");
	return 0;
}

/* A directory of the staging area for the layer @number. */
static int stage_layer(struct store *store, size_t number, char name[static 24], struct error *e)
{
	int top = store_stage(store, e);

	if (top < 0)
		return top;
	snprintf(name, 24, "%zu", number);
	return make_root(top, name, e);
}

static int take_layer(struct store *store, const struct layer_job *job, struct image_layer *layer,
		      struct error *e)
{
	int r;

	if (!job->done)
		return error_set(e, ENOENT, "the layer %s is not in it", layer->name);
	r = *layer->packed ? check_digest(layer->name, job->packed, layer->packed, e) : 0;
	if (r == 0 && *layer->unpacked)
		r = check_digest(layer->name, job->unpacked, layer->unpacked, e);
	if (r < 0)
		return r;
	memcpy(layer->unpacked, job->unpacked, DIGEST_SIZE);
	return store_add(store, job->place, "layers", job->unpacked, e);
}

static bool wanted(const struct store *store, const struct image *image, size_t i)
{
	const struct image_layer *layer = &image->layers.items[i];

	for (size_t k = 0; k < i; k++)
		if (streq(image->layers.items[k].unpacked, layer->unpacked))
			return false;
	return !*layer->unpacked || !store_has(store, "layers", layer->unpacked);
}

/* Unpack one layer that is a file of its own: a blob, or the archive itself. */
static int unpack_alone(struct store *store, enum import_kind kind, int file,
			const struct image_layer *layer, struct layer_job *job,
			struct allowance *allowed, struct error *e)
{
	_cleanup_fd_ int blob = -1;

	if (kind == IMPORT_TAR)
		return worker_unpack(file, store->staging, job, 1, allowed, e);
	blob = open_blob(file, layer->packed, e);
	return blob < 0 ? blob : worker_unpack(blob, store->staging, job, 1, allowed, e);
}

/* The layers that are missing. Those of a docker archive all in one go, in its order. */
static int unpack_layers(struct store *store, enum import_kind kind, int file, struct image *image,
			 struct allowance *allowed, bool *ret_whiteouts, struct error *e)
{
	_cleanup_free_ struct layer_job *jobs = xcalloc(image->layers.count, sizeof(*jobs));
	_cleanup_free_ char(*names)[24] = xcalloc(image->layers.count, sizeof(*names));
	_cleanup_free_ size_t *of = xcalloc(image->layers.count, sizeof(*of));
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < image->layers.count; i++) {
		if (!wanted(store, image, i)) {
			*ret_whiteouts = true; /* nobody remembers */
			continue;
		}
		r = stage_layer(store, i, names[count], e);
		jobs[count].member = kind == IMPORT_DOCKER ? image->layers.items[i].name : NULL;
		jobs[count].place = names[count];
		of[count++] = i;
	}
	if (r == 0 && count && kind == IMPORT_DOCKER)
		r = worker_unpack(file, store->staging, jobs, count, allowed, e);
	for (size_t k = 0; r == 0 && k < count; k++) {
		struct image_layer *layer = &image->layers.items[of[k]];

		if (kind != IMPORT_DOCKER)
			r = unpack_alone(store, kind, file, layer, &jobs[k], allowed, e);
		if (r == 0)
			r = take_layer(store, &jobs[k], layer, e);
		if (jobs[k].whiteouts)
			*ret_whiteouts = true;
	}
	return r;
}

/* All layers over each other. */
static int merge_layers(struct store *store, const struct image *image, int root, struct error *e)
{
	int r = 0;

	vector_each (layer, &image->layers) {
		_cleanup_fd_ int from = store_open_layer(store, layer->unpacked);

		r = from < 0 ? error_errno(e, -from, "the layer %s", layer->unpacked)
			     : merge_layer(root, from, e);
		if (r < 0)
			break;
	}
	return r;
}

static int write_description(const struct image *image, int directory, const char *root,
			     uint64_t bytes, struct error *e)
{
	struct json_object *object = json_object_new_object();
	struct json_object *layers = json_object_new_array();
	int r;

	vector_each (layer, &image->layers)
		json_object_array_add(layers, json_object_new_string(layer->unpacked));
	json_object_object_add(object, "id", json_object_new_string(image->id));
	json_object_object_add(object, "root", json_object_new_string(root));
	json_object_object_add(object, "layers", layers);
	json_object_object_add(object, "bytes", json_object_new_uint64(bytes));
	json_object_object_add(object, "config",
			       image->config ? json_object_get(image->config)
					     : json_object_new_object());
	r = store_write(directory, "image.json",
			json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
			e);
	json_object_put(object);
	return r;
}

static int add_image(struct store *store, const struct image *image, bool merged, uint64_t bytes,
		     struct error *e)
{
	const char *kind = merged ? "roots" : "layers", *tail = merged ? "/root" : "";
	const char *digest = merged ? image->id : image->layers.items[0].unpacked;
	_cleanup_free_ char *where =
		xasprintf("%s/sha256-%s%s", kind, digest + strlen("sha256:"), tail);
	_cleanup_fd_ int directory = -1, root = -1, lock = -1;
	int top = store_stage(store, e), r = 0;

	if (top < 0)
		return top;
	if (mkdirat(top, "image", 0700) < 0)
		return error_errno(e, errno, "making a directory");
	directory = openat(top, "image", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lock = openat(directory, "lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return error_errno(e, errno, "making a directory");
	if (merged)
		r = make_root(directory, "root", e);
	if (merged && r == 0) {
		root = openat(directory, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = root < 0 ? error_errno(e, errno, "making a directory")
			     : merge_layers(store, image, root, e);
	}
	if (r == 0)
		r = write_description(image, directory, where, bytes, e);
	return r == 0 ? store_add(store, "image", "roots", image->id, e) : r;
}

static int describe(enum import_kind kind, int file, const char *tag, struct image *image,
		    struct error *e)
{
	switch (kind) {
	case IMPORT_DOCKER:
		return describe_docker(file, tag, image, e);
	case IMPORT_OCI:
		return describe_oci(file, tag, image, e);
	case IMPORT_TAR:
		break;
	}
	vector_add(&image->layers)->name = xstrdup("the archive");
	return 0;
}

static int import_file(struct store *store, enum import_kind kind, int file, const char *tag,
		       struct allowance *allowed, struct image *image, struct error *e)
{
	uint64_t before = allowed->bytes;
	bool whiteouts = false;
	int r = describe(kind, file, tag, image, e);

	if (r < 0)
		return r;
	if (*image->id && store_has(store, "roots", image->id))
		return 0;
	r = unpack_layers(store, kind, file, image, allowed, &whiteouts, e);
	if (r < 0)
		return r;
	/* A plain archive has no name but its one layer's. */
	if (kind == IMPORT_TAR)
		memcpy(image->id, image->layers.items[0].unpacked, DIGEST_SIZE);
	if (store_has(store, "roots", image->id))
		return 0;
	return add_image(store, image, kind != IMPORT_TAR && (image->layers.count > 1 || whiteouts),
			 before - allowed->bytes, e);
}

int import_image(struct store *store, enum import_kind kind, const char *path, const char *tag,
		 struct allowance *allowed, char ret_id[static DIGEST_SIZE], struct error *e)
{
	_cleanup_fd_ int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC |
						   (kind == IMPORT_OCI ? O_DIRECTORY : 0));
	struct image image = {0};
	struct stat status;
	int r;

	if (file < 0 || fstat(file, &status) < 0)
		return error_errno(e, errno, "%s", path);
	if (kind != IMPORT_OCI && !S_ISREG(status.st_mode))
		return error_set(e, EINVAL, "%s: no regular file", path);
	r = import_file(store, kind, file, tag, allowed, &image, e);
	if (r == 0)
		memcpy(ret_id, image.id, DIGEST_SIZE);
	else
		error_wrap(e, "%s", path);
	if (r == -EFBIG)
		error_remedy(e,
			     "allow more with --image-limit, if that is what it should unpack to");
	image_free(&image);
	return r;
}
